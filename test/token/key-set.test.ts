import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import {
  KeyDocumentError,
  type KeyLocation,
  type Metadata,
  type ParsedKeys,
  parseKeys,
  parseMetadata,
} from '#src/token/key-set.ts';
import { ISSUER, TENANT, testKey } from '../support/tokens.ts';

const location: KeyLocation = {
  metadataUrl: new URL(
    `https://login.microsoftonline.com/${TENANT}/v2.0/.well-known/openid-configuration`,
  ),
  version: '2.0',
  issuers: [ISSUER],
  shared: false,
  hosts: ['login.microsoftonline.com', 'login.windows.net'],
  cloud: 'microsoftonline.com',
};
const JWKS = `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`;
const good = { issuer: ISSUER, jwks_uri: JWKS, cloud_instance_name: 'microsoftonline.com' };

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const metadata = (changes: object, at: KeyLocation = location): Metadata =>
  parseMetadata(bytes({ ...good, ...changes }), at);
const refusal = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof KeyDocumentError);
  assert.match(error.message, message);
  return true;
};

describe('metadata documents', () => {
  it('I8 are accepted when they say what this authority says, and ignore what they say beside it', () => {
    const parsed = metadata({ emulator: true, token_endpoint: 'http://x' });
    assert.equal(parsed.jwksUrl.href, JWKS);
    assert.equal(parsed.cloud, 'microsoftonline.com');
    assert.equal(metadata({ cloud_instance_name: undefined }).cloud, undefined);
    assert.equal(
      metadata({ cloud_instance_name: 'x' }, { ...location, cloud: undefined }).cloud,
      'x',
    );
    metadata({ jwks_uri: 'https://login.windows.net/common/discovery/keys' });
  });

  const refusals: readonly (readonly [string, object, RegExp])[] = [
    ['another issuer', { issuer: 'https://login.microsoftonline.us/x/v2.0' }, /another issuer/],
    [
      'the template on a tenant',
      { issuer: ISSUER.replace(TENANT, '{tenantid}') },
      /another issuer/,
    ],
    ['no issuer', { issuer: undefined }, /another issuer/],
    ['a list of issuers', { issuer: [ISSUER] }, /another issuer/],
    ['another cloud', { cloud_instance_name: 'microsoftonline.us' }, /another cloud/],
    ['a cloud that is no string', { cloud_instance_name: 1 }, /something else than a string/],
    ['no keys address', { jwks_uri: undefined }, /no usable jwks_uri/],
    ['a keys address that is no string', { jwks_uri: [JWKS] }, /no usable jwks_uri/],
    ['a keys address that is none', { jwks_uri: 'keys' }, /no usable jwks_uri/],
    ['keys over plain HTTP', { jwks_uri: JWKS.replace('https', 'http') }, /not https/],
    ['keys of another host', { jwks_uri: 'https://attacker.example/keys' }, /does not belong/],
    ['keys of another port', { jwks_uri: JWKS.replace('.com/', '.com:444/') }, /does not belong/],
    [
      'keys of a look-alike',
      { jwks_uri: JWKS.replace('.com/', '.com.attacker.example/') },
      /belong/,
    ],
    ['a user name', { jwks_uri: JWKS.replace('//', '//login.windows.net@') }, /credentials/],
    ['a password', { jwks_uri: JWKS.replace('//', '//:x@') }, /credentials/],
  ];
  for (const [name, changes, message] of refusals) {
    it(`I8 are refused for ${name}`, () => {
      assert.throws(() => metadata(changes), refusal(message));
    });
  }

  it('I8 are refused beyond 64 KiB, and accepted just below', () => {
    const size = bytes(good).length + ',"x":""'.length;
    metadata({ x: 'x'.repeat(64 * 1024 - size) });
    assert.throws(
      () => metadata({ x: 'x'.repeat(64 * 1024 - size + 1) }),
      refusal(/within bounds/),
    );
  });

  it('I8 are refused when they are no JSON object or repeat a name', () => {
    for (const text of ['', '[]', 'null', '"x"', '<html>', '{"issuer":']) {
      assert.throws(() => parseMetadata(Buffer.from(text), location), refusal(/not a JSON object/));
    }
    const twice = JSON.stringify(good).replace('{', `{"issuer":"x",`);
    assert.throws(() => parseMetadata(Buffer.from(twice), location), refusal(/duplicate_member/));
  });
});

