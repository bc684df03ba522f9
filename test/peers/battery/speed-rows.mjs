// Rows about how many requests are made, and who waits for them.
import { answers, millis, noneFailed, slowest, tokensOf } from './outcomes.mjs';

/** A token in hand that should be renewed, and is good for 58 minutes more. */
export async function refreshDue(world) {
  world.emulator.inject({ kind: 'members', members: { refresh_in: 60 } });
  await world.open('secret');
  const [first] = await world.get({});
  if (first.kind !== 'token') throw new Error(`no first token: ${first.message}`);
  await world.forward(120_000);
}

/** Waits until the renewal, wherever it runs, has been answered. */
function renewed({ emulator }) {
  return new Promise((resolve, reject) => {
    const end = (settle) => {
      clearTimeout(timer);
      watching[Symbol.dispose]();
      settle();
    };
    const look = () => {
      const answered = emulator.requests.lines.filter(({ endpoint }) => endpoint === 'token');
      if (answered.length > 1) end(resolve);
    };
    const timer = setTimeout(() => end(() => reject(new Error('no renewal came'))), 10_000);
    const watching = emulator.requests.watch(look);
    look();
  });
}

export const speedRows = [
  {
    id: 'B1',
    scenario: '50 concurrent first acquisitions',
    async play(world) {
      await world.open('secret');
      const outcomes = await world.get({ count: 50, concurrent: true });
      return { outcomes, posts: world.posts(), metadata: world.metadata() };
    },
    show: ({ outcomes, posts, metadata }) =>
      `${posts} P, metadata GETs: ${metadata}${noneFailed(outcomes) ? '' : ', some fail'}`,
    wanted: '1 P, metadata GETs: 0',
    holds: ({ outcomes, posts, metadata }) => noneFailed(outcomes) && posts === 1 && metadata === 0,
  },
  {
    id: 'B2',
    plugged: true,
    scenario: '20 concurrent calls, renewal due, authority needs 300 ms',
    async play(world) {
      await refreshDue(world);
      world.emulator.inject({ kind: 'delayed', delayMs: 300 }, { times: 'all' });
      const outcomes = await world.get({ count: 20, concurrent: true });
      await renewed(world);
      return { outcomes, posts: world.posts() - 1 };
    },
    show: ({ outcomes, posts }) =>
      `${posts} P, ${tokensOf(outcomes)} of 20 ok, ${answers(outcomes)}, slowest ${millis(slowest(outcomes))}`,
    wanted: '1 P in the background, nobody waits',
    holds: ({ outcomes, posts }) =>
      noneFailed(outcomes) && posts === 1 && outcomes.every(({ immediate }) => immediate),
  },
  {
    id: 'B10',
    scenario: 'the authority hangs',
    async play(world) {
      world.emulator.inject({ kind: 'held' }, { times: 'all' });
      await world.open('secret', { boundMs: 2000 });
      const [outcome] = await world.get({ giveUpMs: 6000 });
      return { outcome };
    },
    show: ({ outcome }) =>
      outcome.kind === 'pending' ? 'pending at 6 s' : `fails after ${millis(outcome.ms)}`,
    wanted: 'fails at its bound, set to 2 s',
    holds: ({ outcome: { kind, ms, code } }) =>
      kind === 'error' && code === 'ERR_ACQUISITION_UNAVAILABLE' && ms >= 1990 && ms < 3500,
  },
  {
    id: 'B11',
    plugged: true,
    scenario: '3 calls, tokens of 299 s',
    options: { lifetimeSeconds: 300 },
    async play(world) {
      await world.open('secret');
      const outcomes = await world.get({ count: 3 });
      return { outcomes, posts: world.posts() };
    },
    show: ({ posts }) => `${posts} P`,
    wanted: '1 P',
    holds: ({ outcomes, posts }) => noneFailed(outcomes) && posts === 1,
  },
  {
    id: 'B13',
    scenario: 'assertion callback, 3 calls of which 2 are cache hits',
    async play(world) {
      await world.open('assertion');
      const outcomes = await world.get({ count: 3 });
      const { asked } = await world.tell('tally');
      return { outcomes, asked, posts: world.posts() };
    },
    show: ({ asked, posts }) => `asked: ${asked}, ${posts} P`,
    wanted: 'asked: 1',
    holds: ({ outcomes, asked, posts }) => noneFailed(outcomes) && asked === 1 && posts === 1,
  },
  {
    id: 'B18',
    plugged: true,
    scenario: 'cache hit',
    async play(world, { name }) {
      await world.open('secret');
      const count = name === 'msal-node' || name === 'azure-identity' ? 1000 : 200_000;
      return world.tell('rate', { batches: 9, count });
    },
    show: ({ nanoseconds }) => `${Math.round(nanoseconds)} ns`,
    wanted: 'at most 1,000 ns; at least 136 times cheaper than both',
    holds: ({ nanoseconds }, others) =>
      nanoseconds <= 1000 && others.every((other) => other.nanoseconds >= 136 * nanoseconds),
  },
];
