import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { MetricLabels, Metrics } from '../core/metrics.ts';
import type { Timers } from '../core/timers.ts';
import { refusal } from './check.ts';
import { DocumentDeferredError, type DocumentFetcher } from './document-fetcher.ts';
import { KeyLoader } from './key-loader.ts';
import type { DroppedKey, KeyLocation, KeySet } from './key-set.ts';
import type { KeySetState } from './state.ts';

/** How keys are kept current, resolved. All times in milliseconds. */
export interface KeyLifecycle {
  readonly refreshMs: number;
  readonly lastKnownGoodMs: number;
  readonly unknownKeyCooldownMs: number;
}

/** What a key source works with. */
export interface KeySourceDependencies {
  readonly fetch: DocumentFetcher;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A number from 0 to below 1, for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Default: nothing is measured. */
  readonly metrics?: Metrics | undefined;
}

const FIRST_BACKOFF_MS = 1_000;
/** While there are no keys at all, and every call fails. */
const MAX_BACKOFF_EMPTY_MS = 60_000;
/** While older keys still serve. */
const MAX_BACKOFF_SERVING_MS = 300_000;
/** Whatever the jitter, two attempts are never closer than this. */
const MIN_BACKOFF_MS = 250;
/** Age of the keys from which a failure to renew them is worth a warning each time. */
const STALE_MS = 2 * 3_600_000;
const MAX_WAITERS = 128;
const MAX_WAIT_MS = 2_000;

/**
 * The signing keys of one authority and token version: fetched once for everybody, renewed in the background, replaced
 * as a whole, and kept for a day when fetching fails.
 *
 * An unknown key id causes at most one fetch in {@link KeyLifecycle.unknownKeyCooldownMs}, so that a flood of forged
 * tokens neither burdens the authority nor makes calls wait. The price: a key that the authority puts to use within that
 * time of the last fetch is refused until it has passed.
 */
