import { createHash, randomBytes } from 'node:crypto';
import type { Api } from './apis.ts';
import { type Principal, servicePrincipalId } from './apps.ts';
import type { User } from './users.ts';

/** How the client authenticated, as `azpacr` writes it: not at all, by secret, by certificate or assertion. */
export type ClientAuthentication = '0' | '1' | '2';

/** Who a token is about. */
export type Subject =
  | { readonly kind: 'app' }
  | { readonly kind: 'user'; readonly user: User; readonly scopes: readonly string[] };

/** What a token is made from. */
export interface TokenContent {
  readonly subject: Subject;
  readonly api: Api;
  readonly client: Principal;
  readonly tenantId: string;
  readonly roles: readonly string[];
  /** What the client asked for; v1.0 tokens repeat it as audience (trap T8). */
  readonly resource: string;
  readonly clientAuthentication: ClientAuthentication;
  /** Further claims of this kind of client. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** When a token is made, and where. */
export interface TokenFrame {
  /** Address of the emulator. */
  readonly origin: string;
  /** Seconds since the epoch at which the request came. */
  readonly now: number;
  readonly lifetimeSeconds: number;
}

/** Entra backdates `iat` and `nbf` by five minutes (trap T9). */
const BACKDATED_SECONDS = 300;
/** Beyond it Entra writes an overage claim in place of the groups. */
const MAX_GROUPS = 200;

const opaque = (bytes: number): string => randomBytes(bytes).toString('base64url');

function groupClaims(user: User, origin: string): Readonly<Record<string, unknown>> {
  if (user.groups.length === 0) return {};
  if (user.groups.length <= MAX_GROUPS) return { groups: user.groups };
  const endpoint = `${origin}/graph/users/${user.objectId}/getMemberObjects`;
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } };
}

/** Pairwise: another value for each application. */
function pairwiseSubject(user: User, clientId: string): string {
  return createHash('sha256').update(`${user.objectId} ${clientId}`).digest('base64url');
}

function subjectClaims(content: TokenContent, origin: string): Readonly<Record<string, unknown>> {
  const { subject, api } = content;
  if (subject.kind === 'app') {
    const oid = servicePrincipalId(content.client, content.tenantId);
    return { oid, sub: oid };
  }
  const { user } = subject;
  const [givenName = '', ...rest] = user.displayName.split(' ');
  return {
    oid: user.objectId,
    sub: pairwiseSubject(user, api.clientId),
    name: user.displayName,
    ...(subject.scopes.length === 0 ? {} : { scp: subject.scopes.join(' ') }),
    ...groupClaims(user, origin),
    ...(api.version === '2.0'
      ? { preferred_username: user.userPrincipalName }
      : {
          acr: '1',
          amr: ['pwd'],
          ...(rest.length === 0 ? {} : { family_name: rest.join(' ') }),
          given_name: givenName,
          ipaddr: '127.0.0.1',
          unique_name: user.userPrincipalName,
          upn: user.userPrincipalName,
        }),
  };
}

/** Claims of an access token, in the shapes Entra gives them. */
export function accessTokenClaims(
  content: TokenContent,
  frame: TokenFrame,
): Readonly<Record<string, unknown>> {
  const { api, client, tenantId } = content;
  const { origin, now } = frame;
  const common = {
    iat: now - BACKDATED_SECONDS,
    nbf: now - BACKDATED_SECONDS,
    exp: now + frame.lifetimeSeconds,
    aio: opaque(24),
    rh: `1.${opaque(24)}.`,
    tid: tenantId,
    uti: opaque(16),
    ...subjectClaims(content, origin),
    // Only when granted: most applications have none (trap T10).
    ...(content.roles.length === 0 ? {} : { roles: content.roles }),
    ...(api.emitIdtyp ? { idtyp: content.subject.kind } : {}),
    ...content.extra,
  };
  if (api.version === '2.0') {
    return {
      aud: api.clientId,
      iss: `${origin}/${tenantId}/v2.0`,
      azp: client.clientId,
      azpacr: content.clientAuthentication,
      ver: '2.0',
      ...common,
    };
  }
  const issuer = `${origin}/sts/${tenantId}/`;
  return {
    aud: content.resource,
    iss: issuer,
    appid: client.clientId,
    appidacr: content.clientAuthentication,
    ...(content.subject.kind === 'app' ? { idp: issuer } : {}),
    ver: '1.0',
    ...common,
  };
}

/** Claims of the ID token that goes with a delegated access token: about the user, for the client. */
export function idTokenClaims(
  user: User,
  client: Principal,
  frame: TokenFrame,
): Readonly<Record<string, unknown>> {
  return {
    aud: client.clientId,
    iss: `${frame.origin}/${user.tenantId}/v2.0`,
    iat: frame.now - BACKDATED_SECONDS,
    nbf: frame.now - BACKDATED_SECONDS,
    exp: frame.now + frame.lifetimeSeconds,
    name: user.displayName,
    oid: user.objectId,
    preferred_username: user.userPrincipalName,
    rh: `1.${opaque(24)}.`,
    sub: pairwiseSubject(user, client.clientId),
    tid: user.tenantId,
    uti: opaque(16),
    ver: '2.0',
  };
}
