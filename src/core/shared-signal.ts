import { setMaxListeners } from 'node:events';

/**
 * Marks a signal that many calls listen to at once. Node warns of a leak from the eleventh listener on; these are taken off
 * when their call ends.
 */
export function sharedSignal(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}
