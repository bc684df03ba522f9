// What the gate costs: server CPU per authenticated unary call, against grpc-js over TLS with no authentication and
// against what people build today (nice-grpc with a jose middleware).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { startEntraEmulator } from 'grpc-entra/emulator';
import { OrdersServiceClient } from '#examples/orders/gen/orders/v1/orders.ts';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { compete, repeat, withServer } from './contest.mjs';
import { atMost, median, spreadOf } from './statistics.mjs';

const PROGRAM = new URL('./programs/gated.mjs', import.meta.url);
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
function load(client, metadata, count, expected) {
  return repeat(
    count,
    CONCURRENCY,
    () =>
      new Promise((resolve, reject) => {
        client.getOrder({ orderId: '42' }, metadata, (error) => {
          const code = error === null ? 0 : error.code;
          if (code === expected) resolve();
          else reject(new Error(`status ${code} instead of ${expected}`));
        });
      }),
  );
}

/** Server CPU per call of a fresh process, microseconds. */
function sample({ server, token }, world) {
  const start = { name: server, settings: world.settings };
  return withServer(PROGRAM, start, async (port, cpuMicros) => {
    const client = new OrdersServiceClient(`localhost:${port}`, credentials.createSsl(world.ca));
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${world.tokens[token]}`);
    const expected = token === 'bad' ? 16 : 0;
    await load(client, metadata, WARM_UP, expected);
    const before = await cpuMicros();
    await load(client, metadata, CALLS, expected);
    const after = await cpuMicros();
    client.close();
    return (after - before) / CALLS;
  });
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
  let samples;
  try {
    samples = await compete(contestants, (contestant) => sample(contestant, world));
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
