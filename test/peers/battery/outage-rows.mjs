// Rows about an authority that fails: with a token in hand that should be renewed, and with none.
import { history, noneFailed } from './outcomes.mjs';
import { refreshDue } from './speed-rows.mjs';

const CALLS = 3;

/** A good token must be served whatever the authority does. */
function renewal(id, scenario, fault) {
  return {
    id,
    plugged: true,
    scenario: `renewal due, ${scenario}, token good for 58 min`,
    async play(world) {
      await refreshDue(world);
      world.emulator.inject(fault, { times: 'all' });
      const outcomes = await world.get({ count: CALLS });
      // What the failed renewal leaves behind must have come out before it is counted.
      await world.emulator.requests.waitFor(() => world.posts() > 1, {
        signal: AbortSignal.timeout(10_000),
      });
      const { unhandled } = await world.tell('tally');
      return { outcomes, unhandled };
    },
    show: ({ outcomes }) => history(outcomes),
    wanted: 'all calls ok, none waits',
    holds: ({ outcomes, unhandled }) =>
      noneFailed(outcomes) && outcomes.every(({ immediate }) => immediate) && unhandled === 0,
  };
}

/** One failure at the start is no reason to fail the call. */
function cold(id, scenario, fault) {
  return {
    id,
    scenario: `first acquisition, ${scenario} once`,
    async play(world) {
      world.emulator.inject(fault);
      await world.open('secret');
      const outcomes = await world.get({ count: 2 });
      return { outcomes, posts: world.posts() };
    },
    show: ({ outcomes, posts }) => `${history(outcomes)}; ${posts} P`,
    wanted: 'ok after one retry',
    holds: ({ outcomes, posts }) => noneFailed(outcomes) && posts === 2,
  };
}

export const outageRows = [
  renewal('B3', 'authority answers 500', { kind: 'unavailable', status: 500, body: 'json' }),
  renewal('B4', '429 with Retry-After 2', { kind: 'throttled', retryAfterSeconds: 2 }),
  renewal('B5', 'connection reset', { kind: 'reset', when: 'before-answer' }),
  renewal('B6', '502 with a page of HTML', { kind: 'unavailable', status: 502, body: 'html' }),
  cold('B7', '503', { kind: 'unavailable', status: 503 }),
  cold('B8', 'reset', { kind: 'reset', when: 'before-answer' }),
  {
    id: 'B9',
    scenario: 'first acquisition, 429 as plain text with Retry-After 60',
    async play(world) {
      world.emulator.inject({ kind: 'throttled', body: 'text' }, { times: 'all' });
      await world.open('secret');
      const outcomes = await world.get({ count: 3, giveUpMs: 3000 });
      const asked = outcomes.every(({ text = '' }) =>
        /retry-?after\w*'?: *'?60(000)?\b/i.test(text),
      );
      return { outcomes, asked, posts: world.posts() };
    },
    show: ({ outcomes, asked, posts }) =>
      `${history(outcomes)}; ${asked ? 'with retryAfter, ' : ''}${posts} P`,
    wanted: 'fails at once with retryAfter, 1 P',
    holds: ({ outcomes, asked, posts }) =>
      outcomes.every(({ kind, ms }) => kind === 'error' && ms < 1500) && asked && posts === 1,
  },
];
