import type { Clock } from '#src/core/clock.ts';

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Moves wall clock and monotonic clock. */
  advance(ms: number): void;
  /** Moves the wall clock alone, as an administrator or NTP would. */
  jumpWallClock(ms: number): void;
}

/** Starts at a fixed moment in 2027. */
export function fakeClock(): FakeClock {
  let wall = Date.UTC(2027, 0, 15, 12, 0, 0);
  let monotonic = 1_000_000;
  return {
    now: () => wall,
    monotonic: () => monotonic,
    advance: (ms) => {
      wall += ms;
      monotonic += ms;
    },
    jumpWallClock: (ms) => {
      wall += ms;
    },
  };
}
