import { createHash } from 'node:crypto';
import {
  APP_CLAIMS,
  base64url,
  type Claims,
  mint,
  signParts,
  testKey,
} from '../../support/tokens.ts';
import type { Entry } from './entry.ts';

const published = testKey('published');
const attacker = testKey('attacker');

type Refused = Omit<Entry, 'id' | 'verdict'>;
const invalid = (id: number, entry: Refused): Entry => ({ id, verdict: 'UA it', ...entry });
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
