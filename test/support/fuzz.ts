import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TokenError } from '#src/core/errors.ts';
import { bearerToken } from '#src/token/bearer.ts';
import {
  KeyDocumentError,
  type KeyLocation,
  parseKeys,
  parseMetadata,
} from '#src/token/key-set.ts';
import { mutatedToken } from './mutated-tokens.ts';
import { type Random, seeded } from './random.ts';
import { type TokenWorld, tokenWorld } from './token-world.ts';
import { ISSUER, mint, TENANT, testKey } from './tokens.ts';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes in use once garbage is gone. */
export function heapUsed(): number {
  if (typeof collect !== 'function') throw new Error('this Node cannot collect garbage on demand');
  collect();
  return process.memoryUsage().heapUsed;
}

const PIECES: readonly string[] = [
  ...['Bearer ', 'bearer ', 'Bearer', 'BEARER  ', 'Basic ', 'MTLS_POP ', 'PoP ', 'DPoP '],
  ...['.', '..', '...', '.'.repeat(200), ',', ' ', '\t', '\n', '=', '"', '{', '}', '\0', '\u00ff'],
  ...['eyJ', 'e30', 'AAAA', '-', '_', '~', '%00', '\u{1f600}', 'A'.repeat(3000)],
];

function randomText(random: Random, good: readonly string[]): string {
  let text = random.chance(0.7) ? 'Bearer ' : '';
  for (let i = random.below(8); i >= 0; i--) {
    // Never from the start: a piece before it could make it whole again.
    text += random.chance(0.2)
      ? random.pick(good).slice(4 + random.below(40))
      : random.pick(PIECES);
  }
  return text;
}

/** Values of the `authorization` entry: bytes, several values, other types, and text of every kind. */
function randomValues(random: Random, good: readonly string[]): readonly unknown[] {
  switch (random.below(20)) {
    case 0:
      return [];
    case 1:
      return [randomText(random, good), randomText(random, good)];
    case 2:
      return [Buffer.from(randomText(random, good))];
    case 3:
      return [random.pick([null, 0, {}, [], true, Symbol('x')])];
    case 4:
      // A good token with one character changed, so that something gets as far as the signature.
      return [changeOne(`Bearer ${random.pick(good)}`, random)];
    default:
      return [randomText(random, good)];
  }
}

function changeOne(text: string, random: Random): string {
  // Not in the scheme, whose letter case is free.
  const at = 7 + random.below(text.length - 7);
  const other = text.charAt(at) === 'A' ? 'B' : 'A';
  return text.slice(0, at) + other + text.slice(at + 1);
}

function present({ validator }: TokenWorld, values: readonly unknown[]): boolean {
  try {
    const caller = validator.check(bearerToken(values, validator.maxTokenBytes));
    assert.ok(!(caller instanceof Promise), 'a value made the validator wait');
    return true;
  } catch (error) {
    assert.ok(error instanceof TokenError, `not a refusal: ${String(error)}`);
    return false;
  }
}

/**
 * Presents random `authorization` values.
 *
 * @returns How many were accepted: none should be.
 */
export async function fuzzAuthorization(values: number, seed: number): Promise<number> {
  const random = seeded(seed);
  const world = tokenWorld();
  await world.validator.ready();
  const good = Array.from({ length: 8 }, (_, i) => mint({ claims: { uti: `token ${i}` } }));
  for (let i = 0; i < 8; i++) good.push(mutatedToken(random).token);
  let accepted = 0;
  for (let i = 0; i < values; i++) if (present(world, randomValues(random, good))) accepted++;
  assert.equal(world.authority.requests.length, 2, 'a value caused a request');
  return accepted;
}

const LOCATION: KeyLocation = {
  metadataUrl: new URL('https://login.microsoftonline.com/x/v2.0/.well-known/openid-configuration'),
  version: '2.0',
  issuers: [ISSUER],
  shared: false,
  hosts: ['login.microsoftonline.com'],
  cloud: 'microsoftonline.com',
};
const METADATA = {
  issuer: ISSUER,
  jwks_uri: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
  cloud_instance_name: 'microsoftonline.com',
};
const ODD: readonly unknown[] = [
  null,
  0,
  '',
  'x',
  [],
  {},
  true,
  -1,
  1e99,
  [[]],
  'https://x/',
  'AQ',
];

/** A copy of a document with one value somewhere in it replaced. */
function replaceOne(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.1)) return random.pick(ODD);
  const entries = Object.entries(value);
  if (entries.length === 0) return random.pick(ODD);
  const [name] = random.pick(entries);
  const changed = entries.map(([key, item]) => [
    key,
    key === name ? replaceOne(item, random) : item,
  ]);
  return Array.isArray(value) ? changed.map(([, item]) => item) : Object.fromEntries(changed);
}

function randomDocument(document: unknown, random: Random): Buffer {
  const bytes = Buffer.from(
    JSON.stringify(random.chance(0.6) ? replaceOne(document, random) : document),
  );
  for (let i = random.below(4); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
  return random.chance(0.1) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

/** Runs a parser; what it refuses, it refuses with the one error it has for that. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    assert.ok(error instanceof KeyDocumentError, `not a refusal: ${String(error)}`);
    return undefined;
  }
}

/**
 * Parses random metadata and key documents, and checks what is taken from those that pass.
 *
 * @returns How many passed.
 */
export function fuzzDocuments(documents: number, seed: number): number {
  const random = seeded(seed);
  const keys = { keys: ['published', 'second'].map((name) => testKey(name).jwk) };
  let passed = 0;
  for (let i = 0; i < documents; i++) {
    if (random.chance(0.5)) {
      const metadata = parsed(() => parseMetadata(randomDocument(METADATA, random), LOCATION));
      if (metadata === undefined) continue;
      assert.equal(metadata.jwksUrl.origin, 'https://login.microsoftonline.com');
    } else {
      const set = parsed(() => parseKeys(randomDocument(keys, random), undefined));
      if (set === undefined) continue;
      for (const { key, signatureBytes } of set.keys.values()) {
        assert.equal(key.asymmetricKeyType, 'rsa');
        assert.equal(key.type, 'public');
        assert.equal(key.asymmetricKeyDetails?.publicExponent, 65_537n);
        assert.ok(signatureBytes >= 256 && signatureBytes <= 512);
      }
    }
    passed++;
  }
  return passed;
}
