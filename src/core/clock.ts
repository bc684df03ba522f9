/** Where time comes from, so that tests can set it. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch, for comparison with claims. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going backwards, for intervals. */
  monotonic(): number;
}

/** The machine's own time. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
});

/** Both clocks, read once. */
export interface Instant {
  /** As {@link Clock.now}, milliseconds. */
  readonly wallMs: number;
  /** As {@link Clock.monotonic}, milliseconds. */
  readonly monotonicMs: number;
}

let lastMs = Number.NaN;
let lastText = '';

/** ISO 8601, UTC, with milliseconds. Written once a millisecond: a busy server asks more often. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
