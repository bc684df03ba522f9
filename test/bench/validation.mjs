// What it costs to verify a token, against one raw signature check in the same process and against other libraries, on
// the Node that runs this and on the Node 24 of the peers.
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compete } from './contest.mjs';
import { atMost, median, spreadOf } from './statistics.mjs';

const PROGRAM = fileURLToPath(new URL('./programs/validating.mjs', import.meta.url));
const NODE_24 = fileURLToPath(new URL('../peers/node_modules/node-24/bin/node', import.meta.url));
const TOKENS = 2048;
const NAMES = [
  'ours, first sight',
  'ours, warm',
  'the least',
  'jose',
  'aws-jwt-verify',
  'fast-jwt',
  'fast-jwt, cached',
  'jsonwebtoken',
];

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Tokens of as many callers, with what an application's token of Entra has in it. */
function prepare(file) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tenantId = '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11';
  const clientId = '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13';
  const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`;
  const { n, e } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha1').update(n).digest('base64url');
  const now = Math.floor(Date.now() / 1000);
  const header = base64url({ typ: 'JWT', alg: 'RS256', kid });
  const tokens = Array.from({ length: TOKENS }, (_, i) => {
    const oid = `${String(i).padStart(8, '0')}-7c0a-4b39-9d7c-3b4c4c1a2b12`;
    const claims = {
      aud: clientId,
      iss: issuer,
      iat: now - 60,
      nbf: now - 60,
      exp: now + 86_400,
      aio: 'k2RgYFgUc1XjwO5z6dfvvBcrvzc6n8dYfOVqzV9lM2x0a3cA',
      azp: '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14',
      azpacr: '1',
      idtyp: 'app',
      oid,
      rh: '1.AXEAHhwMjwp8OUudfDtMTBorEB4cDC8KfDlLnXw7TEwaKxNxAAA.',
      roles: ['Orders.Read', 'Orders.Write', 'Orders.Approve', 'Invoices.Read'],
      sub: oid,
      tid: tenantId,
      uti: createHash('md5').update(oid).digest('base64url'),
      ver: '2.0',
      xms_ftd: 'xkq6Sg0y2zvYx0g1nR7m5u3Jb1Vt8c4pW9sZ6hQdEoU',
      xms_tcdt: 1_600_000_000,
    };
    const input = `${header}.${base64url(claims)}`;
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
  });
  const jwk = { kty: 'RSA', use: 'sig', kid, n, e };
  writeFileSync(file, JSON.stringify({ tokens, jwk, issuer, clientId, tenantId }));
}

function run(node, contestant, worldFile) {
  const args = ['--expose-gc', PROGRAM, JSON.stringify({ contestant, worldFile })];
  return JSON.parse(execFileSync(node, args, { encoding: 'utf8', timeout: 300_000 }));
}

function costRows(label, samples) {
  const of = (name, read) => samples.get(name).map(read);
  const ratios = (name) => of(name, ({ own, raw }) => own / raw);
  const row = (name, text, limit) =>
    atMost(
      `${label}, ${text}: ratio`,
      median(ratios(name)),
      limit,
      spreadOf(ratios(name), 'times'),
    );
  const warm = of('ours, warm', ({ own }) => own);
  const jose = of('jose', ({ own }) => own);
  const raw = NAMES.flatMap((name) => of(name, (sample) => sample.raw));
  return [
    atMost(`${label}, raw signature check, microseconds`, median(raw), null, spreadOf(raw, 'us')),
    row('ours, first sight', 'first sight of a token against a raw check', 1.3),
    atMost(`${label}, ours warm, microseconds`, median(warm), 3, spreadOf(warm, 'us')),
    atMost(`${label}, ours warm against jose.jwtVerify: ratio`, median(warm) / median(jose), 0.1),
    ...NAMES.slice(2).map((name) => row(name, `${name} against a raw check`, null)),
    row('flood', 'a good caller during a flood of unknown keys against before', null),
  ];
}

function memoryRows(label, series) {
  const heaps = series.map(({ heap }) => heap);
  return [
    ...series.map(({ tokens, heap, resident, rememberedTokens }) =>
      atMost(
        `${label}, heap after ${tokens.toLocaleString('en')} distinct tokens, MiB`,
        heap,
        null,
        `${Math.round(resident)} MiB resident, ${rememberedTokens} tokens remembered`,
      ),
    ),
    atMost(`${label}, heap at a million against at 100,000: ratio`, heaps.at(-1) / heaps[0], 1.1),
  ];
}

/** @returns {Promise<import('./run.mjs').Row[]>} */
export async function measure() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const worldFile = join(directory, 'world.json');
  try {
    prepare(worldFile);
    const rows = [];
    for (const node of [process.execPath, NODE_24]) {
      const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
      const label = `Node ${version.slice(1).split('.')[0]}`;
      const contestants = [...NAMES, 'flood'].map((name) => ({ name }));
      const samples = await compete(contestants, async ({ name }) => run(node, name, worldFile));
      rows.push(...costRows(label, samples), ...memoryRows(label, run(node, 'memory', worldFile)));
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
