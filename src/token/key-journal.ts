import type { Logger } from '../core/log.ts';
import type { MetricLabels, Metrics } from '../core/metrics.ts';
import type { DroppedKey, KeyLocation, KeySet } from './key-set.ts';
import type { KeySetState } from './state.ts';

/** Age of the keys from which a failure to renew them is worth a warning each time. */
const STALE_SECONDS = 2 * 3600;

/** A failed attempt to renew keys. */
export interface KeyFailure {
  /** How many there were in a row. */
  readonly failures: number;
  readonly retryInMs: number;
  readonly error: unknown;
}

/** Tells log and metrics what becomes of the keys of one location. Key ids apart, nothing published is written. */
export class KeyJournal {
  readonly #location: KeyLocation;
  readonly #logger: Logger;
  readonly #metrics: Metrics | undefined;

  constructor(location: KeyLocation, logger: Logger, metrics: Metrics | undefined) {
    this.#location = location;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  get #authority(): string {
    return this.#location.metadataUrl.host;
  }

  get #labels(): MetricLabels {
    return { authority: this.#authority, version: this.#location.version };
  }

  /** Keys from a file serve, or are too old to. */
  seeded(set: KeySet | undefined, dropped: readonly DroppedKey[], ageMs: number): void {
    const fields = { authority: this.#authority, ageSeconds: Math.round(ageMs / 1000) };
    if (set === undefined) {
      this.#logger.warn('the initial signing keys are too old to be used', fields);
      return;
    }
    this.#logger.info('initial signing keys are in use', { ...fields, keys: set.keys.size });
    this.#dropped(dropped);
  }

  /** A set was fetched and is in force. */
  replaced(previous: KeySet | undefined, set: KeySet, dropped: readonly DroppedKey[]): void {
    const added = [...set.keys.keys()].filter((kid) => !previous?.keys.has(kid));
    const removed = [...(previous?.keys.keys() ?? [])].filter((kid) => !set.keys.has(kid));
    const { generation } = set;
    const fields = {
      authority: this.#authority,
      generation,
      keys: set.keys.size,
      added,
      removed,
    };
    if (added.length + removed.length > 0) this.#logger.info('signing keys changed', fields);
    else this.#logger.debug('signing keys renewed', fields);
    this.#dropped(dropped);
  }

  #dropped(dropped: readonly DroppedKey[]): void {
    if (dropped.length > 0)
      this.#logger.error('published signing keys are not usable', { dropped });
  }

  /** No set could be fetched. */
  failed(
    { failures, retryInMs, error }: KeyFailure,
    { usable, ageSeconds = 0 }: KeySetState,
  ): void {
    const fields = {
      authority: this.#authority,
      failures,
      retryInMs: Math.round(retryInMs),
      error: error instanceof Error ? error.message : 'unknown',
    };
    if (!usable) this.#logger.error('no signing keys: every token is refused', fields);
    else if (ageSeconds >= STALE_SECONDS) this.#logger.warn('signing keys grow old', fields);
    else this.#logger.info('signing keys could not be renewed', fields);
  }

  /** A token named a key that nobody waits for. */
  unknownKey(): void {
    this.#metrics?.counter('grpc_entra.keys.unknown', this.#labels);
  }

  /** An attempt ended. */
  measured(outcome: 'success' | 'failure', elapsedMs: number, state: KeySetState): void {
    const labels = { ...this.#labels, outcome };
    this.#metrics?.counter('grpc_entra.keys.refreshes', labels);
    this.#metrics?.histogram('grpc_entra.keys.refresh_ms', elapsedMs, labels);
    const { keys, ageSeconds } = state;
    this.#metrics?.gauge('grpc_entra.keys.count', keys, this.#labels);
    if (ageSeconds !== undefined) {
      this.#metrics?.gauge('grpc_entra.keys.age_seconds', ageSeconds, this.#labels);
    }
  }
}
