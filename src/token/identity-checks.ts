import { isGuid } from '../core/options.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';
import type { Check } from './check.ts';
import type { ClaimFacts } from './claim-checks.ts';
import { numbersIn } from './claim-values.ts';
import { clientAuthenticationOf, clientOf, objectIdOf } from './profile-claims.ts';
import type { JsonObject } from './strict-json.ts';

/** `xms_idrel` of an application without a service principal in the tenant: nobody there ever consented to it. */
const WITHOUT_SERVICE_PRINCIPAL = 13;
/** A compact token inside a claim. */
const NESTED_TOKEN = /^eyJ[A-Za-z0-9_-]*\./;
/** Members that only id tokens carry. */
const ID_TOKEN_CLAIMS: readonly string[] = ['at_hash', 'c_hash', 's_hash'];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const absentOr = (value: unknown, test: (value: unknown) => boolean): boolean =>
  value === undefined || test(value);

function holdsToken(claims: JsonObject): boolean {
  for (const name in claims) {
    const value = claims[name];
    if (typeof value === 'string' && NESTED_TOKEN.test(value)) {
      return true;
    }
  }
  return false;
}

function claimOfWrongType({ claims }: ClaimFacts): boolean {
  return (
    !absentOr(claims.roles, isTexts) ||
    !absentOr(claims.groups, isTexts) ||
    !absentOr(claims.wids, isTexts) ||
    !absentOr(claims.scp, (value) => typeof value === 'string') ||
    !absentOr(claims.azpacr, isText) ||
    !absentOr(claims.appidacr, isText) ||
    !absentOr(claims.uti, isText) ||
    // Not Entra's, but RFC 7519 section 4.1.7 gives it a type, and other verifiers hold to it.
    !absentOr(claims.jti, (value) => typeof value === 'string')
  );
}

/** Whether claim `scp` grants anything. Entra writes `/` where a token has no scopes. */
export function hasScopes(scp: unknown): boolean {
  return scp !== undefined && scp !== '' && scp !== '/';
}

/** Whether the token says, or lets conclude, that an application calls as itself (rule C6). */
export function isAppOnly(claims: AccessTokenClaims): boolean {
  return claims.idtyp === 'app' || (claims.idtyp === undefined && !hasScopes(claims.scp));
}

/** Whose it is, and of which kind (rules C1 to C11). */
export const identityChecks: readonly Check<ClaimFacts>[] = Object.freeze([
  {
    rule: 'C7',
    reason: 'id_token',
    violates: ({ claims, policy }: ClaimFacts) =>
      ID_TOKEN_CLAIMS.some((name) => name in claims) ||
      // B2C copies it into access tokens too; there its id tokens are told by the client they do not name (C4).
      ('nonce' in claims && policy.authority.profile !== 'b2c'),
  },
  {
    rule: 'C8',
    reason: 'actor_token',
    violates: ({ claims }: ClaimFacts) => 'actort' in claims || 'actor' in claims,
  },
  {
    rule: 'C8',
    reason: 'token_in_claim',
    violates: ({ claims }: ClaimFacts) => holdsToken(claims as JsonObject),
  },
  { rule: 'C11', reason: 'claim_type', violates: claimOfWrongType },
  {
    rule: 'C1',
    reason: 'subject_missing',
    violates: ({ claims }: ClaimFacts) => !isText(claims.sub),
  },
  {
    rule: 'C2',
    reason: 'object_id_missing',
    violates: ({ claims, policy }: ClaimFacts) => !isGuid(objectIdOf(claims, policy.authority)),
  },
  {
    rule: 'C3',
    reason: 'service_principal_missing',
    violates: ({ claims }: ClaimFacts) =>
      numbersIn(claims.xms_idrel).includes(WITHOUT_SERVICE_PRINCIPAL),
  },
  {
    rule: 'C4',
    reason: 'client_id_missing',
    violates: ({ claims, policy }: ClaimFacts) => !isGuid(clientOf(claims, policy.authority)),
  },
  {
    rule: 'C4',
    reason: 'client_id_contradiction',
    violates: ({ claims: { azp, appid } }: ClaimFacts) =>
      azp !== undefined && appid !== undefined && azp !== appid,
  },
  {
    rule: 'C6',
    reason: 'kind_unknown',
    violates: ({ claims: { idtyp } }: ClaimFacts) =>
      !absentOr(idtyp, (kind) => kind === 'app' || kind === 'user'),
  },
  {
    rule: 'C6c',
    reason: 'kind_not_declared',
    violates: ({ claims, policy }: ClaimFacts) => policy.requireIdtyp && claims.idtyp === undefined,
  },
  {
    rule: 'C6b',
    reason: 'kind_contradiction',
    violates: ({ claims }: ClaimFacts) => claims.idtyp === 'app' && hasScopes(claims.scp),
  },
  {
    rule: 'C6',
    reason: 'kind_not_inferable',
    // An application is its own subject, a user is a pseudonym made for the application: what has neither scopes nor
    // an own subject is no kind of token Entra issues, and must not pass for an application.
    // In B2C a user is its own subject too, and nothing tells an application from it: such tokens are users' only.
    violates: ({ claims, policy }: ClaimFacts) =>
      isAppOnly(claims) &&
      (policy.authority.profile === 'b2c' ||
        (claims.idtyp === undefined && claims.sub !== claims.oid)),
  },
  {
    rule: 'C5',
    reason: 'public_client_as_app',
    violates: ({ claims, policy }: ClaimFacts) =>
      isAppOnly(claims) && clientAuthenticationOf(claims, policy.authority) === '0',
  },
  {
    rule: 'C5',
    reason: 'client_without_certificate',
    violates: ({ claims, policy }: ClaimFacts) =>
      policy.requireCertificateClient && clientAuthenticationOf(claims, policy.authority) !== '2',
  },
] satisfies Check<ClaimFacts>[]);
