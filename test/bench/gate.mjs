// What the gate costs: server CPU per authenticated unary call, against grpc-js over TLS with no authentication and
// against what people build today (nice-grpc with a jose middleware).
//
// Two processes that run the same code differ by a fifth, so every round starts fresh servers, interleaved.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { startEntraEmulator } from 'grpc-entra/emulator';
import { OrdersServiceClient } from '#examples/orders/gen/orders/v1/orders.ts';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { atMost, median, spreadOf } from './statistics.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 10);
const WARM_UP = 2000;
const CALLS = 6000;
const CONCURRENCY = 32;
const API = 'api://orders';

const contestants = [
  { name: 'bare', server: 'bare' },
  { name: 'secured', server: 'secured', token: 'good' },
  { name: 'refused', server: 'secured', token: 'bad' },
  { name: 'usual', server: 'usual', token: 'good' },
];

function ask(child, message) {
  child.send(message);
  return once(child, 'message').then(([reply]) => reply);
}

function fetchJson(url, ca) {
  return new Promise((resolve, reject) => {
    request(url, { ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
}

/** Makes calls, some at a time, on one connection. */
async function load(client, metadata, count, expected) {
  let left = count;
  const next = () =>
    new Promise((resolve, reject) => {
      client.getOrder({ orderId: '42' }, metadata, (error) => {
        const code = error === null ? 0 : error.code;
        if (code === expected) resolve();
        else reject(new Error(`status ${code} instead of ${expected}`));
      });
    });
  const work = async () => {
    while (left > 0) {
      left--;
      await next();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

/** Server CPU per call of a fresh process, microseconds. */
async function sample(contestant, world) {
  const child = fork(new URL('./programs/contestant.mjs', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const { port } = await ask(child, {
      kind: 'start',
      name: contestant.server,
      settings: world.settings,
    });
    const tls = credentials.createSsl(world.ca);
    const client = new OrdersServiceClient(`localhost:${port}`, tls);
    const metadata = new Metadata();
    if (contestant.token !== undefined) {
      metadata.set('authorization', `Bearer ${world.tokens[contestant.token]}`);
    }
    const expected = contestant.token === 'bad' ? 16 : 0;
    await load(client, metadata, WARM_UP, expected);
    const before = await ask(child, { kind: 'cpu' });
    await load(client, metadata, CALLS, expected);
    const after = await ask(child, { kind: 'cpu' });
    client.close();
    return (after.cpuMicros - before.cpuMicros) / CALLS;
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

async function prepare(directory) {
  const [files, emulator] = await Promise.all([
    createDevelopmentCertificates({ directory }),
    startEntraEmulator({
      apis: [{ name: 'orders', identifierUris: [API], appRoles: ['Orders.Read'] }],
      apps: [{ name: 'desk', appRoles: { [API]: ['Orders.Read'] } }],
    }),
  ]);
  const caFile = join(directory, 'emulator.pem');
  writeFileSync(caFile, emulator.ca);
  const authority = `${emulator.origin}/${emulator.tenantId}`;
  const mint = { kind: 'app', api: 'orders', app: 'desk', roles: ['Orders.Read'] };
  return {
    emulator,
    ca: readFileSync(files.caFile),
    tokens: {
      good: await emulator.issueToken(mint),
      bad: await emulator.issueToken({ ...mint, signingKey: 'forged' }),
    },
    settings: {
      certFile: files.serverCertFile,
      keyFile: files.serverKeyFile,
      entra: {
        tenantId: emulator.tenantId,
        clientId: emulator.api('orders').clientId,
        authority: { emulator: emulator.origin, caFile },
      },
      keysUrl: await fetchJson(`${authority}/discovery/v2.0/keys`, emulator.ca),
      issuer: `${authority}/v2.0`,
    },
  };
}

/** @returns {Promise<import('./run.mjs').Row[]>} */
export async function measure() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const world = await prepare(directory);
  const samples = new Map(contestants.map(({ name }) => [name, []]));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const contestant of contestants) {
        samples.get(contestant.name).push(await sample(contestant, world));
      }
    }
  } finally {
    await world.emulator.close();
    rmSync(directory, { recursive: true, force: true });
  }
  const ratio = (name, a, b, limit) => [
    atMost(`${name}: ratio of medians`, median(samples.get(a)) / median(samples.get(b)), limit),
    atMost(
      `${name}: ratio of minima`,
      Math.min(...samples.get(a)) / Math.min(...samples.get(b)),
      null,
    ),
  ];
  return [
    ...contestants.map(({ name }) =>
      atMost(
        `server CPU per call, ${name}, microseconds`,
        median(samples.get(name)),
        null,
        spreadOf(samples.get(name), 'us'),
      ),
    ),
    ...ratio('authenticated call against bare grpc-js over TLS', 'secured', 'bare', 1.08),
    ...ratio('authenticated call against nice-grpc with jose', 'secured', 'usual', 0.5),
    ...ratio('refused call against accepted one', 'refused', 'secured', 1.2),
  ];
}
