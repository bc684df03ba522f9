// One validator of the comparison, in a process of its own, measured in turns with a raw signature check.
import { Buffer } from 'node:buffer';
import { createPublicKey, hash, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { allChecks } from '#src/token/checks.ts';
import { resolveOptions } from '#src/token/options.ts';
import { assembleTokenValidator } from '#src/token/validator.ts';
import { median } from '../statistics.mjs';

const peers = createRequire(new URL('../../peers/package.json', import.meta.url));
const { contestant, worldFile } = JSON.parse(process.argv[2]);
const world = JSON.parse(readFileSync(worldFile, 'utf8'));
const { tokens, jwk, issuer, clientId, tenantId } = world;
const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
const BLOCK = 128;
const BLOCKS = 60;
/** Twice the whole list of tokens. */
const WARM_UP = 32;

/** Our validator, with documents from memory: the network is not what is measured. */
async function ours(cache, checks = allChecks) {
  const documents = {
    '/keys': { keys: [{ ...jwk, issuer }] },
    '/v2.0/.well-known/openid-configuration': {
      issuer,
      jwks_uri: `https://login.microsoftonline.com/${tenantId}/keys`,
    },
  };
  const settings = resolveOptions({ tenantId, clientId, cache });
  const { clock, logger } = settings;
  const fetch = async ({ pathname }) =>
    Buffer.from(JSON.stringify(documents[pathname.slice(tenantId.length + 1)]));
  const timers = { after: () => () => {} };
  const validator = assembleTokenValidator(settings, {
    keys: { fetch, clock, logger, timers, random: Math.random },
    checks,
    close: () => {},
  });
  await validator.ready();
  return validator;
}

const pem = publicKey.export({ format: 'pem', type: 'spki' });
const checks = { algorithms: ['RS256'], issuer, audience: clientId };

function fastJwt(options) {
  const { createVerifier } = peers('fast-jwt');
  const { algorithms } = checks;
  const fixed = { key: pem, algorithms, allowedIss: issuer, allowedAud: clientId };
  return createVerifier({ ...fixed, ...options });
}

/** Each makes what verifies a token. */
const contestants = {
  'ours, first sight': async () => {
    // Fewer entries than tokens: each token is forgotten before it comes again.
    const validator = await ours({ maxEntries: tokens.length / 4 });
    const visit = () => tokens.map((token) => validator.check(token));
    const before = visit();
    // A caller is made anew at first sight and shared afterwards.
    if (visit().some((caller, i) => caller === before[i]))
      throw new Error('a token was remembered');
    return (token) => validator.check(token);
  },
  'ours, warm': async () => {
    const validator = await ours({});
    return (token) => validator.check(token);
  },
  'the least': async () => {
    // What none with a cache can leave out: the cache's key, the claims and the signature; no rule, no caller, no cache.
    return (token) => {
      const dot = token.lastIndexOf('.');
      const claims = Buffer.from(token.slice(token.indexOf('.') + 1, dot), 'base64url');
      const input = Buffer.from(token.slice(0, dot), 'latin1');
      const signature = Buffer.from(token.slice(dot + 1), 'base64url');
      if (!verify('sha256', input, publicKey, signature)) throw new Error('not verified');
      return { id: hash('sha256', token, 'base64url'), claims: JSON.parse(claims.toString()) };
    };
  },
  jose: async () => {
    const keys = createLocalJWKSet({ keys: [jwk] });
    return (token) => jwtVerify(token, keys, checks);
  },
  'aws-jwt-verify': async () => {
    const { JwtVerifier } = peers('aws-jwt-verify');
    const verifier = JwtVerifier.create({ issuer, audience: clientId, jwksUri: 'https://x/keys' });
    verifier.cacheJwks({ keys: [{ ...jwk, alg: 'RS256' }] });
    return (token) => verifier.verifySync(token);
  },
  'fast-jwt': async () => fastJwt({}),
  'fast-jwt, cached': async () => fastJwt({ cache: tokens.length }),
  jsonwebtoken: async () => {
    const jsonwebtoken = peers('jsonwebtoken');
    return (token) => jsonwebtoken.verify(token, publicKey, checks);
  },
};

/** Tokens as calls bring them: strings that nobody has hashed yet. */
const arriving = tokens.map((token) => Buffer.from(token, 'latin1'));
const signed = tokens.map((token) => {
  const dot = token.lastIndexOf('.');
  return [Buffer.from(token.slice(0, dot)), Buffer.from(token.slice(dot + 1), 'base64url')];
});

async function microsPer(count, work) {
  const before = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - before) / 1000 / count;
}

