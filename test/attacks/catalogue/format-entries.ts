import { Buffer } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import { rightPadding, signPadded, wrongPaddings } from '../../support/pkcs1.ts';
import {
  APP_CLAIMS,
  base64url,
  type Claims,
  mint,
  signParts,
  testKey,
} from '../../support/tokens.ts';
import type { Entry } from './entry.ts';
import {
  assemble,
  encrypted,
  hmacToken,
  pssToken,
  respellings,
  withSignature,
} from './tokens-made-by-hand.ts';

const published = testKey('published');
const attacker = testKey('attacker');
const pem = String(published.publicKey.export({ format: 'pem', type: 'spki' }));

type Refused = Omit<Entry, 'id' | 'verdict'>;
const invalid = (id: number, entry: Refused): Entry => ({ id, verdict: 'UA it', ...entry });
const algorithm = (id: number, name: string, token: () => string): Entry =>
  invalid(id, { name, token, reason: 'algorithm_not_allowed', unverified: true });

/** 1 to 11: the algorithm is the attacker's. */
export const algorithmEntries: readonly Entry[] = [
  invalid(1, {
    name: 'alg none, empty signature',
    token: () => assemble({ alg: 'none', typ: 'JWT', kid: published.kid }, ''),
    reason: 'segment_count',
    unverified: true,
  }),
  algorithm(2, 'alg none, junk signature', () => assemble({ alg: 'none', typ: 'JWT' }, 'AAAA')),
  algorithm(3, 'alg nOnE', () => assemble({ alg: 'nOnE', typ: 'JWT' }, 'AAAA')),
  algorithm(4, 'HS256 with the public PEM as secret', () => hmacToken(pem)),
  algorithm(5, 'HS256 with the JWK as secret', () => hmacToken(JSON.stringify(published.jwk))),
  ...[
    published.publicKey.export({ format: 'der', type: 'spki' }),
    Buffer.from(String(published.jwk['n']), 'base64url'),
    `\n${pem}`,
  ].map((secret, i) =>
    algorithm(6, `HS256 with other forms of the key (${i})`, () => hmacToken(secret)),
  ),
  algorithm(7, 'HS256 with an empty secret', () => hmacToken('')),
  algorithm(8, 'a PSS signature, said to be one', () => pssToken('PS256')),
  invalid(8, {
    name: 'a PSS signature, said to be PKCS#1',
    token: () => pssToken('RS256'),
    reason: 'signature_invalid',
  }),
  algorithm(8, 'a PKCS#1 signature, said to be PSS', () => mint({ header: { alg: 'PS256' } })),
  ...['rs256', 'RS256 ', ['RS256'], { alg: 'RS256' }, null].map((alg) =>
    algorithm(9, `alg ${JSON.stringify(alg)}`, () => mint({ header: { alg } })),
  ),
  algorithm(10, 'ES256 with r = s = 0', () =>
    assemble({ alg: 'ES256', typ: 'JWT', kid: published.kid }, base64url(Buffer.alloc(64))),
  ),
  invalid(11, {
    name: 'two algorithms, validly signed',
    token: () =>
      mint({ headerText: `{"alg":"none","typ":"JWT","alg":"RS256","kid":"${published.kid}"}` }),
    reason: 'duplicate_member',
    unverified: true,
  }),
];

const input = mint().slice(0, mint().lastIndexOf('.'));

/** 12 to 18: the signature, and how segments are written. */
export const signatureEntries: readonly Entry[] = [
  invalid(12, {
    name: 'an empty signature',
    token: () => mint({ signature: '' }),
    reason: 'segment_count',
    unverified: true,
  }),
  ...(
    [
      ['one byte shorter', (s) => s.subarray(0, -1)],
      ['one byte longer', (s) => Buffer.concat([s, Buffer.of(0)])],
      ['with a zero before it', (s) => Buffer.concat([Buffer.of(0), s])],
    ] as readonly (readonly [string, (signature: Buffer) => Buffer])[]
  ).map(([name, change]) =>
    invalid(13, {
      name: `a signature ${name}`,
      token: () => withSignature(change),
      reason: 'signature_length',
      unverified: true,
    }),
  ),
  ...wrongPaddings.map((padding) =>
    invalid(14, {
      name: `PKCS#1 padding: ${padding.name}`,
      token: () => `${input}.${base64url(signPadded(input, published, padding))}`,
      twin: () => `${input}.${base64url(signPadded(input, published, rightPadding))}`,
      reason: 'signature_invalid',
    }),
  ),
  ...respellings().map((token, i) =>
    invalid(15, {
      name: `spelling ${i + 2} of 16 of one signature`,
      token: () => token,
      reason: 'base64url_not_canonical',
      unverified: true,
    }),
  ),
  ...(
    [
      [16, '=', 'one sign of padding'],
      [16, '==', 'two signs of padding'],
      [17, '+', 'a plus of the standard alphabet'],
      [17, '/', 'a slash of the standard alphabet'],
      [18, ' A', 'a space'],
      [18, '\nA', 'a line break'],
    ] as const
  ).map(
    ([id, text, name]): Entry => ({
      id,
      name: `${name} in a segment`,
      verdict: 'UA ir',
      token: () => mint() + text,
      reason: 'token_characters',
      unverified: true,
    }),
  ),
];

