// What a token costs the client of a service: from the cache, attached to a call, and at the start of a program.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startEntraEmulator } from 'grpc-entra/emulator';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { CONTESTANTS, makeMaterial, openWorld } from '../peers/battery/world.mjs';
import { compete, withServer } from './contest.mjs';
import { atLeast, atMost, median, spreadOf } from './statistics.mjs';

const SERVER = new URL('./programs/gated.mjs', import.meta.url);
const CLIENT = new URL('./programs/calling.mjs', import.meta.url);
const LOAD = { warmUp: 2000, calls: 6000, concurrency: 32 };
const API = 'api://orders';

/** Nanoseconds of a cache hit, each time in a fresh process. */
async function cacheHits() {
  const material = await makeMaterial();
  const wanted = CONTESTANTS.filter(({ name }) => name === 'msal-node' || name === 'grpc-entra');
  return compete(wanted, async (contestant) => {
    const world = await openWorld(contestant, material);
    try {
      await world.open('secret');
      const count = contestant.name === 'grpc-entra' ? 200_000 : 1000;
      return (await world.tell('rate', { batches: 5, count })).nanoseconds;
    } finally {
      await world.close();
    }
  });
}

const ATTACH = `
const [{ tokenCallCredentials }, { resolveIdentity }] = await Promise.all(
  process.argv.slice(1).map((url) => import(url)),
);
const token = { token: 'x'.repeat(1500), expiresOnTimestamp: Date.now() + 3_600_000 };
const identity = { credential: { getToken: async () => token }, scope: 'api://orders/.default' };
const ignore = () => {};
const { source } = resolveIdentity(identity, {
  logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  metrics: { counter: ignore, histogram: ignore, gauge: ignore },
});
await source.get();
const perCall = tokenCallCredentials(source);
const samples = [];
for (let batch = 0; batch < 5; batch++) {
  const before = performance.now();
  for (let call = 0; call < 200_000; call++) await perCall.generateMetadata({});
  samples.push(((performance.now() - before) * 1e6) / 200_000);
}
process.stdout.write(String(samples.sort((a, b) => a - b)[2]));
`;

/** Nanoseconds until grpc-js has the metadata for a call, its own promise included. */
function attachments() {
  const modules = ['#src/client/call-credentials.ts', '#src/client/channel-identity.ts'].map(
    (name) => import.meta.resolve(name),
  );
  return compete([{ name: 'attach' }], async () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '--eval', ATTACH, ...modules])),
  );
}

/** Client CPU per call, microseconds. */
async function sample({ name }, settings) {
  const child = fork(CLIENT, { env: { ...process.env, NODE_EXTRA_CA_CERTS: settings.caFile } });
  const ended = once(child, 'exit');
  try {
    await once(child, 'message');
    child.send({ name, settings, ...LOAD });
    const [{ micros, failure }] = await once(child, 'message');
    if (failure !== undefined) throw new Error(`${name}: ${failure}`);
    return micros;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function calls() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const [files, emulator] = await Promise.all([
    createDevelopmentCertificates({ directory }),
    startEntraEmulator({
      apis: [{ name: 'orders', identifierUris: [API], appRoles: ['Orders.Read'] }],
      apps: [{ name: 'desk', appRoles: { [API]: ['Orders.Read'] } }],
    }),
  ]);
  try {
    const caFile = join(directory, 'emulator.pem');
    writeFileSync(caFile, emulator.ca);
    const { clientId, clientSecret } = emulator.app('desk');
    const { origin, tenantId } = emulator;
    const settings = {
      ca: readFileSync(files.caFile, 'utf8'),
      caFile,
      scope: `${API}/.default`,
      token: await emulator.issueToken({ kind: 'app', api: 'orders', app: 'desk' }),
      app: { origin, tenantId, clientId, secret: clientSecret.reveal() },
    };
    const own = { certFile: files.serverCertFile, keyFile: files.serverKeyFile };
    const contestants = ['by hand', 'channel', 'usual'].map((name) => ({ name }));
    return await withServer(SERVER, { name: 'bare', settings: own }, (port) =>
      compete(contestants, (one) => sample(one, { ...settings, target: `localhost:${port}` })),
    );
  } finally {
    await emulator.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const START = `
const before = performance.now();
await import(process.argv[1]);
process.stdout.write(String(performance.now() - before));
`;

/** Milliseconds of an import in a fresh process. All on the same Node: @azure/identity declares 22 or later. */
function coldStarts() {
  const { program } = CONTESTANTS.find(({ name }) => name === 'azure-identity');
  const peers = createRequire(`${process.cwd()}/test/peers/`);
  const contestants = [
    { name: 'grpc-entra/client', from: import.meta.resolve('grpc-entra/client') },
    ...['@azure/identity', '@azure/msal-node'].map((name) => ({
      name,
      from: esmOf(peers, name),
    })),
  ];
  return compete(contestants, async ({ from }) =>
    Number(execFileSync(program, ['--input-type=module', '--eval', START, from])),
  );
}

/** What `import` finds, which for these packages is another file than what `require` finds. */
function esmOf(peers, name) {
  const folder = peers.resolve.paths(name)[0];
  const { exports } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
  const { import: found } = exports['.'];
  return pathToFileURL(join(folder, name, found.default ?? found)).href;
}

/** @returns {Promise<import('./run.mjs').Row[]>} */
export async function measure() {
  const hits = await cacheHits();
  const attach = (await attachments()).get('attach');
  const cpu = await calls();
  const starts = await coldStarts();
  const figures = (samples, name, words, unit) =>
    atMost(words, median(samples.get(name)), null, spreadOf(samples.get(name), unit));
  const ratio = (samples, a, b) => median(samples.get(a)) / median(samples.get(b));
  const ours = hits.get('grpc-entra');
  const own = 'grpc-entra/client';
  return [
    atMost('cache hit, ours, nanoseconds', median(ours), 1000, spreadOf(ours, 'ns')),
    figures(hits, 'msal-node', 'cache hit, msal-node, nanoseconds', 'ns'),
    atLeast('cache hit, msal-node against ours: ratio', ratio(hits, 'msal-node', 'grpc-entra'), 50),
    atMost('attaching a held token, nanoseconds', median(attach), 1000, spreadOf(attach, 'ns')),
    ...[...cpu.keys()].map((name) =>
      figures(cpu, name, `client CPU per call, token ${name}, microseconds`, 'us'),
    ),
    atMost(
      'call with our token against a fixed one by hand: ratio',
      ratio(cpu, 'channel', 'by hand'),
      1.1,
    ),
    atMost('call with our token against msal-node: ratio', ratio(cpu, 'channel', 'usual'), 1),
    ...[...starts.keys()].map((name) => figures(starts, name, `import of ${name}, ms`, 'ms')),
    atMost(
      'import of ours against @azure/identity: ratio',
      ratio(starts, own, '@azure/identity'),
      1,
    ),
  ];
}
