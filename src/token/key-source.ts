import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Timers } from '../core/timers.ts';
import { refusal } from './check.ts';
import { DocumentDeferredError, type DocumentFetcher } from './document-fetcher.ts';
import type { InitialKeys } from './initial-keys.ts';
import { KeyJournal } from './key-journal.ts';
import { KeyLoader } from './key-loader.ts';
import type { KeyLocation, KeySet } from './key-set.ts';
import type { KeySetState } from './state.ts';

/** How keys are kept current, resolved. All times in milliseconds. */
export interface KeyLifecycle {
  readonly refreshMs: number;
  readonly lastKnownGoodMs: number;
  readonly unknownKeyCooldownMs: number;
  /** Keys that serve until others have been fetched. */
  readonly initialKeys: InitialKeys | undefined;
  /** Whether {@link KeySource.ready} goes on trying, and a server does not start without. */
  readonly failFast: boolean;
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
const MAX_WAITERS = 128;
const MAX_WAIT_MS = 2_000;
/** How long a start that must not fail for a passing reason goes on trying. */
const FAIL_FAST_MS = 10_000;

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
  readonly #journal: KeyJournal;
  #set: KeySet | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #inFlight: Promise<void> | undefined;
  #lastFailure: unknown;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #waiters = 0;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(location: KeyLocation, lifecycle: KeyLifecycle, dependencies: KeySourceDependencies) {
    const { fetch, clock, random, logger, metrics } = dependencies;
    this.#location = location;
    this.#lifecycle = lifecycle;
    this.#dependencies = dependencies;
    this.#loader = new KeyLoader(location, fetch, clock, random);
    this.#journal = new KeyJournal(location, logger, metrics);
    if (lifecycle.initialKeys !== undefined) this.#seed(lifecycle.initialKeys);
  }

  /** Puts keys from a file in force as if they had been fetched when they were saved, and fetches others at once. */
  #seed({ keys, dropped, asOfMs }: InitialKeys): void {
    const { clock } = this.#dependencies;
    const location = this.#location;
    const ageMs = Math.max(0, clock.now() - asOfMs);
    this.#loadedAt = clock.monotonic() - ageMs;
    this.#set = Object.freeze({ keys, cloud: location.cloud, location, generation: 0 });
    this.#schedule(0);
    this.#journal.seeded(this.usable(clock.monotonic()), dropped, ageMs);
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
   * Loads keys if there are none: one attempt, or all that fit into 10 seconds where a start must have keys.
   *
   * @throws {@link TokenError} `ERR_KEYS_UNAVAILABLE` with the failure as `cause` when that fails.
   */
  async ready(): Promise<void> {
    if (this.#missing()) {
      await (this.#lifecycle.failFast ? this.#tryFor(FAIL_FAST_MS) : this.#refresh());
    }
    if (this.#missing()) throw refusal('keys_unavailable', this.#lastFailure);
  }

  #missing(): boolean {
    return this.usable(this.#dependencies.clock.monotonic()) === undefined;
  }

  /** Waits for keys while attempts follow each other by the back-off, for so long. */
  async #tryFor(ms: number): Promise<void> {
    const { clock, timers } = this.#dependencies;
    const end = clock.monotonic() + ms;
    while (this.#missing() && clock.monotonic() < end) {
      const pauseMs = Math.max(0, Math.min(this.#notBefore, end) - clock.monotonic());
      if (pauseMs > 0) await new Promise<void>((resolve) => timers.after(pauseMs, resolve, true));
      const leftMs = end - clock.monotonic();
      if (leftMs > 0) await this.#within(leftMs, this.#refresh());
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
    this.#journal.unknownKey();
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

  /** Stops renewing. Keys at hand stay usable until they are too old. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  #mayFetch(monotonicMs: number): boolean {
    if (this.#closed || monotonicMs < this.#notBefore) return false;
    const sinceFetch = monotonicMs - this.#fetchedAt;
    return (
      this.usable(monotonicMs) === undefined || sinceFetch >= this.#lifecycle.unknownKeyCooldownMs
    );
  }

  /** Waits for a fetch, but no longer than a call can. The fetch goes on for the calls after it. */
  async #wait(refresh: Promise<void>): Promise<void> {
    this.#waiters++;
    try {
      await this.#within(MAX_WAIT_MS, refresh);
    } finally {
      this.#waiters--;
    }
  }

  /** Resolves with the fetch, or after a time without it. Never rejects. */
  async #within(ms: number, refresh: Promise<void>): Promise<void> {
    let cancel: (() => void) | undefined;
    const timeout = new Promise<void>((resolve) => {
      cancel = this.#dependencies.timers.after(ms, resolve, true);
    });
    await Promise.race([refresh, timeout]);
    cancel?.();
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
    const { clock } = this.#dependencies;
    const startedAt = clock.monotonic();
    let outcome: 'success' | 'failure' = 'failure';
    try {
      const { set, dropped } = await this.#loader.load(previous);
      this.#set = set;
      this.#succeeded();
      this.#journal.replaced(previous, set, dropped);
      outcome = 'success';
    } catch (error) {
      this.#failed(error);
    }
    this.#journal.measured(outcome, clock.monotonic() - startedAt, this.state());
  }

  #succeeded(): void {
    const { clock, random } = this.#dependencies;
    this.#loadedAt = clock.monotonic();
    this.#fetchedAt = this.#loadedAt;
    this.#failures = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#schedule(this.#lifecycle.refreshMs * (0.9 + 0.2 * random()));
  }

  #failed(error: unknown): void {
    const { clock, random } = this.#dependencies;
    const now = clock.monotonic();
    const serving = this.usable(now) !== undefined;
    const ceiling = serving ? MAX_BACKOFF_SERVING_MS : MAX_BACKOFF_EMPTY_MS;
    const base = Math.min(ceiling, FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures, 16));
    const asked = error instanceof DocumentDeferredError ? error.retryAfterMs : 0;
    const retryInMs = Math.max(MIN_BACKOFF_MS, asked, base * random());
    this.#failures++;
    this.#lastFailure = error;
    this.#notBefore = now + retryInMs;
    this.#schedule(retryInMs);
    this.#journal.failed({ failures: this.#failures, retryInMs, error }, this.state());
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer?.();
    if (this.#closed) return;
    const renew = (): void => void this.#refresh();
    this.#cancelTimer = this.#dependencies.timers.after(delayMs, renew, false);
  }
}