const key = (name: string, changes: object = {}): object => ({ ...testKey(name).jwk, ...changes });
const parse = (keys: unknown, previous?: ParsedKeys): ParsedKeys =>
  parseKeys(bytes({ keys }), previous?.keys);

describe('key sets', () => {
  it('K2 keep the good keys beside bad ones, and say which were left out', () => {
    const { keys, dropped } = parse([
      key('a'),
      key('b', { e: 'AQ' }),
      { kty: 'oct', kid: 'c', k: 'AA' },
      7,
    ]);
    assert.deepEqual([...keys.keys()], [testKey('a').kid]);
    assert.deepEqual(dropped, [
      { kid: JSON.stringify(testKey('b').kid), fault: 'exponent' },
      { kid: '"c"', fault: 'not_rsa' },
      { kid: undefined, fault: 'not_an_object' },
    ]);
  });

  it('K2 show the id of a bad key only as far as it can do no harm in a log', () => {
    const { dropped } = parse([
      key('a'),
      key('a', { kid: `\n${'x'.repeat(500)}` }),
      { kid: 7 },
      null,
    ]);
    assert.deepEqual(
      dropped.map(({ kid }) => kid),
      [JSON.stringify(`\n${'x'.repeat(63)}`), undefined, undefined],
    );
  });

  it('K2b leave out all keys that share an id and differ, wherever they stand', () => {
    const { kid } = testKey('a');
    for (const twins of [
      [key('a'), key('b', { kid })],
      [key('b', { kid }), key('a')],
      [key('a'), key('b', { kid }), key('a')],
    ]) {
      const { keys, dropped } = parse([...twins, key('c')]);
      assert.deepEqual([...keys.keys()], [testKey('c').kid]);
      assert.deepEqual(dropped, [{ kid, fault: 'kid_repeated' }]);
    }
    assert.equal(parse([key('a'), key('a')]).keys.size, 1, 'the same key twice is one key');
  });

  it('are refused without a usable key, so that they never replace a good set', () => {
    assert.throws(() => parse([]), refusal(/no usable key/));
    assert.throws(() => parse([key('a', { kty: 'oct' })]), refusal(/no usable key/));
    assert.throws(() => parse(undefined), refusal(/no array/));
    assert.throws(() => parse({ 0: key('a'), length: 1 }), refusal(/no array/));
    assert.throws(() => parseKeys(Buffer.from('[]'), undefined), refusal(/not a JSON object/));
  });

  it('are refused beyond 200 keys or 256 KiB', () => {
    const many = (count: number): unknown[] => [
      key('a'),
      ...Array.from({ length: count - 1 }, () => 0),
    ];
    assert.equal(parse(many(200)).keys.size, 1);
    assert.throws(() => parse(many(201)), refusal(/too many/));
    assert.throws(
      () => parse([key('a', { x5c: ['x'.repeat(256 * 1024)] })]),
      refusal(/within bounds/),
    );
  });

  it('keep the object of a key that is published unchanged, and make a new one when it changed', () => {
    const first = parse([key('a'), key('b')]);
    const second = parse([key('a', { x5t: 'y' }), key('b', { issuer: ISSUER })], first);
    const { kid } = testKey('a');
    assert.equal(second.keys.get(kid), first.keys.get(kid));
    assert.notEqual(second.keys.get(testKey('b').kid), first.keys.get(testKey('b').kid));
  });
});
