import { createHash, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { ConfigError } from '../core/errors.ts';
import { checkGuid, isGuid } from '../core/options.ts';
import { type Api, type App, guidFrom } from './registrations.ts';
import type { SigningKey } from './signing-key.ts';

/** What a token is made from. */
export interface TokenContent {
  readonly kind: 'app' | 'user';
  readonly api: Api;
  readonly app: App;
  readonly tenantId: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** What the client asked for; v1.0 tokens repeat it as audience. */
  readonly resource: string;
  /** Seconds since the epoch at which the request came. */
  readonly now: number;
  readonly lifetimeSeconds: number;
  /** How the application authenticated: 0 not at all, 1 secret, 2 certificate. */
  readonly clientAuthentication: '0' | '1' | '2';
  /** Address of the emulator. */
  readonly origin: string;
}

const opaque = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** Entra backdates `iat` and `nbf` by five minutes (trap T9). */
const BACKDATED_SECONDS = 300;

function subjectClaims(content: TokenContent): Readonly<Record<string, unknown>> {
  if (content.kind === 'app') return { oid: content.app.objectId, sub: content.app.objectId };
  const oid = guidFrom(`user of ${content.tenantId}`);
  return {
    oid,
    // Pairwise: another value for each application.
    sub: createHash('sha256').update(`${oid} ${content.api.clientId}`).digest('base64url'),
    name: 'Emulated User',
    preferred_username: 'user@emulated.example',
    scp: content.scopes.join(' '),
  };
}

/** Claims of an access token, in the shapes Entra gives them. */
export function accessTokenClaims(content: TokenContent): Readonly<Record<string, unknown>> {
  const { api, app, tenantId, origin, now } = content;
  const common = {
    iat: now - BACKDATED_SECONDS,
    nbf: now - BACKDATED_SECONDS,
    exp: now + content.lifetimeSeconds,
    aio: opaque(24),
    rh: `1.${opaque(24)}.`,
    tid: tenantId,
    uti: opaque(16),
    ...subjectClaims(content),
    // Only when granted: most applications have none (trap T10).
    ...(content.roles.length === 0 ? {} : { roles: content.roles }),
    ...(api.emitIdtyp ? { idtyp: content.kind } : {}),
  };
  if (api.version === '2.0') {
    return {
      aud: api.clientId,
      iss: `${origin}/${tenantId}/v2.0`,
      azp: app.clientId,
      azpacr: content.clientAuthentication,
      ver: '2.0',
      ...common,
    };
  }
  const issuer = `${origin}/sts/${tenantId}/`;
  return {
    aud: content.resource,
    iss: issuer,
    appid: app.clientId,
    appidacr: content.clientAuthentication,
    idp: issuer,
    ver: '1.0',
    ...common,
  };
}

/** Signs claims as an access token. */
export function signToken(
  claims: Readonly<Record<string, unknown>>,
  key: SigningKey,
  header: Readonly<Record<string, unknown>>,
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid, ...header })
    .sign(key.privateKey);
}

/** A token to mint directly, as no token endpoint would: for tests and demonstrations. */
export interface MintOptions {
  readonly kind: 'app' | 'user';
  /** Name of the API it is for. */
  readonly api: string;
  /** Name of the application that is to have obtained it. */
  readonly app: string;
  readonly roles?: readonly string[];
  /** Scopes of a user's token. */
  readonly scopes?: readonly string[];
  /** Another tenant than the emulator's own, a GUID. */
  readonly tenantId?: string;
  /** Moves all times into the past. Default: 0. */
  readonly issuedSecondsAgo?: number;
  readonly lifetimeSeconds?: number;
  /** `forged` signs with a key that is published nowhere, under the published key's id. Default: `published`. */
  readonly signingKey?: 'published' | 'forged';
  /** Claims to replace; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header members to add or replace. */
  readonly header?: Readonly<Record<string, unknown>>;
}

const MICROSOFT =
  /(^|[./])(microsoft|microsoftonline|windows|ciamlogin|b2clogin|chinacloudapi)\.[a-z]/i;

/**
 * Checks what may be minted: anything but a token that claims to come from Microsoft (requirement E2).
 *
 * @throws ConfigError `ERR_EMULATOR_FORBIDDEN`
 */
export function checkMintable(options: MintOptions): void {
  if (options.tenantId !== undefined && !isGuid(options.tenantId)) {
    checkGuid('issueToken tenantId', options.tenantId, 'a tenant id');
  }
  const issuer = options.claims?.['iss'];
  if (typeof issuer === 'string' && MICROSOFT.test(issuer)) {
    throw new ConfigError(
      'ERR_EMULATOR_FORBIDDEN',
      'issueToken: an emulator mints no token in the name of Microsoft; leave `iss` out or set tenantId',
    );
  }
}
