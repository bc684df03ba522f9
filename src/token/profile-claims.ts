import type { Authority } from '../entra/authority.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';
import { textOf } from './claim-values.ts';
import type { TokenPolicy } from './policy.ts';

// Where the products put what identifies a caller. B2C writes `ver` 1.0 and otherwise names its claims as v2.0 does;
// it leaves out `tid`, and often `oid`, which its `sub` then is.

type Profile = Pick<Authority, 'profile'>;

/** Whether a token is of the v1.0 format, with an App ID URI as audience and the client in `appid`. */
export function isV1({ ver }: AccessTokenClaims, { profile }: Profile): boolean {
  return ver === '1.0' && profile !== 'b2c';
}

/** The application calling, by the claim of the token's format. */
export function clientOf(claims: AccessTokenClaims, authority: Profile): unknown {
  return isV1(claims, authority) ? claims.appid : claims.azp;
}

/** How the application calling authenticated, by the claim of the token's format. B2C does not tell. */
export function clientAuthenticationOf(claims: AccessTokenClaims, authority: Profile): unknown {
  return isV1(claims, authority) ? claims.appidacr : claims.azpacr;
}

/** The object in the tenant that calls (rule C2). */
export function objectIdOf(claims: AccessTokenClaims, { profile }: Profile): unknown {
  return profile === 'b2c' ? (claims.oid ?? claims.sub) : claims.oid;
}

/** The tenant of the caller. Where the token may leave it out, the issuer was compared with that of one tenant. */
export function tenantOf(claims: AccessTokenClaims, { authority, tenants }: TokenPolicy): unknown {
  if (claims.tid !== undefined || authority.profile !== 'b2c') return claims.tid;
  return tenants.kind === 'one' ? tenants.tenantId : undefined;
}

/** The B2C policy that made the token: `tfp`, or `acr` in older ones (rule I9). Never part of an address. */
export function policyOf({ tfp, acr }: AccessTokenClaims): string {
  return textOf(tfp ?? acr);
}
