import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import { checkInteger } from '../core/options.ts';
import type { Timers } from '../core/timers.ts';

/** How files are kept current. */
export interface ReloadOptions {
  /** Pause between looks at the files, milliseconds; 0 leaves it to explicit reloads. Default: 30 000. */
  readonly reloadMs?: number;
}

/** Names of {@link ReloadOptions}. */
export const RELOAD_OPTIONS: readonly string[] = ['reloadMs'];

/** The files that options name: what is watched for change. */
export function filesOf(options: object): readonly string[] {
  return Object.entries(options).flatMap(([name, file]) =>
    name.endsWith('File') && typeof file === 'string' ? [file] : [],
  );
}

/** What a reload came to. */
export type ReloadResult = 'unchanged' | 'reloaded';

/** What keeps material current works with. */
export interface ReloadDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Material that is loaded from files. */
export interface ReloadSource<T> {
  /** What it is called in logs and metrics: `server` or `client`. */
  readonly kind: 'server' | 'client';
  readonly files: readonly string[];
  /** Checks and loads. @throws ConfigError when the files must not be used. */
  load(): T;
  /** Puts what was loaded to use. */
  apply(material: T): void;
  /** Looked at on every round, changed or not: what time alone changes. */
  inspect(material: T): void;
}

const DEFAULT_RELOAD_MS = 30_000;
const LONGEST_RELOAD_MS = 86_400_000;
/** Certificate and key cannot be replaced in one step: what does not fit is read once more after this time. */
const SETTLE_MS = 1000;
const METRIC = 'grpc_entra.tls.reloads';

/** The pause asked for, checked. */
export function resolveReloadMs(where: string, options: ReloadOptions): number {
  return checkInteger(`${where}.reloadMs`, options.reloadMs, {
    min: 0,
    max: LONGEST_RELOAD_MS,
    default: DEFAULT_RELOAD_MS,
  });
}

/** How often what is in use is looked at: for certificates that end, and warnings. */
const INSPECT_MS = 60_000;

/** A fingerprint of what the files hold now. Times of change lie: orchestrators swap links. */
function fingerprint(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    let content: Buffer | string;
    try {
      content = readFileSync(file);
    } catch {
      content = 'unreadable';
    }
    hash.update(`${file.length}:${file}:${content.length}:`).update(content);
  }
  return hash.digest('base64url');
}

/**
 * Keeps TLS material current: looks at the content of its files, checks what changed as a whole, and puts it to use
 * only when it passes. Whatever is wrong with new files, the last good material stays in use.
 */
export class Reloader<T> {
  readonly #source: ReloadSource<T>;
  readonly #dependencies: ReloadDependencies;
  readonly #pauseMs: number;
  #material: T;
  /** Of what was last tried, good or bad, so that one mistake is reported once. */
  #tried: string;
  /** Whether what was last tried was refused: time alone may make it usable. */
  #failing = false;
  #cancel: (() => void) | undefined;
  #cancelInspection: (() => void) | undefined;
  #closed = false;

  constructor(source: ReloadSource<T>, pauseMs: number, dependencies: ReloadDependencies) {
    this.#source = source;
    this.#dependencies = dependencies;
    this.#pauseMs = pauseMs;
    // Before loading: what changes in between is seen as a change.
    this.#tried = fingerprint(source.files);
    this.#material = source.load();
  }

  /** The material in use. */
  get current(): T {
    return this.#material;
  }

  /** Begins to look at the files now and then. */
  start(): void {
    this.#source.inspect(this.#material);
    if (this.#pauseMs > 0) this.#schedule(this.#pauseMs, false);
    // What ends with time must be noticed in time, however seldom the files are looked at.
    if (this.#pauseMs === 0 || this.#pauseMs > INSPECT_MS) this.#inspectLater();
  }

  #inspectLater(): void {
    if (this.#closed) return;
    this.#cancelInspection = this.#dependencies.timers.after(
      INSPECT_MS,
      () => {
        this.#source.inspect(this.#material);
        this.#inspectLater();
      },
      false,
    );
  }

  /** Stops looking. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancelInspection?.();
  }

  /**
   * Reads the files now, changed or not.
   *
   * @throws ConfigError when they must not be used; what was in use stays in use.
   */
  reload(): ReloadResult {
    const found = fingerprint(this.#source.files);
    const changed = found !== this.#tried;
    try {
      this.#adopt(found);
    } catch (error) {
      this.#refused(error);
      throw error;
    }
    return changed ? 'reloaded' : 'unchanged';
  }

  #schedule(delayMs: number, secondLook: boolean): void {
    if (this.#closed) return;
    this.#cancel?.();
    this.#cancel = this.#dependencies.timers.after(delayMs, () => this.#look(secondLook), false);
  }

  #look(secondLook: boolean): void {
    const found = fingerprint(this.#source.files);
    const changed = found !== this.#tried;
    let settling = false;
    if (changed || this.#failing) {
      try {
        this.#adopt(found);
      } catch (error) {
        if (secondLook) this.#refused(error);
        else settling = changed;
      }
    }
    this.#source.inspect(this.#material);
    this.#schedule(settling ? SETTLE_MS : this.#pauseMs, settling);
  }

  #adopt(found: string): void {
    this.#tried = found;
    this.#failing = true;
    const material = this.#source.load();
    this.#source.apply(material);
    this.#material = material;
    this.#failing = false;
    const { logger, metrics } = this.#dependencies;
    const { kind, files } = this.#source;
    metrics.counter(METRIC, { kind, result: 'reloaded' });
    logger.info('TLS files were reloaded', { kind, files });
  }

  #refused(error: unknown): void {
    const { logger, metrics } = this.#dependencies;
    const { kind } = this.#source;
    metrics.counter(METRIC, { kind, result: 'refused' });
    logger.error('changed TLS files are not usable; the last good ones stay in use', {
      kind,
      error: error instanceof Error ? error.message : 'unknown',
    });
  }
}
