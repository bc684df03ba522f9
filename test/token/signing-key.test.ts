import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { admitKey, type KeyFault, type SigningKey } from '#src/token/signing-key.ts';
import { base64url, testKey } from '../support/tokens.ts';

const good = testKey('published').jwk;

function admitted(changes: Readonly<Record<string, unknown>>): SigningKey {
  const admission = admitKey({ ...good, ...changes });
  if ('fault' in admission) assert.fail(admission.fault);
  return admission.key;
}

function faultOf(value: unknown): KeyFault | undefined {
  const admission = admitKey(value);
  return 'fault' in admission ? admission.fault : undefined;
}

/** A modulus of some length whose first and last byte are given. */
function modulus(bytes: number, first = 0xc5, last = 0x4f): string {
  const n = Buffer.alloc(bytes, 0x5a);
  n[0] = first;
  n[bytes - 1] = last;
  return base64url(n);
}

describe('published keys', () => {
  it('K2 admits keys as Entra publishes them, and says for whom they may sign', () => {
    const key = admitted({
      x5c: ['x'],
      issuer: 'https://issuer/{tenantid}',
      cloud_instance_name: 'c',
    });
    assert.equal(key.kid, good['kid']);
    assert.equal(key.issuer, 'https://issuer/{tenantid}');
    assert.equal(key.cloud, 'c');
    assert.equal(key.signatureBytes, 256);
    assert.equal(key.key.type, 'public');
  });

  it('K2 admits a use, operations and an algorithm that fit, and none', () => {
    for (const changes of [
      { use: undefined },
      { use: 'sig' },
      { key_ops: ['verify'] },
      { key_ops: ['sign', 'verify'] },
      { alg: 'RS256' },
      { kid: '~'.repeat(128) },
      { n: modulus(256) },
      { n: modulus(256, 0x80) },
      { n: modulus(512) },
    ]) {
      admitted(changes);
    }
  });

  const faults: readonly (readonly [Readonly<Record<string, unknown>>, KeyFault])[] = [
    [{ kty: 'oct' }, 'not_rsa'],
    [{ kty: 'EC' }, 'not_rsa'],
    [{ kty: undefined }, 'not_rsa'],
    [{ use: 'enc' }, 'use_not_sig'],
    [{ use: null }, 'use_not_sig'],
    [{ key_ops: ['sign'] }, 'operations_without_verify'],
    [{ key_ops: [] }, 'operations_without_verify'],
    [{ key_ops: 'verify' }, 'operations_without_verify'],
    [{ alg: 'PS256' }, 'other_algorithm'],
    [{ alg: 'HS256' }, 'other_algorithm'],
    [{ alg: null }, 'other_algorithm'],
    [{ kid: undefined }, 'kid_malformed'],
    [{ kid: '' }, 'kid_malformed'],
    [{ kid: 7 }, 'kid_malformed'],
    [{ kid: 'a b' }, 'kid_malformed'],
    [{ kid: 'a\n' }, 'kid_malformed'],
    [{ kid: '~'.repeat(129) }, 'kid_malformed'],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map(
      (name) => [{ [name]: 'AQ' }, 'private_members'] as const,
    ),
    [{ e: 'AQ' }, 'exponent'],
    [{ e: 'Aw' }, 'exponent'],
    [{ e: 'AAEAAQ' }, 'exponent'],
    [{ e: undefined }, 'exponent'],
    [{ n: undefined }, 'modulus'],
    [{ n: [modulus(256)] }, 'modulus'],
    [{ n: modulus(255) }, 'modulus'],
    [{ n: modulus(128) }, 'modulus'],
    [{ n: modulus(513) }, 'modulus'],
    [{ n: modulus(2048) }, 'modulus'],
    [{ n: modulus(256, 0x7f) }, 'modulus'],
    [{ n: modulus(257, 0) }, 'modulus'],
    [{ n: modulus(256, 0xc5, 0x4e) }, 'modulus'],
    [{ n: `${modulus(256)}==` }, 'modulus'],
    [{ n: '' }, 'modulus'],
    [{ issuer: null }, 'issuer_malformed'],
    [{ issuer: ['https://issuer'] }, 'issuer_malformed'],
    [{ cloud_instance_name: 1 }, 'cloud_malformed'],
  ];
  for (const [changes, fault] of faults) {
    it(`K2 leaves out a key with ${JSON.stringify(changes).slice(0, 60)}: ${fault}`, () => {
      assert.equal(faultOf({ ...good, ...changes }), fault);
    });
  }

  it('K2 leaves out what is no object', () => {
    for (const value of [undefined, null, 'x', 7, [good]]) {
      assert.equal(faultOf(value), 'not_an_object');
    }
  });

  it('tells keys apart by everything that decides', () => {
    const { fingerprint } = admitted({});
    assert.equal(admitted({ x5t: 'other' }).fingerprint, fingerprint);
    for (const changes of [
      { kid: 'x' },
      { n: modulus(256) },
      { issuer: 'x' },
      { cloud_instance_name: 'x' },
    ]) {
      assert.notEqual(admitted(changes).fingerprint, fingerprint);
    }
  });
});

describe('a modulus with the mark of ROCA', () => {
  const PRIMES = Array.from({ length: 166 }, (_, i) => BigInt(i + 2)).filter(
    (n, _i, all) => n > 2n && !all.some((d) => d < n && n % d === 0n),
  );
  const product = PRIMES.reduce((a, b) => a * b);
  /** As the library of the defect made them, a power of 65537 modulo the primes up to 167; `off` from it by so much. */
  const marked = (off: bigint): string => {
    const above = 2n ** 2048n - product * 4n;
    let n = above - (above % product) + 65_537n ** 5n;
    if (n % 2n === 0n) n += product;
    return base64url(Buffer.from((n + off).toString(16), 'hex'));
  };

  it('K2 is left out, and its neighbour is not', () => {
    assert.equal(faultOf({ ...good, n: marked(0n) }), 'modulus_factorable');
    assert.equal(faultOf({ ...good, n: marked(2n) }), undefined);
  });
});
