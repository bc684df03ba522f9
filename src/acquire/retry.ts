import { setTimeout as delay } from 'node:timers/promises';
import { AcquisitionError } from '../core/errors.ts';

/** How often and how patiently a token request is repeated (rule C10). */
export interface RetryPolicy {
  /** Requests in all. */
  readonly attempts: number;
  /** First pause at most, milliseconds; it doubles with each attempt. */
  readonly baseMs: number;
  /** Longest pause, milliseconds. An authority that asks for more is not waited for. */
  readonly capMs: number;
  /** Waits; a seam for tests. */
  readonly wait: (ms: number) => Promise<void>;
  /** Uniform in [0, 1); a seam for tests. */
  readonly random: () => number;
}

/** Three attempts within about five seconds: an RPC waits for the first token, so patience is short. */
export const defaultRetryPolicy: RetryPolicy = Object.freeze({
  attempts: 3,
  baseMs: 200,
  capMs: 2000,
  wait: (ms: number) => delay(ms),
  random: Math.random,
});

/**
 * Refusals that one further request may mend, because it reads its proof anew: an assertion outside its time, and a
 * federated credential that is not known everywhere yet. Numbers of AADSTS errors.
 */
const WORTH_ONE_MORE: ReadonlySet<number | undefined> = new Set([
  700024, 70021, 700211, 700212, 700213, 7002138,
]);

/** Milliseconds to wait before the next attempt, or `undefined` when there should be none. */
function pauseBefore(attempt: number, error: unknown, policy: RetryPolicy): number | undefined {
  if (!(error instanceof AcquisitionError)) return undefined;
  if (!error.retryable) {
    return attempt === 1 && WORTH_ONE_MORE.has(error.details.aadsts) ? policy.baseMs : undefined;
  }
  if (error.code === 'ERR_ACQUISITION_ABORTED' || attempt >= policy.attempts) return undefined;
  const asked = error.details.retryAfterMs;
  if (asked !== undefined) return asked <= policy.capMs ? asked : undefined;
  return policy.random() * Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
}

/**
 * Runs an acquisition and repeats it while that may help.
 *
 * @throws What the last attempt threw.
 */
export async function withRetries<T>(acquire: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await acquire();
    } catch (error) {
      const pause = pauseBefore(attempt, error, policy);
      if (pause === undefined) throw error;
      await policy.wait(pause);
    }
  }
}
