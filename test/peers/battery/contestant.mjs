// One client in a process of its own. Does what it is told over IPC, and tells what came of it; never a secret or token.
//
//   node contestant.mjs NAME        the module beside this one that opens the client
import { inspect } from 'node:util';

// Time is the only thing that is not real here: it can be moved ahead, so that nobody waits for a token to age.
let ahead = 0;
const RealDate = Date;
const monotonic = performance.now.bind(performance);
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + ahead);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};
performance.now = () => monotonic() + ahead;

const { open } = await import(`./${process.argv[2]}.mjs`);

let client;
/** What nobody may read anywhere, by the name it is reported under. */
let needles = {};
let said = '';
let asked = 0;
let unhandled = 0;
process.on('unhandledRejection', () => {
  unhandled += 1;
});

/** Everything that can be found in an error, its causes and hidden members included. */
const textOf = (error) => inspect(error, { depth: null, showHidden: true });

function found(text) {
  return Object.keys(needles).filter((name) => text.includes(needles[name]));
}

async function attempt(giveUpMs) {
  const before = monotonic();
  let timer;
  const pending = new Promise((resolve) => {
    timer = setTimeout(() => resolve(undefined), giveUpMs);
  });
  let immediate = false;
  let outcome;
  try {
    const answer = client.get();
    immediate = !(answer instanceof Promise);
    const token = await Promise.race([answer, pending]);
    outcome = token === undefined ? { kind: 'pending' } : { kind: 'token' };
    if (token !== undefined) needles.token = client.tokenOf(token);
  } catch (error) {
    const text = textOf(error);
    const reason = { kind: 'error', name: error.name, code: error.code ?? error.errorCode };
    outcome = { ...reason, message: error.message, text, found: found(text) };
  } finally {
    clearTimeout(timer);
  }
  return { ...outcome, immediate, ms: monotonic() - before };
}

function safeJson(value) {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}

const commands = {
  async open(input) {
    needles = { ...input.needles };
    const assertion = () => {
      asked += 1;
      return Promise.resolve(input.assertion);
    };
    const say = (text) => {
      said += `${text}\n`;
    };
    client = open(input, { assertion, say });
    return {};
  },
  async get({ count = 1, concurrent = false, giveUpMs = 20_000 }) {
    if (concurrent) {
      return Promise.all(Array.from({ length: count }, () => attempt(giveUpMs)));
    }
    const outcomes = [];
    for (let call = 0; call < count; call++) outcomes.push(await attempt(giveUpMs));
    return outcomes;
  },
  async forward({ ms }) {
    ahead += ms;
    return {};
  },
  /** Who can read what, when somebody prints the client. */
  async leaks() {
    const shown = Object.values(client.seen);
    return {
      console: [...new Set(shown.flatMap((one) => found(inspect(one))))],
      json: [...new Set(shown.flatMap((one) => found(safeJson(one))))],
      deep: [...new Set(shown.flatMap((one) => found(textOf(one))))],
    };
  },
  async log() {
    return { length: said.length, found: found(said) };
  },
  async tally() {
    return { asked, unhandled };
  },
  /** Nanoseconds of a cache hit: the median of the batches. */
  async rate({ batches, count }) {
    await client.get();
    const samples = [];
    for (let batch = 0; batch < batches; batch++) {
      const before = monotonic();
      for (let call = 0; call < count; call++) {
        const answer = client.get();
        if (answer instanceof Promise) await answer;
      }
      samples.push(((monotonic() - before) * 1e6) / count);
    }
    samples.sort((a, b) => a - b);
    return { nanoseconds: samples[Math.floor(samples.length / 2)] };
  },
};

process.on('message', ({ id, command, input }) => {
  commands[command](input ?? {}).then(
    (result) => process.send({ id, result }),
    (error) => process.send({ id, failure: textOf(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ id: 0, result: {} });
