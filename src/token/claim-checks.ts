import { isGuid } from '../core/options.ts';
import { issuerOf, policyIssuers } from '../entra/authority.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';
import type { Check } from './check.ts';
import { textOf } from './claim-values.ts';
import type { KeySet } from './key-set.ts';
import { PERSONAL_TENANT, type TokenPolicy } from './policy.ts';
import { isV1, policyOf, tenantOf } from './profile-claims.ts';
import type { SigningKey } from './signing-key.ts';

/** What the rules about claims look at, once the signature is known to be right. */
export interface ClaimFacts {
  readonly claims: AccessTokenClaims;
  readonly policy: TokenPolicy;
  /** Wall clock, seconds since the epoch. */
  readonly nowSeconds: number;
}

/** The same together with the key that verified the signature, and the set it was published in. */
export interface KeyFacts extends ClaimFacts {
  readonly key: SigningKey;
  readonly keySet: KeySet;
}

/** Exact membership: a value of another type than the members' is never one of them. */
function isAmong(members: ReadonlySet<unknown>, value: unknown): boolean {
  return members.has(value);
}

function keyOfOtherIssuer({ key, claims, policy }: KeyFacts): boolean {
  // A replacer function, because a string would give `$` in a hostile `tid` a meaning.
  const issuer = key.issuer?.replaceAll('{tenantid}', () => textOf(claims.tid));
  if (issuer === undefined || issuer === claims.iss) return false;
  // v1.0 tokens are signed by keys that name the v2.0 issuer of the same tenant.
  return !(
    claims.ver === '1.0' && issuer === issuerOf(policy.authority, '2.0', textOf(claims.tid))
  );
}

/** Whom a key may sign for (rules K4, K4b, K5). */
export const keyBindingChecks: readonly Check<KeyFacts>[] = Object.freeze([
  {
    rule: 'K5',
    reason: 'key_of_other_cloud',
    violates: ({ key, keySet }: KeyFacts) => key.cloud !== undefined && key.cloud !== keySet.cloud,
  },
  {
    rule: 'K4b',
    reason: 'key_without_issuer',
    violates: ({ key, keySet, claims }: KeyFacts) =>
      keySet.location.shared && claims.ver !== '1.0' && key.issuer === undefined,
  },
  { rule: 'K4', reason: 'key_of_other_issuer', violates: keyOfOtherIssuer },
] satisfies Check<KeyFacts>[]);

/** Issuer and tenant are compared with what the settings say they are, character by character (rule I1). */
function issuerMismatch({ claims, policy }: ClaimFacts): boolean {
  const { tenants, authority } = policy;
  const tenantId = tenants.kind === 'one' ? tenants.tenantId : textOf(claims.tid);
  if (authority.profile === 'b2c') {
    return !policyIssuers(authority, tenantId, policyOf(claims)).includes(textOf(claims.iss));
  }
  return claims.iss !== issuerOf(authority, claims.ver, tenantId);
}

/** A policy is accepted by its exact name on the list; where `acr` stands beside `tfp`, it must not name another. */
function policyNotListed({ claims, policy: { authority } }: ClaimFacts): boolean {
  if (authority.profile !== 'b2c') return false;
  const name = policyOf(claims);
  return !authority.policies.includes(name) || (claims.acr !== undefined && claims.acr !== name);
}

/** Who issued it, for which tenant, in which format (rules I1 to I7, I9). */
export const issuerChecks: readonly Check<ClaimFacts>[] = Object.freeze([
  {
    rule: 'I2',
    reason: 'version_not_accepted',
    violates: ({ claims, policy }: ClaimFacts) => !isAmong(policy.versions, claims.ver),
  },
  { rule: 'I9', reason: 'policy_not_listed', violates: policyNotListed },
  { rule: 'I4', reason: 'issuer_mismatch', violates: issuerMismatch },
  {
    rule: 'I5',
    reason: 'tenant_mismatch',
    violates: ({ claims, policy }: ClaimFacts) => {
      const tid = tenantOf(claims, policy);
      return !isGuid(tid) || !textOf(claims.iss).includes(`/${tid}/`);
    },
  },
  {
    rule: 'I6',
    reason: 'tenant_not_allowed',
    violates: ({ claims, policy: { tenants } }: ClaimFacts) =>
      tenants.kind === 'listed' && !isAmong(tenants.tenantIds, claims.tid),
  },
  {
    rule: 'I7',
    reason: 'personal_account',
    violates: ({ claims, policy: { tenants } }: ClaimFacts) =>
      tenants.kind === 'any' && !tenants.personalAccounts && claims.tid === PERSONAL_TENANT,
  },
] satisfies Check<ClaimFacts>[]);

/** Whom it is for (rules A2 to A6). Exact comparison with a string, so an array never passes. */
export const audienceChecks: readonly Check<ClaimFacts>[] = Object.freeze([
  {
    rule: 'A3',
    reason: 'audience_mismatch',
    violates: ({ claims, policy }: ClaimFacts) =>
      !isV1(claims, policy.authority) && claims.aud !== policy.clientId,
  },
  {
    rule: 'A4',
    reason: 'audience_not_listed',
    violates: ({ claims, policy }: ClaimFacts) =>
      isV1(claims, policy.authority) && !isAmong(policy.v1Audiences, claims.aud),
  },
] satisfies Check<ClaimFacts>[]);

const isTime = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;

/** When it is valid (rules T1 to T6). */
export const timeChecks: readonly Check<ClaimFacts>[] = Object.freeze([
  {
    rule: 'T1',
    reason: 'time_claim_malformed',
    violates: ({ claims: { exp, nbf, iat } }: ClaimFacts) =>
      !isTime(exp) || !isTime(nbf) || !isTime(iat),
  },
  {
    rule: 'T2',
    reason: 'expired',
    violates: ({ claims, policy, nowSeconds }: ClaimFacts) =>
      nowSeconds >= Number(claims.exp) + policy.clockSkewSeconds,
  },
  {
    rule: 'T3',
    reason: 'not_yet_valid',
    violates: ({ claims, policy, nowSeconds }: ClaimFacts) =>
      nowSeconds + policy.clockSkewSeconds < Number(claims.nbf),
  },
  {
    rule: 'T3',
    reason: 'issued_in_the_future',
    violates: ({ claims, policy, nowSeconds }: ClaimFacts) =>
      nowSeconds + policy.clockSkewSeconds < Number(claims.iat),
  },
  {
    rule: 'T4',
    reason: 'lifetime_implausible',
    violates: ({ claims: { exp, nbf, iat }, policy }: ClaimFacts) =>
      Number(nbf) >= Number(exp) ||
      Number(iat) >= Number(exp) ||
      Number(exp) - Number(iat) > policy.maxTokenLifetimeSeconds,
  },
  {
    rule: 'T6',
    reason: 'token_too_old',
    violates: ({ claims, policy, nowSeconds }: ClaimFacts) =>
      nowSeconds >= Number(claims.iat) + policy.maxTokenAgeSeconds + policy.clockSkewSeconds,
  },
] satisfies Check<ClaimFacts>[]);
