import type { Timers } from '#src/core/timers.ts';
import type { FakeClock } from './fake-clock.ts';

/** Timers that fire when the fake clock is moved past them. */
export interface FakeTimers extends Timers {
  /** Moves the clock in steps, firing what becomes due on the way, and lets promises settle after each. */
  pass(ms: number): Promise<void>;
  /** Timers that have not fired and were not cancelled. */
  readonly pending: number;
}

/** Lets every promise settle that can. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Makes timers that follow a fake clock. */
export function fakeTimers(clock: FakeClock): FakeTimers {
  const due = new Map<symbol, { readonly at: number; readonly callback: () => void }>();
  return {
    after: (delayMs, callback) => {
      const id = Symbol('timer');
      due.set(id, { at: clock.monotonic() + delayMs, callback });
      return () => due.delete(id);
    },
    get pending() {
      return due.size;
    },
    pass: async (ms) => {
      const end = clock.monotonic() + ms;
      for (;;) {
        const [next] = [...due].sort(([, a], [, b]) => a.at - b.at);
        if (next === undefined || next[1].at > end) break;
        clock.advance(Math.max(0, next[1].at - clock.monotonic()));
        due.delete(next[0]);
        next[1].callback();
        await settle();
      }
      clock.advance(end - clock.monotonic());
      await settle();
    },
  };
}
