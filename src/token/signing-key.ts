import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { ALGORITHM } from './header-checks.ts';
import { hasRocaMark } from './roca.ts';
import type { JsonObject } from './strict-json.ts';

/** A published key that may verify signatures. */
export interface SigningKey {
  readonly kid: string;
  /** RSA public key, imported once. */
  readonly key: KeyObject;
  /** Length of the modulus, and so of every signature, bytes. */
  readonly signatureBytes: number;
  /** SHA-256 over modulus, exponent, issuer and cloud: two keys with one `kid` are told apart by it. */
  readonly fingerprint: string;
  /** Issuer the key may sign for; `{tenantid}` in it stands for any tenant. */
  readonly issuer: string | undefined;
  /** Cloud the key belongs to. */
  readonly cloud: string | undefined;
}

/** Why a published key is not used. */
export type KeyFault =
  | 'not_an_object'
  | 'not_rsa'
  | 'use_not_sig'
  | 'operations_without_verify'
  | 'other_algorithm'
  | 'kid_malformed'
  | 'private_members'
  | 'exponent'
  | 'modulus'
  | 'modulus_factorable'
  | 'issuer_malformed'
  | 'cloud_malformed'
  | 'kid_repeated';

const KEY_ID = /^[\x21-\x7e]{1,128}$/;
const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** 65537. Other exponents are legal, but nobody needs them, and with 1 anybody can forge signatures. */
const EXPONENT = 'AQAB';
/** Below 2048 bits is weak; above 4096 one verification costs so much that it serves an attacker. */
const MODULUS_BYTES = { min: 256, max: 512 } as const;

const optionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';

interface KeyCheck {
  readonly fault: KeyFault;
  readonly violates: (jwk: JsonObject) => boolean;
}

function modulusUnusable(n: unknown): boolean {
  if (typeof n !== 'string') return true;
  const bytes = Buffer.from(n, 'base64url');
  return (
    bytes.toString('base64url') !== n ||
    bytes.length < MODULUS_BYTES.min ||
    bytes.length > MODULUS_BYTES.max ||
    // The top bit set: whole bytes of modulus, no leading zero, so a signature is exactly this long.
    bytes.readUInt8(0) < 0x80 ||
    // A product of two odd primes is odd.
    bytes.readUInt8(bytes.length - 1) % 2 === 0
  );
}

/** Rule K2 as data, in order. */
const keyChecks: readonly KeyCheck[] = [
  { fault: 'not_rsa', violates: ({ kty }) => kty !== 'RSA' },
  { fault: 'use_not_sig', violates: ({ use }) => use !== undefined && use !== 'sig' },
  {
    fault: 'operations_without_verify',
    violates: ({ key_ops }) =>
      key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify')),
  },
  { fault: 'other_algorithm', violates: ({ alg }) => alg !== undefined && alg !== ALGORITHM },
  {
    fault: 'kid_malformed',
    violates: ({ kid }) => typeof kid !== 'string' || !KEY_ID.test(kid),
  },
  { fault: 'private_members', violates: (jwk) => PRIVATE_MEMBERS.some((name) => name in jwk) },
  { fault: 'exponent', violates: ({ e }) => e !== EXPONENT },
  { fault: 'modulus', violates: ({ n }) => modulusUnusable(n) },
  {
    fault: 'modulus_factorable',
    violates: ({ n }) => hasRocaMark(Buffer.from(String(n), 'base64url')),
  },
  { fault: 'issuer_malformed', violates: ({ issuer }) => !optionalText(issuer) },
  {
    fault: 'cloud_malformed',
    violates: ({ cloud_instance_name: cloud }) => !optionalText(cloud),
  },
];

const textOrNothing = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Imports a key that passed every check. Only its public numbers are read. */
function importKey(jwk: JsonObject): SigningKey {
  const n = String(jwk['n']);
  const kid = String(jwk['kid']);
  const issuer = textOrNothing(jwk['issuer']);
  const cloud = textOrNothing(jwk['cloud_instance_name']);
  return Object.freeze({
    kid,
    key: createPublicKey({ key: { kty: 'RSA', n, e: EXPONENT }, format: 'jwk' }),
    signatureBytes: Buffer.byteLength(n, 'base64url'),
    fingerprint: createHash('sha256')
      .update(JSON.stringify([kid, n, issuer, cloud]))
      .digest('hex'),
    issuer,
    cloud,
  });
}

/** What became of one published key. */
export type Admission = { readonly key: SigningKey } | { readonly fault: KeyFault };

/**
 * Decides whether a published key is used (rule K2).
 *
 * @param value - One item of `keys` in a JWK set.
 */
export function admitKey(value: unknown): Admission {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'not_an_object' };
  }
  const jwk: JsonObject = { __proto__: null, ...value };
  const fault = keyChecks.find((check) => check.violates(jwk))?.fault;
  return fault === undefined ? { key: importKey(jwk) } : { fault };
}
