import { createHash, timingSafeEqual } from 'node:crypto';
import { aadsts, parameterMissing } from './aadsts.ts';
import type { App } from './apps.ts';
import { verifyClientAssertion } from './client-assertion.ts';
import type { EmulatorContext } from './context.ts';
import { findApp } from './directory.ts';
import { Refusal } from './refusal.ts';
import type { Tenant } from './tenants.ts';
import type { ClientAuthentication } from './tokens.ts';

/** A token request as it came. */
export interface TokenRequest {
  /** Form fields of the body. */
  readonly form: URLSearchParams;
  /** Value of the `authorization` header. */
  readonly authorization: string | undefined;
}

/** What a request says about its client. */
export interface PresentedClient {
  readonly clientId: string;
  readonly secret: string | undefined;
}

const NIL_GUID = '00000000-0000-0000-0000-000000000000';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 6749 section 2.3.1: id and secret are form-encoded before base64. */
function formDecode(text: string): string {
  return new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? '';
}

/** What a request says about its client, whether or not it says enough; absent parts are empty. */
export function claimedClient({ form, authorization }: TokenRequest): {
  readonly clientId: string;
  readonly secret: string;
} {
  const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  const text = basic === undefined ? '' : Buffer.from(basic, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon > 0
    ? { clientId: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) }
    : { clientId: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' };
}

/** Client id and secret, from the header or the body. */
export function presentedClient(request: TokenRequest): PresentedClient {
  const { clientId, secret } = claimedClient(request);
  if (clientId === '') throw new Refusal(parameterMissing('client_id'));
  return { clientId, secret: secret || undefined };
}

/** The registered application with the client's id, in whatever tenants it is. */
export function registeredApp(clientId: string, context: EmulatorContext): App {
  if (clientId === NIL_GUID) throw new Refusal(aadsts.applicationPlaceholder);
  const app = findApp(context.directory, clientId);
  if (app === undefined) throw new Refusal(aadsts.applicationUnknown);
  return app;
}

/** Compares in constant time, whatever the lengths (trap T11). */
function equalSecrets(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function verifySecret(app: App, secret: string, now: number): void {
  const found = app.secrets.find((known) => equalSecrets(known.value.reveal(), secret));
  if (found === undefined) throw new Refusal(aadsts.secretWrong);
  if (found.expires !== undefined && found.expires.getTime() <= now) {
    throw new Refusal(aadsts.secretExpired);
  }
}

/**
 * Authenticates the client of a token request.
 *
 * @returns How it authenticated, for the token.
 * @throws Refusal
 */
export async function authenticateClient(
  request: TokenRequest,
  presented: PresentedClient,
  app: App,
  tenant: Tenant,
  context: EmulatorContext,
): Promise<ClientAuthentication> {
  if (!app.tenantIds.has(tenant.tenantId)) throw new Refusal(aadsts.applicationUnknown);
  if (app.disabled) throw new Refusal(aadsts.applicationDisabled);
  const assertion = request.form.get('client_assertion') ?? '';
  if (assertion === '' && presented.secret === undefined) {
    throw new Refusal(
      request.form.get('grant_type') === 'client_credentials'
        ? aadsts.credentialMissing
        : aadsts.credentialMissingOnBehalfOf,
    );
  }
  if (app.publicClient) throw new Refusal(aadsts.applicationPublic);
  if (assertion === '') {
    verifySecret(app, presented.secret ?? '', context.clock.now());
    return '1';
  }
  const type = request.form.get('client_assertion_type') ?? '';
  if (type === '') throw new Refusal(parameterMissing('client_assertion_type'));
  if (type !== JWT_BEARER) throw new Refusal(aadsts.assertionTypeWrong);
  await verifyClientAssertion(assertion, app, tenant, context);
  return '2';
}