/** 19 to 24: what is no compact JWS of three segments. */
export const shapeEntries: readonly Entry[] = [
  ...['.', '.AAAA'].map((end) =>
    invalid(19, {
      name: `a token that ends in ${end}`,
      token: () => mint() + end,
      reason: 'segment_count',
      unverified: true,
    }),
  ),
  ...(
    [
      [
        20,
        'random segments',
        () => Array.from({ length: 5 }, () => base64url(randomBytes(24))).join('.'),
      ],
      [
        21,
        'an unsigned token for our public key',
        () => encrypted({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT' }, base64url(mint())),
      ],
      [
        22,
        'two thousand million rounds of PBES2',
        () => encrypted({ alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31, enc: 'A128GCM' }),
      ],
      [
        22,
        'a bomb of zeros',
        () => encrypted({ alg: 'RSA-OAEP', enc: 'A128GCM', zip: 'DEF' }, 'A'.repeat(8000)),
      ],
    ] as const
  ).map(([id, name, token]) =>
    invalid(id, { name: `a JWE: ${name}`, token, reason: 'encrypted_token', unverified: true }),
  ),
  invalid(23, {
    name: '16 KB of dots',
    token: () => '.'.repeat(16_000),
    reason: 'segment_count',
    unverified: true,
  }),
  ...[
    JSON.stringify({ payload: base64url('{}'), signatures: [{ signature: 'AAAA' }] }),
    `{"a":"${mint()}"}`,
  ].map(
    (token): Entry => ({
      id: 24,
      name: `JSON in place of the compact form: ${token.slice(0, 8)}`,
      verdict: 'UA ir',
      token: () => token,
      reason: 'token_characters',
      unverified: true,
    }),
  ),
];

const header = (
  id: number,
  members: Claims,
  reason: Entry['reason'],
  more: Partial<Entry> = {},
): Entry =>
  invalid(id, {
    name: JSON.stringify(members).slice(0, 60),
    token: () => mint({ header: members }),
    reason,
    unverified: true,
    ...more,
  });

const evil = `https://attacker.example/${'k'.repeat(8)}`;
/** Key ids by which careless lookups were broken, and those that are none. */
const kids: readonly unknown[] = [
  '',
  'a b',
  'a\nb',
  'x'.repeat(10_000),
  7,
  null,
  true,
  [published.kid],
  {},
];
const strangeKids = [
  '../../../etc/passwd',
  "' UNION SELECT 'k",
  '|/usr/bin/id',
  evil,
  '__proto__',
  'constructor',
];

/** 25 to 39: the header. */
export const headerEntries: readonly Entry[] = [
  ...[['x'], [], ['alg']].map((crit) => header(25, { crit }, 'critical_header')),
  header(26, { b64: false }, 'header_of_other_format'),
  header(26, { b64: false, crit: ['b64'] }, 'critical_header'),
  header(27, { zip: 'DEF' }, 'header_of_other_format'),
  header(28, { cty: 'JWT' }, 'nested_token'),
  invalid(28, {
    name: 'a token as payload',
    token: () => mint({ payloadText: mint() }),
    reason: 'not_a_json_object',
    unverified: true,
  }),
  header(29, { jwk: attacker.jwk, kid: attacker.kid }, 'header_carries_key', {
    token: () => mint({ key: attacker, header: { jwk: attacker.jwk } }),
    name: 'jwk of the attacker, signed with it',
  }),
  header(30, { jku: evil }, 'header_carries_key'),
  header(30, { x5u: evil }, 'header_carries_key'),
  header(31, { x5c: ['MIIB'] }, 'header_carries_key'),
  ...kids.map((kid) =>
    header(32, { kid }, String(kid).length > 9000 ? 'bounds_exceeded' : 'key_id_malformed'),
  ),
  ...strangeKids.map((kid) =>
    header(32, { kid }, kid.includes(' ') ? 'key_id_malformed' : 'key_id_unknown'),
  ),
  header(33, { kid: published.kid.toUpperCase() }, 'key_id_unknown'),
  header(34, { kid: undefined }, 'key_id_malformed', { name: 'no kid, validly signed' }),
  invalid(35, {
    name: 'the kid of one published key, signed by another',
    token: () => mint({ key: { ...testKey('second'), kid: published.kid } }),
    twin: () => mint({ key: testKey('second') }),
    authority: (authority) => {
      authority.keys = [...authority.keys, testKey('second').jwk];
    },
    reason: 'signature_invalid',
  }),
  ...['dpop+jwt', 'pop', 'logout+jwt', 'JOSE'].map((typ) =>
    header(37, { typ }, 'type_not_access_token'),
  ),
  header(37, { typ: undefined }, 'type_missing', { name: 'no typ' }),
  header(38, { nonce: 'AQABAAAAAAD' }, 'foreign_resource_token', {
    name: 'a token of Microsoft Graph',
    token: () =>
      mint({ header: { nonce: 'AQABAAAAAAD' }, claims: { aud: 'https://graph.microsoft.com' } }),
  }),
  header(39, {}, 'foreign_resource_token', {
    name: 'the same, repaired by hashing the nonce, for our audience',
    token: repairedGraphToken,
  }),
];

/** The signature covers the nonce's hash; the token carries the nonce. Only a verifier that transforms it agrees. */
function repairedGraphToken(): string {
  const nonce = 'AQABAAAAAAD';
  const head = { typ: 'JWT', alg: 'RS256', kid: published.kid };
  const payload = base64url(JSON.stringify(APP_CLAIMS));
  const hashed = createHash('sha256').update(nonce).digest('base64url');
  const signed = signParts(
    base64url(JSON.stringify({ ...head, nonce: hashed })),
    payload,
    published,
  );
  return `${base64url(JSON.stringify({ ...head, nonce }))}.${payload}.${signed.split('.')[2]}`;
}
