/** Node fires longer timers at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** Where delays come from, so that tests can let time pass. */
export interface Timers {
  /**
   * Calls back once, later.
   *
   * @param keepAlive - Whether the process waits for it. Background work must not keep a process alive.
   * @returns What cancels it.
   */
  after(delayMs: number, callback: () => void, keepAlive: boolean): () => void;
}

/** The machine's own timers. */
export const systemTimers: Timers = Object.freeze({
  after: (delayMs: number, callback: () => void, keepAlive: boolean): (() => void) => {
    const timer = setTimeout(callback, delayMs);
    if (!keepAlive) timer.unref();
    return () => clearTimeout(timer);
  },
});
