// Where a row is played: an emulator, and one contestant in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startEntraEmulator } from '../../../dist/emulator/index.js';
import { createSelfSignedCertificate } from '../../../dist/tls/self-signed.js';

const PEERS = new URL('../', import.meta.url);
const PROGRAM = new URL('./contestant.mjs', import.meta.url);
const API = 'api://orders';
const SECRET = "s3cret+/=&~% '";
/** No step of a row takes longer than this. */
const STEP_MS = 60_000;

const NODE_24 = new URL('node_modules/node-24/bin/node', PEERS).pathname;

/** Who takes part, and on which Node: @azure/identity declares 22 or later. */
export const CONTESTANTS = [
  { name: 'msal-node', program: process.execPath },
  { name: 'azure-identity', program: NODE_24 },
  { name: 'azure-identity-plugged', program: NODE_24 },
  { name: 'grpc-entra', program: process.execPath },
];

const rsaCertificate = () =>
  createSelfSignedCertificate({ commonName: 'desk', hosts: [], key: 'rsa-2048', days: 60 });

async function federatedIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const issuer = 'https://cluster.example';
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  return {
    credential: {
      issuer,
      subject: 'desk',
      keys: {
        from: 'document',
        jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] },
      },
    },
    assertion: await new SignJWT({ exp, iss: issuer, sub: 'desk' })
      .setAudience('api://AzureADTokenExchange')
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(privateKey),
  };
}

/** Keys that all rows share, because making them takes longer than most rows. */
export async function makeMaterial() {
  const [first, second, federated] = await Promise.all([
    rsaCertificate(),
    rsaCertificate(),
    federatedIssuer(),
  ]);
  return { first, second, federated };
}

/** Runs the contestant's program, which answers one command at a time. */
async function startContestant({ name, program }, caFile, home) {
  const child = fork(PROGRAM, [name], {
    execPath: program,
    execArgv: ['--import', new URL('loopback-only.mjs', PEERS).href],
    cwd: PEERS.pathname,
    env: { PATH: process.env.PATH, HOME: home, NODE_EXTRA_CA_CERTS: caFile },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with code ${code}`);
  });
  exited.catch(() => undefined);
  const reply = async () => {
    const signal = AbortSignal.timeout(STEP_MS);
    const [message] = await Promise.race([once(child, 'message', { signal }), exited]);
    if (message.failure !== undefined) throw new Error(`${name}: ${message.failure}`);
    return message.result;
  };
  await reply();
  return {
    tell: (command, input) => {
      child.send({ id: 1, command, input });
      return reply();
    },
    end: async () => {
      child.kill('SIGKILL');
      await exited.catch(() => undefined);
    },
  };
}

/**
 * Opens an emulator with one contestant.
 *
 * @param lifetimeSeconds Of the tokens that the emulator issues.
 */
export async function openWorld(contestant, material, { lifetimeSeconds = 3600 } = {}) {
  const { first, second, federated } = material;
  const folder = mkdtempSync(join(tmpdir(), 'battery-'));
  let ahead = 0;
  const emulator = await startEntraEmulator({
    clock: { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead },
    tokenLifetimeSeconds: lifetimeSeconds,
    apis: [{ name: 'orders', identifierUris: [API], appRoles: ['Orders.Read'] }],
    apps: [
      { name: 'secret', secrets: [SECRET] },
      { name: 'certificate', certificates: [first.cert, second.cert] },
      { name: 'assertion', federatedCredentials: [federated.credential] },
    ],
  });
  const caFile = join(folder, 'emulator.pem');
  writeFileSync(caFile, emulator.ca);
  const certificateFile = join(folder, 'desk.pem');
  const present = ({ cert, key }) =>
    writeFileSync(certificateFile, `${cert}${key.reveal()}`, { mode: 0o600 });
  present(first);
  const { tell, end } = await startContestant(contestant, caFile, folder);
  // From behind the modulus, which is public.
  const keyLine = first.key.reveal().split('\n').at(12);
  const needles = {
    secret: { secret: SECRET },
    certificate: { 'private key': keyLine },
    assertion: { assertion: federated.assertion },
  };
  const of = (endpoint) => emulator.requests.all.filter((one) => one.endpoint === endpoint);
  return {
    emulator,
    rotate: () => present(second),
    open: (kind, more = {}) =>
      tell('open', {
        ...{ kind, caFile, certificateFile, secret: SECRET, assertion: federated.assertion },
        ...{ origin: emulator.origin, tenantId: emulator.tenantId, scope: `${API}/.default` },
        ...{ clientId: emulator.app(kind).clientId, needles: needles[kind], ...more },
      }),
    get: (input) => tell('get', input),
    tell,
    /** Moves the time ahead, on both sides. */
    forward(ms) {
      ahead += ms;
      return tell('forward', { ms });
    },
    /** Requests so far: for tokens, and for metadata. */
    posts: () => of('token').length,
    metadata: () => of('metadata').length,
    assertions: () => of('token').map(({ clientAssertion }) => clientAssertion),
    close: async () => {
      await end();
      await emulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
