import { bindingChecks } from './binding-checks.ts';
import type { Check } from './check.ts';
import {
  audienceChecks,
  type ClaimFacts,
  issuerChecks,
  type KeyFacts,
  keyBindingChecks,
  timeChecks,
} from './claim-checks.ts';
import { type StructureChecks, structureChecks } from './compact.ts';
import { type HeaderFacts, headerChecks } from './header-checks.ts';
import { identityChecks } from './identity-checks.ts';
import { type SignedToken, signatureChecks } from './signature-checks.ts';

/** Every rule that a token must keep, in the order in which they are asked. */
export interface Checks {
  readonly structure: StructureChecks;
  readonly header: readonly Check<HeaderFacts>[];
  readonly signature: readonly Check<SignedToken>[];
  readonly issuer: readonly Check<ClaimFacts>[];
  readonly key: readonly Check<KeyFacts>[];
  readonly claims: readonly Check<ClaimFacts>[];
}

/** Those that need no signature to be asked: they tell whether fetching keys for a token is worth it. */
export const plausibilityChecks: readonly Check<ClaimFacts>[] = Object.freeze([
  ...issuerChecks,
  ...audienceChecks,
  ...timeChecks,
]);

/** All rules. Only tests pass anything else to the validator. */
export const allChecks: Checks = Object.freeze({
  structure: structureChecks,
  header: headerChecks,
  signature: signatureChecks,
  // Before the key's binding to an issuer: a token of another tenant is the likelier mistake and the clearer reason.
  issuer: issuerChecks,
  key: keyBindingChecks,
  claims: Object.freeze([...audienceChecks, ...timeChecks, ...identityChecks, ...bindingChecks]),
});