export class KeySource {
  readonly #location: KeyLocation;
  readonly #lifecycle: KeyLifecycle;
  readonly #dependencies: KeySourceDependencies;
  readonly #loader: KeyLoader;
  #set: KeySet | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #inFlight: Promise<void> | undefined;
  #lastFailure: unknown;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #waiters = 0;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(location: KeyLocation, lifecycle: KeyLifecycle, dependencies: KeySourceDependencies) {
    const { fetch, clock, random } = dependencies;
    this.#location = location;
    this.#lifecycle = lifecycle;
    this.#dependencies = dependencies;
    this.#loader = new KeyLoader(location, fetch, clock, random);
  }

  /**
   * Returns the keys in force, or `undefined` when there are none: never loaded, or not renewed for too long (K8).
   *
   * @param monotonicMs - Now, by the monotonic clock.
   */
  usable(monotonicMs: number): KeySet | undefined {
    return monotonicMs - this.#loadedAt < this.#lifecycle.lastKnownGoodMs ? this.#set : undefined;
  }

  /**
   * Loads keys if there are none.
   *
   * @throws {@link TokenError} `ERR_KEYS_UNAVAILABLE` with the failure as `cause` when that fails.
   */
  async ready(): Promise<void> {
    const { clock } = this.#dependencies;
    if (this.usable(clock.monotonic()) === undefined) await this.#refresh();
    if (this.usable(clock.monotonic()) === undefined) {
      throw refusal('keys_unavailable', this.#lastFailure);
    }
  }

  /**
   * Waits for keys that a call cannot do without, where waiting may help.
   *
   * @param plausible - Asked when keys are at hand but the one needed is not: whether the token would pass every rule
   * that does not need its signature.
   * @returns `undefined` where waiting is pointless or the queue is full: the caller refuses at once.
   */
  awaitRefresh(monotonicMs: number, plausible: () => boolean): Promise<void> | undefined {
    const pointless =
      this.#waiters >= MAX_WAITERS ||
      (this.#inFlight === undefined && !this.#mayFetch(monotonicMs)) ||
      (this.usable(monotonicMs) !== undefined && !plausible());
    if (!pointless) return this.#wait(this.#refresh());
    this.#dependencies.metrics?.counter('grpc_entra.keys.unknown', this.#labels);
    return undefined;
  }

  /** The keys as they are now. */
  state(): KeySetState {
    const now = this.#dependencies.clock.monotonic();
    const set = this.usable(now);
    return {
      authority: this.#location.metadataUrl.host,
      tenant: this.#location.metadataUrl.pathname.split('/')[1] ?? '',
      version: this.#location.version,
      usable: set !== undefined,
      ageSeconds: this.#set === undefined ? undefined : (now - this.#loadedAt) / 1000,
      keys: set?.keys.size ?? 0,
      generation: this.#set?.generation ?? 0,
      waiting: this.#waiters,
    };
  }

  get #labels(): MetricLabels {
    return { authority: this.#location.metadataUrl.host, version: this.#location.version };
  }

  /** Stops renewing. Keys at hand stay usable until they are too old. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  #mayFetch(monotonicMs: number): boolean {
    if (this.#closed || monotonicMs < this.#notBefore) return false;
    const age = monotonicMs - this.#loadedAt;
    return this.usable(monotonicMs) === undefined || age >= this.#lifecycle.unknownKeyCooldownMs;
  }

  /** Waits for a fetch, but no longer than a call can. The fetch goes on for the calls after it. */
  async #wait(refresh: Promise<void>): Promise<void> {
    this.#waiters++;
    let cancel: (() => void) | undefined;
    const timeout = new Promise<void>((resolve) => {
      cancel = this.#dependencies.timers.after(MAX_WAIT_MS, resolve, true);
    });
    try {
      await Promise.race([refresh, timeout]);
    } finally {
      cancel?.();
      this.#waiters--;
    }
  }

  /** Fetches, or joins the fetch under way. Never rejects. */
  #refresh(): Promise<void> {
    this.#inFlight ??= this.#attempt().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #attempt(): Promise<void> {
    const previous = this.#set;
    const startedAt = this.#dependencies.clock.monotonic();
    try {
      const { set, dropped } = await this.#loader.load(previous);
      this.#set = set;
      this.#succeeded(previous, set, dropped);
      this.#measured('success', startedAt);
    } catch (error) {
      this.#failed(error);
      this.#measured('failure', startedAt);
    }
  }

  #measured(outcome: 'success' | 'failure', startedAt: number): void {
    const { metrics, clock } = this.#dependencies;
    const labels = { ...this.#labels, outcome };
    metrics?.counter('grpc_entra.keys.refreshes', labels);
    metrics?.histogram('grpc_entra.keys.refresh_ms', clock.monotonic() - startedAt, labels);
    const { keys, ageSeconds } = this.state();
    metrics?.gauge('grpc_entra.keys.count', keys, this.#labels);
    if (ageSeconds !== undefined) {
      metrics?.gauge('grpc_entra.keys.age_seconds', ageSeconds, this.#labels);
    }
  }

  #succeeded(previous: KeySet | undefined, set: KeySet, dropped: readonly DroppedKey[]): void {
    const { clock, random, logger } = this.#dependencies;
    this.#loadedAt = clock.monotonic();
    this.#failures = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#schedule(this.#lifecycle.refreshMs * (0.9 + 0.2 * random()));
    const added = [...set.keys.keys()].filter((kid) => !previous?.keys.has(kid));
    const removed = [...(previous?.keys.keys() ?? [])].filter((kid) => !set.keys.has(kid));
    const fields = {
      authority: this.#location.metadataUrl.host,
      generation: set.generation,
      keys: set.keys.size,
      added,
      removed,
    };
    if (added.length + removed.length > 0) logger.info('signing keys changed', fields);
    else logger.debug('signing keys renewed', fields);
    if (dropped.length > 0) logger.error('published signing keys are not usable', { dropped });
  }

  #failed(error: unknown): void {
    const { clock, random, logger } = this.#dependencies;
    const now = clock.monotonic();
    const serving = this.usable(now) !== undefined;
    const ceiling = serving ? MAX_BACKOFF_SERVING_MS : MAX_BACKOFF_EMPTY_MS;
    const base = Math.min(ceiling, FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures, 16));
    const asked = error instanceof DocumentDeferredError ? error.retryAfterMs : 0;
    const delay = Math.max(MIN_BACKOFF_MS, asked, base * random());
    this.#failures++;
    this.#lastFailure = error;
    this.#notBefore = now + delay;
    this.#schedule(delay);
    const fields = {
      authority: this.#location.metadataUrl.host,
      failures: this.#failures,
      retryInMs: Math.round(delay),
      error: error instanceof Error ? error.message : 'unknown',
    };
    if (!serving) logger.error('no signing keys: every token is refused', fields);
    else if (now - this.#loadedAt >= STALE_MS) logger.warn('signing keys grow old', fields);
    else logger.info('signing keys could not be renewed', fields);
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer?.();
    if (this.#closed) return;
    const renew = (): void => void this.#refresh();
    this.#cancelTimer = this.#dependencies.timers.after(delayMs, renew, false);
  }
}
