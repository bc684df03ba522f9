// Rows about certificates, errors, and what is printed.
import { noneFailed } from './outcomes.mjs';

const HOUR_MS = 3_600_000;
const NOTHING = { found: [] };

const named = (list) => (list.length === 0 ? 'nothing secret' : list.join(' and '));

export const secretRows = [
  {
    id: 'B12',
    scenario: 'the file with certificate and key is replaced',
    async play(world) {
      await world.open('certificate');
      const before = await world.get({});
      world.rotate();
      await world.forward(2 * HOUR_MS);
      const after = await world.get({});
      const used = world.assertions().map(({ header }) => header['x5t#S256']);
      return { outcomes: [...before, ...after], used };
    },
    show: ({ used }) =>
      used.length === 2 && used[0] !== used[1] ? 'the new one is used' : 'the old one is used',
    wanted: 'the new one is used',
    holds: ({ outcomes, used }) => noneFailed(outcomes) && used.length === 2 && used[0] !== used[1],
  },
  {
    id: 'B14',
    scenario: "the authority's certificate is not trusted",
    async play(world) {
      await world.emulator.presentForeignCertificate();
      await world.open('secret');
      const [outcome] = await world.get({ giveUpMs: 10_000 });
      return { outcome, posts: world.posts() };
    },
    show({ outcome: { message = '', text = '', name } }) {
      const code = /\b(?:UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|CERT)[A-Z_]+/;
      const inMessage = code.exec(message)?.[0];
      if (inMessage !== undefined) return `names ${inMessage}`;
      return code.test(text) ? `${name}, code in its depths` : `${name}, cause hidden`;
    },
    wanted: 'the message names the code of OpenSSL',
    holds: ({ outcome: { kind, message }, posts }) =>
      kind === 'error' && /\b(UNABLE_TO|DEPTH_ZERO)[A-Z_]+/.test(message) && posts === 0,
  },
  {
    id: 'B15',
    scenario: 'wrong secret',
    async play(world) {
      await world.open('secret', { secret: 'wrong' });
      const [outcome] = await world.get({});
      const { text = '' } = outcome;
      const kept = {
        status: /status\w*'?: *401\b/i.test(text),
        code: /\b7000215\b/.test(text),
        'trace id': /trace\W{0,3}id\W{0,4}[0-9a-f-]{36}/i.test(text),
      };
      return { outcome, kept };
    },
    show({ outcome: { name }, kept }) {
      const lost = Object.keys(kept).filter((fact) => !kept[fact]);
      return `${name}${lost.length === 0 ? ', all kept' : `, lost: ${lost.join(', ')}`}`;
    },
    wanted: 'status, code and trace id are kept',
    holds: ({ outcome, kept }) =>
      outcome.kind === 'error' && Object.values(kept).every((fact) => fact),
  },
  {
    id: 'B16',
    scenario: 'what console.log and JSON.stringify of the client print',
    async play(world) {
      const leaks = [];
      for (const kind of ['secret', 'certificate']) {
        await world.open(kind);
        await world.get({});
        leaks.push(await world.tell('leaks'));
      }
      const all = (how) => [...new Set(leaks.flatMap((one) => one[how]))];
      return { console: all('console'), json: all('json'), deep: all('deep') };
    },
    show: ({ console: shallow, json, deep }) =>
      `log: ${named(shallow)}; JSON: ${named(json)}; deep: ${named(deep)}`,
    wanted: 'nothing secret, however deep',
    holds: ({ console: shallow, json, deep }) => [...shallow, ...json, ...deep].length === 0,
  },
  {
    id: 'B17',
    scenario: 'errors and verbose logs',
    async play(world) {
      const { emulator } = world;
      await world.open('secret', { verbose: true });
      const outcomes = await world.get({});
      await world.forward(2 * HOUR_MS);
      emulator.inject({ kind: 'aadsts', code: 7000215 });
      outcomes.push(...(await world.get({})));
      await world.forward(2 * HOUR_MS);
      emulator.inject({ kind: 'reset', when: 'mid-body' }, { times: 'all' });
      outcomes.push(...(await world.get({})));
      return { outcomes, log: await world.tell('log') };
    },
    show({ outcomes, log }) {
      const inErrors = [...new Set(outcomes.flatMap(({ found } = NOTHING) => found ?? []))];
      return `errors: ${named(inErrors)}; log: ${named(log.found)}`;
    },
    wanted: 'nothing secret',
    holds: ({ outcomes, log }) =>
      outcomes.map(({ kind }) => kind).join() === 'token,error,error' &&
      outcomes.every(({ found = [] }) => found.length === 0) &&
      log.length > 0 &&
      log.found.length === 0,
  },
];
