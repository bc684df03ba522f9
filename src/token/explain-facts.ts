import type { TokenReason } from '../core/token-reason.ts';
import { issuerOf, policyIssuers } from '../entra/authority.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';
import type { ClaimFacts } from './claim-checks.ts';
import { textOf } from './claim-values.ts';
import { isAppOnly } from './identity-checks.ts';
import type { ValidatorSettings } from './options.ts';
import { policyOf } from './profile-claims.ts';

/** What may be said about a token in public: about its form, and about nobody. */
export interface TokenFacts {
  readonly version: '1.0' | '2.0' | 'unknown';
  readonly kind: 'app' | 'user';
  readonly audience: string;
  readonly issuer: string;
  /** For example `expired 3 minutes ago`. */
  readonly time: string;
}

const MICROSOFT: ReadonlyMap<string, string> = new Map([
  ['00000003-0000-0000-c000-000000000000', 'Microsoft Graph'],
  ['https://graph.microsoft.com', 'Microsoft Graph'],
  ['https://graph.microsoft.com/', 'Microsoft Graph'],
  ['00000002-0000-0000-c000-000000000000', 'Azure AD Graph'],
  ['https://management.azure.com/', 'Azure Resource Manager'],
  ['https://management.azure.com', 'Azure Resource Manager'],
  ['797f4846-ba00-4fd7-ba43-dac1f8f63013', 'Azure Resource Manager'],
]);
/** Names of registrations, which are configuration and no secret: shown, so that they can be compared. */
const APP_ID_URI = /^api:\/\/[A-Za-z0-9._/-]{1,120}$/;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function describeAudience(aud: unknown, { policy }: ValidatorSettings): string {
  if (typeof aud !== 'string') return aud === undefined ? 'missing' : 'not a string';
  if (aud === policy.clientId) return 'the client id of this API';
  if (policy.v1Audiences.has(aud)) return 'an App ID URI of this API';
  const known = MICROSOFT.get(aud);
  if (known !== undefined) return known;
  if (APP_ID_URI.test(aud)) return aud;
  return GUID.test(aud) ? 'the client id of another application' : 'something else';
}

function describeIssuer(claims: AccessTokenClaims, { policy }: ValidatorSettings): string {
  const { authority, tenants } = policy;
  const tenant = tenants.kind === 'one' ? tenants.tenantId : textOf(claims.tid);
  if (policyIssuers(authority, tenant, policyOf(claims)).includes(textOf(claims.iss))) {
    if (authority.profile === 'b2c') return 'an accepted tenant';
  }
  for (const version of ['2.0', '1.0'] as const) {
    if (claims.iss === issuerOf(authority, version, tenant))
      return `an accepted tenant, v${version} form`;
  }
  const { origin, v1IssuerBase = origin } = authority;
  const iss = textOf(claims.iss);
  return iss.startsWith(`${origin}/`) || iss.startsWith(v1IssuerBase)
    ? 'another tenant of this cloud'
    : 'another authority';
}

const UNITS: readonly (readonly [string, number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

function describeSpan(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? (['second', 1] as const);
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function describeTime({ exp, nbf }: AccessTokenClaims, nowSeconds: number): string {
  if (!Number.isSafeInteger(exp) || !Number.isSafeInteger(nbf)) return 'unknown';
  if (nowSeconds < Number(nbf)) return `valid in ${describeSpan(Number(nbf) - nowSeconds)}`;
  const left = Number(exp) - nowSeconds;
  return left > 0 ? `expires in ${describeSpan(left)}` : `expired ${describeSpan(-left)} ago`;
}

/** Gathers what may be said about a token. */
export function factsAbout(claims: AccessTokenClaims, settings: ValidatorSettings): TokenFacts {
  const { ver } = claims;
  return Object.freeze({
    version: ver === '1.0' || ver === '2.0' ? ver : 'unknown',
    kind: isAppOnly(claims) ? 'app' : 'user',
    audience: describeAudience(claims.aud, settings),
    issuer: describeIssuer(claims, settings),
    time: describeTime(claims, settings.clock.now() / 1000),
  });
}

/** Advice that depends on the token, where it is better than the general one. */
export function adviceFor(reason: TokenReason, { claims }: ClaimFacts): string | undefined {
  const aud = textOf(claims.aud);
  const shown = APP_ID_URI.test(aud) ? `'${aud}'` : '<its App ID URI>';
  if (reason === 'version_not_accepted' && claims.ver === '1.0') {
    return (
      'set requestedAccessTokenVersion to 2 in the manifest of the API, ' +
      `or accept v1.0 tokens with tokenVersions: ['1.0', '2.0'] and v1Audiences: [${shown}]`
    );
  }
  if (reason === 'audience_mismatch' && APP_ID_URI.test(aud)) {
    return 'a v2.0 token has the client id as audience: this one was issued for another format or another API';
  }
  if (reason === 'audience_not_listed' && APP_ID_URI.test(aud)) {
    return `add ${shown} to v1Audiences, if it is an App ID URI of this API`;
  }
  return undefined;
}
