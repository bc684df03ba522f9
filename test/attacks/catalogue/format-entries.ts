import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { rightPadding, signPadded, wrongPaddings } from '../../support/pkcs1.ts';
import { base64url, mint, testKey } from '../../support/tokens.ts';
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
