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
