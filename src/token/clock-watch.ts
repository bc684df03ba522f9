import type { Clock, Instant } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';

/** A clock set by hand, a machine resumed. Slower corrections are what clocks are corrected by. */
const JUMP_MS = 60_000;

/**
 * Notices that the wall clock went elsewhere than time did, and tells the operator: tokens that expired an hour ago are
 * suddenly good, or good ones expired, and nothing else says why.
 */
export class ClockWatch {
  readonly #logger: Logger;
  #ahead: number;

  constructor(clock: Clock, logger: Logger) {
    this.#logger = logger;
    this.#ahead = clock.now() - clock.monotonic();
  }

  /** Compares with the last look. Drift between two looks is no jump, so they may be any time apart. */
  look({ wallMs, monotonicMs }: Instant): void {
    const ahead = wallMs - monotonicMs;
    const jumpMs = ahead - this.#ahead;
    this.#ahead = ahead;
    if (Math.abs(jumpMs) <= JUMP_MS) return;
    this.#logger.warn('the wall clock jumped: from now on tokens are judged by the new time', {
      jumpSeconds: Math.round(jumpMs / 1000),
    });
  }
}
