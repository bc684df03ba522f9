import type { DenialReason } from '../core/denial-reason.ts';
import { AuthorizationError } from '../core/errors.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';
import { numbersIn } from './claim-values.ts';
import type { CallerPolicy } from './policy.ts';

/** Relations of a subject to the tenant, in claim `xms_idrel`. */
const GUEST = 5;
const DEVICE = 9;
/** Facets in claims `xms_act_fct` and `xms_sub_fct`. */
const AGENT = 11;
const USER_OF_AGENT = 13;

/** Whether the subject is a guest in the tenant (rule Z7). */
export function isGuest({ acct, xms_idrel }: AccessTokenClaims): boolean {
  return acct === 1 || acct === '1' || numbersIn(xms_idrel).includes(GUEST);
}

/** Whether an AI agent acts, by itself or for a user (rule C13). */
export function isAgent({ xms_act_fct, xms_sub_fct }: AccessTokenClaims): boolean {
  const subject = numbersIn(xms_sub_fct);
  return (
    numbersIn(xms_act_fct).includes(AGENT) ||
    subject.includes(AGENT) ||
    subject.includes(USER_OF_AGENT)
  );
}

/** A verified token together with the settings that say which kinds of callers are wanted. */
export interface AdmissionFacts {
  readonly claims: AccessTokenClaims;
  readonly callers: CallerPolicy;
}

/** Why a kind of caller is not admitted. */
export type CallerDenial = Extract<
  DenialReason,
  'guest_not_admitted' | 'device_not_admitted' | 'agent_not_admitted'
>;

/** One rule about kinds of callers: who they are is certain, and they may not. */
export interface AdmissionCheck {
  /** Number of the rule in docs/token-rules.md. */
  readonly rule: string;
  readonly reason: CallerDenial;
  readonly violates: (facts: AdmissionFacts) => boolean;
}

/** Which kinds of callers are admitted at all, whatever the rule of a method says (rules C13, Z7). */
export const admissionChecks: readonly AdmissionCheck[] = Object.freeze([
  {
    rule: 'Z7',
    reason: 'device_not_admitted',
    violates: ({ claims, callers }: AdmissionFacts) =>
      callers.devices === 'deny' && numbersIn(claims.xms_idrel).includes(DEVICE),
  },
  {
    rule: 'Z7',
    reason: 'guest_not_admitted',
    violates: ({ claims, callers }: AdmissionFacts) => callers.guests === 'deny' && isGuest(claims),
  },
  {
    rule: 'C13',
    reason: 'agent_not_admitted',
    violates: ({ claims, callers }: AdmissionFacts) => callers.agents === 'deny' && isAgent(claims),
  },
] satisfies AdmissionCheck[]);

/** @throws {@link AuthorizationError} for a kind of caller that the settings do not admit. */
export function checkAdmission(facts: AdmissionFacts): void {
  const violated = admissionChecks.find((check) => check.violates(facts));
  if (violated !== undefined) throw new AuthorizationError(violated.reason);
}
