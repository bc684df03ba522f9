import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { TokenReason } from '#src/core/token-reason.ts';
import { accepts, refuses, tokenWorld } from '../support/token-world.ts';
import { APP_CLAIMS, base64url, mint, testKey } from '../support/tokens.ts';

const [HEADER = '', PAYLOAD = '', SIGNATURE = ''] = mint().split('.');
const dots = '.'.repeat(16_000);

describe('the shape of a token', () => {
  const shapes: readonly (readonly [string, string, string, TokenReason])[] = [
    ['S1', 'no dot at all', '0.AXEAHhwMjwp8OUud'.replace('.', ''), 'opaque_token'],
    ['S1', 'nothing', '', 'opaque_token'],
    ['S1', 'two segments', `${HEADER}.${PAYLOAD}`, 'segment_count'],
    ['S1', 'two segments and a dot', `${HEADER}.${PAYLOAD}.`, 'segment_count'],
    ['S1', 'no header', `.${PAYLOAD}.${SIGNATURE}`, 'segment_count'],
    ['S1', 'no payload', `${HEADER}..${SIGNATURE}`, 'segment_count'],
    ['S1', 'three empty segments', '..', 'segment_count'],
    ['S1', 'four segments', `${HEADER}.${PAYLOAD}.${SIGNATURE}.x`, 'segment_count'],
    ['S1', 'a trailing dot', `${HEADER}.${PAYLOAD}.${SIGNATURE}.`, 'segment_count'],
    ['S1', 'five segments: encrypted', `${HEADER}.a.b.c.d`, 'encrypted_token'],
    ['S1', 'five segments, one empty: encrypted', `${HEADER}..b.c.d`, 'encrypted_token'],
    ['S1', 'six segments', `${HEADER}.a.b.c.d.e`, 'segment_count'],
    ['S1', 'kilobytes of dots', dots, 'segment_count'],
    ['S2', 'padding', `${HEADER}.${PAYLOAD}.${SIGNATURE}=`, 'base64url_not_canonical'],
    ['S2', 'a length no base64 has', `${HEADER}.${PAYLOAD}.AAAAA`, 'base64url_not_canonical'],
    ['S2', 'the other alphabet', `${HEADER}.${PAYLOAD}.++++`, 'base64url_not_canonical'],
    ['S2', 'a space inside', `${HEADER}.${PAYLOAD}.AA AA`, 'base64url_not_canonical'],
    [
      'S2',
      'a line break at the end',
      `${HEADER}.${PAYLOAD}.${SIGNATURE}\n`,
      'base64url_not_canonical',
    ],
    [
      'S2',
      'a space in the header',
      ` ${HEADER}.${PAYLOAD}.${SIGNATURE}`,
      'base64url_not_canonical',
    ],
    ['S8', 'the JSON serialisation', '{"payload":"","signatures":[]}', 'opaque_token'],
    [
      'S8',
      'a mixture of both',
      `{"a":"${HEADER}.${PAYLOAD}.${SIGNATURE}"}`,
      'base64url_not_canonical',
    ],
  ];
  for (const [rule, name, token, reason] of shapes) {
    it(`${rule} refuses ${name}`, async () => refuses(tokenWorld(), token, reason));
  }
});

