// What came of calls, in words.

/** @typedef {{ kind: 'token' | 'error' | 'pending', immediate: boolean, ms: number, message?: string }} Outcome */

export const noneFailed = (outcomes) => outcomes.every(({ kind }) => kind === 'token');

export const tokensOf = (outcomes) => outcomes.filter(({ kind }) => kind === 'token').length;

export const slowest = (outcomes) => Math.max(...outcomes.map(({ ms }) => ms));

export const millis = (ms) => (ms < 950 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** Who waits: an answer that is no promise costs a call nothing. */
export const answers = (outcomes) =>
  outcomes.every(({ immediate }) => immediate) ? 'none waits' : 'all wait';

const WORDS = { token: 'ok', error: 'throws', pending: 'pending' };

function told({ kind, ms, immediate }) {
  if (immediate) return `${WORDS[kind]} at once`;
  return kind === 'pending' ? `pending at ${millis(ms)}` : `${WORDS[kind]} after ${millis(ms)}`;
}

/** Call by call; equal ones in a row are told once. */
export function history(outcomes) {
  const told_ = outcomes.map(told);
  const distinct = [...new Set(told_)];
  return distinct.length === 1 && told_.length > 1 ? `all ${distinct[0]}` : told_.join(', ');
}
