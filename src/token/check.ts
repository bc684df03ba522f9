import { TokenError } from '../core/errors.ts';
import { type TokenReason, tokenReasons } from '../core/token-reason.ts';

/**
 * One rule as data: a pure question about a subject, and what a token that answers yes is refused for.
 *
 * Checks stand in ordered arrays, so that a test can run the validator without any one of them and show that the
 * attack it stops then succeeds.
 */
export interface Check<Subject> {
  /** Number of the rule in docs/token-rules.md. */
  readonly rule: string;
  /** What the server's log and metrics say. */
  readonly reason: TokenReason;
  /** Whether the subject breaks the rule. */
  readonly violates: (subject: Subject) => boolean;
}

/** Builds the refusal for a reason, with the class that the reason table gives it. */
export function refusal(reason: TokenReason, cause?: unknown): TokenError {
  const { code } = tokenReasons[reason];
  return cause === undefined
    ? new TokenError(code, reason)
    : new TokenError(code, reason, { cause });
}

/** Finds the first rule that a subject breaks. */
export function firstViolation<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
): Check<Subject> | undefined {
  for (const check of checks) if (check.violates(subject)) return check;
  return undefined;
}

/**
 * Runs checks in order.
 *
 * @throws {@link TokenError} for the first rule that the subject breaks.
 */
export function runChecks<Subject>(checks: readonly Check<Subject>[], subject: Subject): void {
  const violated = firstViolation(checks, subject);
  if (violated !== undefined) throw refusal(violated.reason);
}