describe('header and payload', () => {
  const payload = (text: string | Buffer): string => mint({ payloadText: text });
  const good = JSON.stringify(APP_CLAIMS);
  const texts: readonly (readonly [string, string, string, TokenReason])[] = [
    ['S3', 'an overlong form', payload(Buffer.from('{"a":"\xc0\xaf"}', 'latin1')), 'not_utf8'],
    ['S3', 'half a character', payload(Buffer.from('{"a":"\xe2\x82"}', 'latin1')), 'not_utf8'],
    [
      'S3',
      'a surrogate in UTF-8',
      payload(Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1')),
      'not_utf8',
    ],
    ['S3', 'UTF-16', payload(Buffer.from(good, 'utf16le')), 'not_a_json_object'],
    ['S3', 'a byte order mark', payload(`\ufeff${good}`), 'not_a_json_object'],
    [
      'S3',
      'bytes that are no text in the header',
      mint({ headerText: Buffer.of(0xff, 0xfe) }),
      'not_utf8',
    ],
    ...['[]', '"x"', '7', 'null', 'true', ' ', '{', `${good},`, `[${good}]`, `${good}${good}`].map(
      (text) =>
        ['S4', `a payload of ${text.slice(0, 9)}`, payload(text), 'not_a_json_object'] as const,
    ),
    ['S4', 'a header that is an array', mint({ headerText: '["RS256"]' }), 'not_a_json_object'],
    ['S4', 'a header that is null', mint({ headerText: 'null' }), 'not_a_json_object'],
    ['S4', 'a nested token', payload(mint()), 'not_a_json_object'],
    ['S4', 'no claims', payload('{}'), 'version_not_accepted'],
    [
      'S5',
      'a repeated name under escaped quotes',
      payload(good.replace('{', '{"a\\"b\\\\":1,"a\\u0022b\\u005c":2,')),
      'duplicate_member',
    ],
    [
      'S6',
      'prototype as a name',
      payload(good.replace('{', '{"prototype":1,')),
      'forbidden_member',
    ],
    ['S6', 'a prototype in the header', mint({ header: { constructor: 1 } }), 'forbidden_member'],
    [
      'S7',
      'nesting of thousands of levels',
      payload(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`),
      'bounds_exceeded',
    ],
    [
      'S7',
      'objects of thousands of levels',
      payload(`${'{"a":'.repeat(1500)}1${'}'.repeat(1500)}`),
      'bounds_exceeded',
    ],
  ];
  for (const [rule, name, token, reason] of texts) {
    it(`${rule} refuses ${name}`, async () => refuses(tokenWorld(), token, reason));
  }

  it('S5 accepts text that only looks like a repeated name', async () => {
    const claims = {
      x: '"aud":"x","aud":',
      y: 'ends with a backslash \\',
      z: ['\\\\"', '"\\', ':::', '{"a":1,"a":2}'],
      aud2: { aud: 1, x: { aud: 1 } },
    };
    await accepts(tokenWorld(), mint({ claims }));
  });

  it('S5b accepts names in another case that decide nothing, or stand alone', async () => {
    await accepts(tokenWorld(), mint({ claims: { Xyz: 1, xyz: 2, APPID: 'x', Nonce: 1 } }));
  });

  it('S3 accepts characters outside ASCII, and an escaped lone surrogate as data', async () => {
    const payloadText = JSON.stringify({ ...APP_CLAIMS, name: 'Zoë 漢字 🙂' }).replace(
      'Zo',
      '\\ud800Zo',
    );
    await accepts(tokenWorld(), mint({ payloadText }));
  });

  it('S7 accepts exactly the greatest nesting, number of members and sizes', async () => {
    const nested = JSON.stringify(APP_CLAIMS).replace(
      '{',
      `{"x":${'['.repeat(7)}${']'.repeat(7)},`,
    );
    await accepts(tokenWorld(), mint({ payloadText: nested }));
    const free = 200 - Object.keys(APP_CLAIMS).length;
    const claims = Object.fromEntries(Array.from({ length: free }, (_, i) => [`x${i}`, i]));
    await accepts(tokenWorld(), mint({ claims }));
    await refuses(tokenWorld(), mint({ claims: { ...claims, x: 1 } }), 'bounds_exceeded');
    const room = 12 * 1024 - JSON.stringify({ ...APP_CLAIMS, x: '' }).length;
    const wide = { maxTokenBytes: 65_536 };
    await accepts(tokenWorld(wide), mint({ claims: { x: 'x'.repeat(room) } }));
    await refuses(
      tokenWorld(wide),
      mint({ claims: { x: 'x'.repeat(room + 1) } }),
      'bounds_exceeded',
    );
    const head = { typ: 'JWT', alg: 'RS256', kid: testKey('published').kid, x: '' };
    const headRoom = 1024 - JSON.stringify(head).length;
    await accepts(tokenWorld(), mint({ header: { x: 'x'.repeat(headRoom) } }));
    await refuses(
      tokenWorld(),
      mint({ header: { x: 'x'.repeat(headRoom + 1) } }),
      'bounds_exceeded',
    );
  });
});

describe('key ids', () => {
  const ids: readonly unknown[] = [
    '',
    ' ',
    'a b',
    'a\n',
    '\u00e4',
    'x'.repeat(129),
    7,
    null,
    ['a'],
    { a: 1 },
    true,
  ];
  for (const kid of ids) {
    it(`H3 refuses ${JSON.stringify(kid).slice(0, 20)} without a fetch`, async () => {
      const world = tokenWorld();
      await refuses(world, mint({ header: { kid } }), 'key_id_malformed');
    });
  }

  const unknown = [
    '../../etc/passwd',
    "'OR'1'='1",
    '|/bin/sh',
    'https://x/y',
    '__proto__',
    'constructor',
    'x'.repeat(128),
  ];
  for (const kid of [...unknown, testKey('published').kid.toUpperCase()]) {
    it(`H4 finds no key called ${kid.slice(0, 20)}`, async () => {
      await refuses(tokenWorld(), mint({ header: { kid } }), 'key_id_unknown');
    });
  }

  it('K1 uses the key that is named, and no other', async () => {
    const world = tokenWorld();
    world.authority.keys = [testKey('a').jwk, testKey('b').jwk];
    await accepts(world, mint({ key: testKey('a') }));
    await accepts(world, mint({ key: testKey('b') }));
    const crossed = mint({ key: testKey('b'), header: { kid: testKey('a').kid } });
    await refuses(world, crossed, 'signature_invalid');
  });

  it('H3 a header is remembered by what it is, not by what it resembles', async () => {
    const world = tokenWorld();
    for (let i = 0; i < 200; i++) {
      await accepts(world, mint({ header: { x: i }, claims: { uti: `${i}` } }));
    }
    await refuses(world, mint({ header: { x: 0, crit: [] } }), 'critical_header');
    await refuses(world, mint({ headerText: base64url('x') }), 'not_a_json_object');
    await accepts(world, mint());
  });
});