// Each has its own place on the list, or neither would see all of it.
let rawAt = 0;
let ownAt = 0;

function rawBlock() {
  for (let i = 0; i < BLOCK; i++) {
    const [input, signature] = signed[rawAt++ % signed.length];
    if (!verify('sha256', input, publicKey, signature)) throw new Error('not verified');
  }
}

async function blockOf(check) {
  for (let i = 0; i < BLOCK; i++) {
    const verdict = check(arriving[ownAt++ % arriving.length].latin1Slice());
    if (verdict instanceof Promise) await verdict;
  }
}

async function compare(check) {
  const samples = { raw: [], own: [] };
  for (let i = -WARM_UP; i < BLOCKS; i++) {
    const raw = await microsPer(BLOCK, rawBlock);
    const own = await microsPer(BLOCK, () => blockOf(check));
    if (i < 0) continue;
    samples.raw.push(raw);
    samples.own.push(own);
  }
  return { raw: median(samples.raw), own: median(samples.own) };
}

function checkAtOnce(validator, token) {
  const caller = validator.check(token);
  if (caller instanceof Promise) throw new Error('a token made the validator wait');
  return caller;
}

/** What good callers notice of a flood of tokens by keys that nobody published. */
async function flood() {
  const validator = await ours({});
  const [, payload, signature] = tokens[0].split('.');
  let forged = 0;
  const floodBlock = () => {
    for (let i = 0; i < BLOCK; i++) {
      const header = JSON.stringify({ typ: 'JWT', alg: 'RS256', kid: `forged-${forged++}` });
      try {
        checkAtOnce(
          validator,
          `${Buffer.from(header).toString('base64url')}.${payload}.${signature}`,
        );
      } catch (error) {
        if (error.reason === 'key_id_unknown') continue;
        throw error;
      }
      throw new Error('a forged token was accepted');
    }
  };
  const good = (token) => validator.check(token);
  const samples = { calm: [], flooded: [] };
  for (let i = -WARM_UP; i < BLOCKS; i++) {
    const calm = await microsPer(BLOCK, () => blockOf(good));
    floodBlock();
    const flooded = await microsPer(BLOCK, () => blockOf(good));
    if (i < 0) continue;
    samples.calm.push(calm);
    samples.flooded.push(flooded);
  }
  return { raw: median(samples.calm), own: median(samples.flooded) };
}

/** Heap and resident memory after each hundred thousand distinct tokens, MiB. */
async function memory() {
  // Signatures are not checked here: a million of them take a quarter of an hour to make, and none stays in memory.
  const signature = allChecks.signature.filter(({ rule }) => rule !== 'K3');
  const validator = await ours({}, { ...allChecks, signature });
  const [header, payload, signed_] = tokens[0].split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  const series = [];
  for (let i = 1; i <= 1_000_000; i++) {
    const oid = `${String(i).padStart(8, '0')}-0000-4000-8000-000000000001`;
    const own = JSON.stringify({ ...claims, oid, sub: oid, uti: `token ${i}` });
    checkAtOnce(validator, `${header}.${Buffer.from(own).toString('base64url')}.${signed_}`);
    if (i % 100_000 > 0) continue;
    globalThis.gc();
    const { heapUsed, rss } = process.memoryUsage();
    const { rememberedTokens } = validator.state();
    series.push({ tokens: i, heap: heapUsed / 2 ** 20, resident: rss / 2 ** 20, rememberedTokens });
  }
  return series;
}

const special = { flood, memory };
const result = await (special[contestant]?.() ?? compare(await contestants[contestant]()));
process.stdout.write(JSON.stringify(result));
