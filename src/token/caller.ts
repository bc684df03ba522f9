import type { Caller, CallerGroups } from '../core/caller.ts';
import type { AccessTokenClaims, VerifiedClaims } from '../entra/claims.ts';
import { isAgent, isGuest } from './admission-checks.ts';
import { confirmedThumbprint } from './binding-checks.ts';
import { textsIn } from './claim-values.ts';
import { isAppOnly } from './identity-checks.ts';
import type { TokenPolicy } from './policy.ts';
import { clientAuthenticationOf, clientOf, objectIdOf, tenantOf } from './profile-claims.ts';

const CLIENT_AUTHENTICATION: ReadonlyMap<unknown, Caller['clientAuthentication']> = new Map([
  ['0', 'none'],
  ['1', 'secret'],
  ['2', 'certificate'],
]);

const textOrNothing = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

const NO_TEXTS: readonly string[] = Object.freeze([]);

/** A copy that nobody can change: the caller is shared by all calls that carry the token. */
function frozenTexts(values: readonly string[] | undefined): readonly string[] {
  const texts = values ?? NO_TEXTS;
  return texts.length === 0 ? NO_TEXTS : Object.freeze([...texts]);
}

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

const NO_GROUPS: CallerGroups = Object.freeze({ ids: NO_TEXTS, complete: true });

/** Entra points elsewhere when there are too many groups. The address is never called: it is the token's (rule C12). */
function groupsOf(claims: VerifiedClaims): CallerGroups {
  const elsewhere = claims._claim_names;
  const movedAway = typeof elsewhere === 'object' && elsewhere !== null && 'groups' in elsewhere;
  const complete = !movedAway && claims.hasgroups === undefined;
  if (complete && claims.groups === undefined) return NO_GROUPS;
  return Object.freeze({ ids: frozenTexts(claims.groups), complete });
}

/** The client capability to answer claims challenges, in any letter case. */
const ANSWERS_CHALLENGES = 'cp1';

/**
 * Says who calls, from claims that passed every rule.
 *
 * @param claims - Claims of a verified token; their types hold because the rules checked them.
 */
export function callerFrom(claims: AccessTokenClaims, policy: TokenPolicy): Caller {
  const verified = claims as VerifiedClaims;
  const { authority } = policy;
  const caller = {
    kindEvidence: verified.idtyp === undefined ? ('inferred' as const) : ('declared' as const),
    issuer: verified.iss,
    tenantId: tenantOf(claims, policy) as string,
    objectId: objectIdOf(claims, authority) as string,
    clientId: clientOf(claims, authority) as string,
    clientAuthentication:
      CLIENT_AUTHENTICATION.get(clientAuthenticationOf(claims, authority)) ?? ('unknown' as const),
    roles: frozenTexts(verified.roles),
    tokenId: verified.uti,
    expiresAt: verified.exp,
    issuedAt: verified.iat,
    tokenVersion: verified.ver,
    groups: groupsOf(verified),
    agent: isAgent(claims),
    authContexts: frozenTexts(textsIn(claims.acrs)),
    answersChallenges: textsIn(claims.xms_cc).some(
      (capability) => capability.toLowerCase() === ANSWERS_CHALLENGES,
    ),
    certificateThumbprint: confirmedThumbprint(claims.cnf),
  };
  // Added to, not spread: on Node 20 a spread of this size costs as much as parsing the claims.
  if (isAppOnly(claims)) return Object.freeze(Object.assign(caller, { kind: 'app' as const }));
  // Rule Z5: split at spaces, empty items dropped.
  const scopes = frozenTexts(
    verified.scp?.split(' ').filter((scope) => scope !== '' && scope !== '/'),
  );
  const user = {
    kind: 'user' as const,
    scopes,
    guest: isGuest(claims),
    display: displayOf(claims),
  };
  return Object.freeze(Object.assign(caller, user));
}
