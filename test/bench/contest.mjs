// Servers that are measured against each other.
//
// Two processes that run the same code differ by a fifth, so every sample is a fresh process, and contestants take
// turns.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Rounds of a comparison; fewer to try something out. */
export const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 10);

function ask(child, message) {
  child.send(message);
  return once(child, 'message').then(([reply]) => reply);
}

/**
 * Runs a server in a process of its own while something is done to it.
 *
 * @param {URL} program Answers `{ kind: 'start', ... }` with `{ port }` and `{ kind: 'cpu' }` with `{ cpuMicros }`.
 * @param {object} start What it is started with.
 * @param {(port: number, cpuMicros: () => Promise<number>) => Promise<T>} work
 * @returns {Promise<T>}
 * @template T
 */
export async function withServer(program, start, work) {
  const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    const { port } = await ask(child, { kind: 'start', ...start });
    return await work(port, async () => (await ask(child, { kind: 'cpu' })).cpuMicros);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/**
 * Samples each contestant once a round.
 *
 * @param {readonly { name: string }[]} contestants
 * @param {(contestant: any) => Promise<number>} sample
 * @returns {Promise<Map<string, number[]>>} Samples by name.
 */
export async function compete(contestants, sample) {
  const samples = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) {
      samples.get(contestant.name).push(await sample(contestant));
    }
  }
  return samples;
}

/** Does something many times, some at a time. */
export async function repeat(count, concurrency, once_) {
  let left = count;
  const work = async () => {
    while (left > 0) {
      left--;
      await once_();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** What a contestant's program does with messages: starts by name, and tells its CPU time. */
export function contestant(contestants) {
  const start = async ({ name, settings }) => {
    process.send({ port: await contestants[name](settings) });
  };
  process.on('message', (message) => {
    if (message.kind === 'start') {
      void start(message);
      return;
    }
    const { user, system } = process.cpuUsage();
    process.send({ cpuMicros: user + system });
  });
  process.on('disconnect', () => process.exit());
}
