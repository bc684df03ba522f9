// What the gate costs: server CPU per authenticated unary call, against grpc-js over TLS with no authentication and
// against what people build today (nice-grpc with a jose middleware).

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEntraEmulator } from 'grpc-entra/emulator';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { compete, repeat, withServer } from './contest.mjs';
import { atMost, median, spreadOf } from './statistics.mjs';

const run = promisify(execFile);

const PROGRAM = new URL('./programs/gated.mjs', import.meta.url);
const CALLS = 15_000;
const MANY_TOKENS = 10_000;
/** Until garbage collection has found its pace, after its first full run; every token is known by then, too. */
const WARM_UP = 60_000;
const CONCURRENCY = 32;
const API = 'api://orders';

const contestants = [
  { name: 'bare', server: 'bare' },
  { name: 'secured', server: 'secured', token: 'good' },
  { name: '10,000 tokens', server: 'secured', token: 'many' },
  { name: 'one token, from the same client', server: 'secured', token: 'again' },
  { name: 'bare, many sent', server: 'bare', token: 'many' },
  { name: 'refused', server: 'secured', token: 'bad', expected: 16 },
  { name: 'usual', server: 'usual', token: 'good' },
  { name: 'NestJS', server: 'nest', token: 'good' },
  { name: 'bare, token sent', server: 'bare', token: 'good' },
  { name: 'node:http2', server: 'floor' },
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

const PATH = '/orders.v1.OrdersService/GetOrder';
/** GetOrderRequest { order_id: "42" } as gRPC frames it. */
const REQUEST = Buffer.from('00000000040a023432', 'hex');
const GRPC_HEADERS = { 'content-type': 'application/grpc', te: 'trailers' };

/** Makes calls with nghttp2's load generator, some at a time, on one connection. */
async function load(port, token, count, bodyFile) {
  const { authorization } = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { ...GRPC_HEADERS, ...(authorization === undefined ? {} : { authorization }) };
  const { stdout } = await run('h2load', [
    ...['-n', String(count), '-c', '1', '-m', String(CONCURRENCY), '-d', bodyFile],
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    `https://localhost:${port}${PATH}`,
  ]);
  if (!stdout.includes(` ${count} succeeded, 0 failed, 0 errored, 0 timeout`)) {
    throw new Error(`h2load: ${stdout}`);
  }
}

/** Makes calls with tokens in turn, which h2load cannot. Its calls cost a server more: they come one by one. */
async function loadInTurn(session, tokens, count) {
  let next = 0;
  await repeat(count, CONCURRENCY, () => statusOf(session, tokens[next++ % tokens.length]));
}

/** Makes one call by hand. */
function statusOf(session, token) {
  return new Promise((resolve, reject) => {
    const call = session.request({
      ':method': 'POST',
      ':path': PATH,
      ...GRPC_HEADERS,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    });
    let status;
    const look = (headers) => {
      status = headers['grpc-status'] ?? status;
    };
    call.on('response', look).on('trailers', look).on('error', reject).resume();
    call.on('end', () => resolve(Number(status)));
    call.end(REQUEST);
  });
}

async function connected(port, ca) {
  const session = connect(`https://localhost:${port}`, { ca });
  await once(session, 'connect');
  return session;
}

/** Server CPU per call of a fresh process, microseconds. */
function sample({ server, token, expected = 0 }, world) {
  const start = { name: server, settings: world.settings };
  return withServer(PROGRAM, start, async (port, cpuMicros) => {
    const tokens = world.tokens[token];
    // One call first, looked at: the load generator looks at no gRPC status.
    const session = await connected(port, world.ca);
    const status = await statusOf(session, tokens?.[0]);
    if (status !== expected) throw new Error(`${server}: status ${status}, not ${expected}`);
    const many = tokens !== undefined && tokens.length > 1;
    const calls = (count) =>
      many ? loadInTurn(session, tokens, count) : load(port, tokens?.[0], count, world.bodyFile);
    await calls(many ? tokens.length : WARM_UP);
    const before = await cpuMicros();
    await calls(CALLS);
    const after = await cpuMicros();
    session.destroy();
    return (after - before) / CALLS;
  });
}

/** A token of a caller of its own: the cache bounds how many of one caller it keeps. */
function issueToAnother(emulator, mint) {
  const oid = randomUUID();
  return emulator.issueToken({ ...mint, claims: { oid, sub: oid } });
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
  const bodyFile = join(directory, 'request');
  writeFileSync(bodyFile, REQUEST);
  const mint = { kind: 'app', api: 'orders', app: 'desk', roles: ['Orders.Read'] };
  const good = await emulator.issueToken(mint);
  return {
    emulator,
    ca: readFileSync(files.caFile),
    bodyFile,
    tokens: {
      good: [good],
      again: Array.from({ length: MANY_TOKENS }, () => good),
      bad: [await emulator.issueToken({ ...mint, signingKey: 'forged' })],
      many: await Promise.all(
        Array.from({ length: MANY_TOKENS }, () => issueToAnother(emulator, mint)),
      ),
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
    ...ratio(
      '10,000 tokens in turn against one, from the same client',
      '10,000 tokens',
      'one token, from the same client',
      null,
    ),
    ...ratio(
      '10,000 tokens against bare grpc-js that ignores them',
      '10,000 tokens',
      'bare, many sent',
      null,
    ),
    ...ratio('bare grpc-js against node:http2', 'bare', 'node:http2', null),
    ...ratio('authenticated call against nice-grpc with jose', 'secured', 'usual', 0.5),
    ...ratio('authenticated call against NestJS with a guard', 'secured', 'NestJS', null),
    ...ratio(
      'authenticated call against bare grpc-js that ignores the token',
      'secured',
      'bare, token sent',
      null,
    ),
    ...ratio('refused call against accepted one', 'refused', 'secured', 1.2),
  ];
}
