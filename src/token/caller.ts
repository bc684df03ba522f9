import type { Caller } from '../core/caller.ts';
import type { AccessTokenClaims, VerifiedClaims } from '../entra/claims.ts';
import { clientAuthenticationOf, isAppOnly } from './identity-checks.ts';

const CLIENT_AUTHENTICATION: ReadonlyMap<unknown, Caller['clientAuthentication']> = new Map([
  ['0', 'none'],
  ['1', 'secret'],
  ['2', 'certificate'],
]);

const textOrNothing = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** A copy that nobody can change: the caller is shared by all calls that carry the token. */
const frozenTexts = (values: readonly string[] | undefined): readonly string[] =>
  Object.freeze([...(values ?? [])]);

/** Names for the eye, from whichever claims carry them. Absent and misshapen ones are left out. */
function displayOf(claims: AccessTokenClaims): Extract<Caller, { kind: 'user' }>['display'] {
  return Object.freeze({
    name: textOrNothing(claims.name),
    username:
      textOrNothing(claims.preferred_username) ??
      textOrNothing(claims.upn) ??
      textOrNothing(claims.unique_name),
    email: textOrNothing(claims.email),
  });
}

/**
 * Says who calls, from claims that passed every rule.
 *
 * @param claims - Claims of a verified token; their types hold because the rules checked them.
 */
export function callerFrom(claims: AccessTokenClaims): Caller {
  const verified = claims as VerifiedClaims;
  const kindEvidence = verified.idtyp === undefined ? 'inferred' : 'declared';
  const base = {
    issuer: verified.iss,
    tenantId: verified.tid,
    objectId: verified.oid,
    clientId: verified.ver === '1.0' ? verified.appid : verified.azp,
    clientAuthentication:
      CLIENT_AUTHENTICATION.get(clientAuthenticationOf(claims)) ?? ('unknown' as const),
    roles: frozenTexts(verified.roles),
    tokenId: verified.uti,
    expiresAt: verified.exp,
    tokenVersion: verified.ver,
  };
  if (isAppOnly(claims)) return Object.freeze({ ...base, kind: 'app', kindEvidence });
  // Rule Z5: split at spaces, empty items dropped.
  const scopes = frozenTexts(
    verified.scp?.split(' ').filter((scope) => scope !== '' && scope !== '/'),
  );
  return Object.freeze({ ...base, kind: 'user', kindEvidence, scopes, display: displayOf(claims) });
}
