import type { Caller } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import { AuthorizationError, TokenError } from '../core/errors.ts';
import type { Metrics } from '../core/metrics.ts';

/** Where a verdict came from. */
export type CacheOutcome = 'hit' | 'miss';

function outcomeOf(error: unknown): string {
  const known = error instanceof TokenError || error instanceof AuthorizationError;
  return known ? error.reason : 'internal_error';
}

/**
 * Counts verdicts and times those that were not remembered: counter `grpc_entra.token.validations` with labels `outcome`
 * (`accepted` or the reason) and `cache`, histogram `grpc_entra.token.validation_ms` with `outcome`. Both labels are from
 * closed lists (rule E3).
 */
export class ValidationMeter {
  readonly #metrics: Metrics;
  readonly #clock: Clock;

  constructor(metrics: Metrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /**
   * Runs a validation and notes what became of it.
   *
   * @param cache - Asked when the validation has returned or thrown.
   */
  measure(
    validate: () => Caller | Promise<Caller>,
    cache: () => CacheOutcome,
  ): Caller | Promise<Caller> {
    const startedAt = this.#clock.monotonic();
    const refused = (error: unknown): never => {
      this.#note(outcomeOf(error), cache(), startedAt);
      throw error;
    };
    let verified: Caller | Promise<Caller>;
    try {
      verified = validate();
    } catch (error) {
      return refused(error);
    }
    const accepted = (caller: Caller): Caller => {
      this.#note('accepted', cache(), startedAt);
      return caller;
    };
    if (!(verified instanceof Promise)) return accepted(verified);
    // What had to wait for keys was not remembered, whatever came in between.
    return verified.then(
      (caller) => {
        this.#note('accepted', 'miss', startedAt);
        return caller;
      },
      (error: unknown) => {
        this.#note(outcomeOf(error), 'miss', startedAt);
        throw error;
      },
    );
  }

  #note(outcome: string, cache: CacheOutcome, startedAt: number): void {
    this.#metrics.counter('grpc_entra.token.validations', { outcome, cache });
    if (cache === 'hit') return;
    const elapsed = this.#clock.monotonic() - startedAt;
    this.#metrics.histogram('grpc_entra.token.validation_ms', elapsed, { outcome });
  }
}
