import type { Clock } from '../core/clock.ts';
import type { HandshakeFailure } from './handshake-failure.ts';

/** Failures left out of the audit because there were too many, by result. */
export interface SuppressedFailures {
  readonly count: number;
  /** How many of each result. */
  readonly results: Readonly<Record<string, number>>;
}

/** Events that may come at once. */
const BURST = 50;
/** Events a second in the long run. */
const RATE_PER_SECOND = 5;

/**
 * Lets failed handshakes through to the audit at a rate a log can bear. A scanner makes thousands; what is left out is
 * counted, and told with the next event that passes. The counters see every one.
 */
export class HandshakeEventLimiter {
  readonly #clock: Clock;
  #tokens = BURST;
  #countedAt: number;
  #suppressed = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedAt = clock.monotonic();
  }

  /**
   * Asks whether a failure may be reported.
   *
   * @returns `undefined` when not; else what was left out since the last one that was.
   */
  admit(failure: HandshakeFailure): SuppressedFailures | undefined {
    const now = this.#clock.monotonic();
    const earned = ((now - this.#countedAt) / 1000) * RATE_PER_SECOND;
    this.#tokens = Math.min(BURST, this.#tokens + earned);
    this.#countedAt = now;
    if (this.#tokens < 1) {
      this.#suppressed.set(failure.result, (this.#suppressed.get(failure.result) ?? 0) + 1);
      return undefined;
    }
    this.#tokens -= 1;
    return this.takeSuppressed();
  }

  /** What was left out and not told yet. */
  takeSuppressed(): SuppressedFailures {
    const results = Object.fromEntries(this.#suppressed);
    this.#suppressed = new Map();
    return { count: Object.values(results).reduce((sum, count) => sum + count, 0), results };
  }
}
