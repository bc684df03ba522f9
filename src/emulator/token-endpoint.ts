import { createHash, timingSafeEqual } from 'node:crypto';
import { type AadstsError, aadsts } from './aadsts.ts';
import { type Api, type App, findApi } from './registrations.ts';

/** What a token request came to. */
export type TokenOutcome =
  | { readonly refused: AadstsError; readonly app: App | undefined }
  | {
      readonly app: App;
      readonly api: Api;
      readonly resource: string;
      readonly roles: readonly string[];
    };

/** A token request as it came. */
export interface TokenRequest {
  /** Form fields of the body. */
  readonly form: URLSearchParams;
  /** Value of the `authorization` header. */
  readonly authorization: string | undefined;
}

interface Credential {
  readonly clientId: string | undefined;
  readonly secret: string | undefined;
}

const NIL_GUID = '00000000-0000-0000-0000-000000000000';
const DEFAULT_SUFFIX = '/.default';

/** RFC 6749 section 2.3.1: id and secret are form-encoded before base64. */
function formDecode(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

function credentialOf({ form, authorization }: TokenRequest): Credential {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon > 0) {
      return {
        clientId: formDecode(text.slice(0, colon)),
        secret: formDecode(text.slice(colon + 1)),
      };
    }
  }
  return {
    clientId: form.get('client_id') || undefined,
    secret: form.get('client_secret') || undefined,
  };
}

/** Compares in constant time, whatever the lengths (trap T11). */
function equalSecrets(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function checkSecret(app: App, secret: string | undefined, now: Date): AadstsError | undefined {
  if (secret === undefined) return aadsts.credentialMissing;
  const match = app.secrets.find((known) => equalSecrets(known.value.reveal(), secret));
  if (match === undefined) return aadsts.secretWrong;
  return match.expires !== undefined && match.expires <= now ? aadsts.secretExpired : undefined;
}

function resourceOf(form: URLSearchParams): string | AadstsError {
  if (form.has('resource')) return aadsts.resourceParameter;
  const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  const [scope] = scopes;
  if (scope === undefined) return aadsts.parameterMissing('scope');
  if (scopes.length > 1) return aadsts.scopeOfSeveral;
  if (!scope.endsWith(DEFAULT_SUFFIX)) return aadsts.scopeWithoutDefault;
  return scope.slice(0, -DEFAULT_SUFFIX.length);
}

/** Decides about a client-credentials request, by the causes Entra decides by. */
export function decideTokenRequest(
  request: TokenRequest,
  tenant: { readonly apis: readonly Api[]; readonly apps: readonly App[] },
  now: Date,
): TokenOutcome {
  const { form } = request;
  const { clientId, secret } = credentialOf(request);
  const app = tenant.apps.find((candidate) => candidate.clientId === clientId?.toLowerCase());
  const refused = (reason: AadstsError): TokenOutcome => ({ refused: reason, app });
  const grant = form.get('grant_type');
  if (grant === null || grant === '') return refused(aadsts.parameterMissing('grant_type'));
  if (grant !== 'client_credentials') return refused(aadsts.grantUnsupported);
  if (clientId === undefined) return refused(aadsts.parameterMissing('client_id'));
  if (clientId === NIL_GUID) return refused(aadsts.applicationPlaceholder);
  if (app === undefined) return refused(aadsts.applicationUnknown);
  const wrong = checkSecret(app, secret, now);
  if (wrong !== undefined) return refused(wrong);
  const resource = resourceOf(form);
  if (typeof resource !== 'string') return refused(resource);
  const api = findApi(tenant.apis, resource);
  if (api === undefined) return refused(aadsts.resourceUnknown);
  return { app, api, resource, roles: app.grants.get(api.clientId) ?? [] };
}
