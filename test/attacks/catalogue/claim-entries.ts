import { Buffer } from 'node:buffer';
import { PERSONAL_TENANT } from '#src/token/policy.ts';
import type { FakeAuthority } from '../../support/token-world.ts';
import {
  APP_CLAIMS,
  type Claims,
  ISSUER,
  mint,
  NOW,
  OTHER_TENANT,
  TENANT,
  testKey,
} from '../../support/tokens.ts';
import { ANY_TENANT, issuerOf, MANY_TENANTS } from '../attack.ts';
import type { Entry } from './entry.ts';

const published = testKey('published');
const GRAPH = 'https://graph.microsoft.com';
const text = JSON.stringify(APP_CLAIMS);
const inPlace = (pattern: RegExp, by: string) => (): string =>
  mint({ payloadText: text.replace(pattern, by) });

type Refused = Omit<Entry, 'id' | 'verdict'>;
const invalid = (id: number, entry: Refused): Entry => ({ id, verdict: 'UA it', ...entry });
const claims = (
  id: number,
  changes: Claims,
  reason: Entry['reason'],
  more: Partial<Entry> = {},
): Entry =>
  invalid(id, {
    name: JSON.stringify(changes, (_, value: unknown) => value ?? null).slice(0, 70),
    token: () => mint({ claims: changes }),
    reason,
    ...more,
  });
const payload = (
  id: number,
  name: string,
  payloadText: string | Buffer,
  reason: Entry['reason'],
  more: Partial<Entry> = {},
): Entry =>
  invalid(id, { name, token: () => mint({ payloadText }), reason, unverified: true, ...more });

const members = (entry: string): string => text.replace('{', `{${entry},`);
const zeros = (count: number): Claims =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 0]));
const manyMembers = zeros(1500);
const someMembers = zeros(700);
/** Settings under which the token as a whole is not too long yet. */
const LONG: Partial<Entry> = { options: { maxTokenBytes: 65_536 } };

/** 40 to 46: the payload as a document. */
export const payloadEntries: readonly Entry[] = [
  ...['[]', '"text"', '7', 'null'].map((document) =>
    payload(40, `the payload ${document}`, document, 'not_a_json_object'),
  ),
  invalid(40, {
    name: 'the payload {}',
    token: () => mint({ payloadText: '{}' }),
    reason: 'version_not_accepted',
  }),
  payload(41, 'a bad audience, then ours', members(`"aud":"${GRAPH}"`), 'duplicate_member'),
  payload(
    41,
    'ours, then a bad audience',
    text.replace(/}$/, `,"aud":"${GRAPH}"}`),
    'duplicate_member',
  ),
  claims(42, { TID: OTHER_TENANT }, 'ambiguous_member', { unverified: true }),
  payload(
    43,
    '__proto__ with roles',
    members('"__proto__":{"roles":["Admin"]}'),
    'forbidden_member',
  ),
  payload(
    44,
    'a name repeated by an escape',
    members(`"\\u0061ud":"${GRAPH}"`),
    'duplicate_member',
  ),
  payload(45, 'bytes that are not UTF-8', Buffer.from(members('"x":"\xff"'), 'latin1'), 'not_utf8'),
  payload(45, 'an overlong form', Buffer.from(members('"x":"\xc0\xaf"'), 'latin1'), 'not_utf8'),
  payload(45, 'a byte order mark', `\ufeff${text}`, 'not_a_json_object'),
  invalid(45, {
    name: 'a lone surrogate in a GUID',
    token: inPlace(/"oid":"./, '"oid":"\\ud800'),
    reason: 'object_id_missing',
  }),
  payload(
    46,
    '12 000 levels',
    members(`"x":${'['.repeat(12_000)}${']'.repeat(12_000)}`),
    'bounds_exceeded',
    LONG,
  ),
  payload(
    46,
    '5 000 levels',
    members(`"x":${'['.repeat(5000)}${']'.repeat(5000)}`),
    'bounds_exceeded',
  ),
  payload(46, '1500 members', JSON.stringify(manyMembers), 'bounds_exceeded', LONG),
  payload(46, '700 members', JSON.stringify(someMembers), 'bounds_exceeded'),
  invalid(46, {
    name: 'a number of 11 000 digits',
    token: inPlace(/"exp":\d+/, `"exp":${'1'.repeat(11_000)}`),
    reason: 'time_claim_malformed',
  }),
];

/** 47 to 50: time. */
export const timeEntries: readonly Entry[] = [
  ...[undefined, String(NOW), null, 9e15 + 0.5, -NOW, NOW + 0.5, [NOW]].map((exp) =>
    claims(47, { exp }, exp === 9e15 + 0.5 ? 'lifetime_implausible' : 'time_claim_malformed'),
  ),
  invalid(47, {
    name: 'exp 1e400',
    token: inPlace(/"exp":\d+/, '"exp":1e400'),
    reason: 'time_claim_malformed',
  }),
  claims(48, { exp: NOW - 60 }, 'expired', { twin: () => mint({ claims: { exp: NOW - 59 } }) }),
  claims(49, { nbf: NOW + 61 }, 'not_yet_valid', {
    twin: () => mint({ claims: { nbf: NOW + 60 } }),
  }),
  claims(49, { nbf: NOW + 10, exp: NOW + 5 }, 'lifetime_implausible'),
  claims(49, { iat: NOW + 61 }, 'issued_in_the_future', {
    twin: () => mint({ claims: { iat: NOW + 60 } }),
  }),
  claims(50, { exp: NOW + 315_360_000 }, 'lifetime_implausible'),
];

const issuers: readonly unknown[] = [
  `${ISSUER}/`,
  ISSUER.replace('login', 'LOGIN'),
  ISSUER.replace('https:', 'http:'),
  ISSUER.replace('.com/', '.com:443/'),
  ISSUER.replace('https://', 'https://a@'),
  ISSUER.replace('/v2.0', '%2fv2.0'),
  `${ISSUER}/x`,
  ISSUER.replace('login.microsoftonline.com', 'login.windows.net'),
  ISSUER.replace('login.microsoftonline.com', 'login.microsoft.com'),
];
const tenants: readonly unknown[] = [
  'common',
  '{tenantid}',
  '../x',
  '00000000-0000-0000-0000-000000000000',
  TENANT.toUpperCase(),
  `{${TENANT}}`,
];
const foreign: Claims = { iss: issuerOf(OTHER_TENANT), tid: OTHER_TENANT };

/** 51 to 57: issuer and tenant. */
export const issuerEntries: readonly Entry[] = [
  claims(51, foreign, 'issuer_mismatch'),
  claims(52, { tid: OTHER_TENANT }, 'tenant_mismatch', { authority: keyFor(undefined) }),
  claims(52, { tid: OTHER_TENANT }, 'issuer_mismatch', { options: ANY_TENANT }),
  ...issuers.map((iss) => claims(53, { iss }, 'issuer_mismatch')),
  ...[ISSUER.slice(0, -1), ISSUER.slice(8), `x${ISSUER}`].map((iss) =>
    claims(54, { iss }, 'issuer_mismatch'),
  ),
  claims(55, { iss: [ISSUER] }, 'issuer_mismatch'),
  claims(55, { iss: ['https://attacker.example', ISSUER] }, 'issuer_mismatch'),
  ...tenants.flatMap((tid) => [
    claims(56, { tid }, 'tenant_mismatch', { authority: keyFor(undefined) }),
    claims(56, { tid, iss: issuerOf(String(tid)) }, 'tenant_mismatch', { options: ANY_TENANT }),
  ]),
  claims(57, { iss: issuerOf('{tenantid}') }, 'issuer_mismatch'),
  claims(57, { iss: issuerOf('{tenantid}') }, 'issuer_mismatch', { options: ANY_TENANT }),
];

/** One published key, bound to an issuer or to none. */
function keyFor(issuer: string | undefined, more: Claims = {}): (authority: FakeAuthority) => void {
  return (authority) => {
    authority.keys = [{ ...published.jwk, ...(issuer === undefined ? {} : { issuer }), ...more }];
  };
}
const TEMPLATE = issuerOf('{tenantid}');

/** 58 to 61: for whom a key may sign. */
export const keyEntries: readonly Entry[] = [
  invalid(58, {
    name: 'an enterprise token by the key of personal accounts (Storm-0558)',
    token: mint,
    authority: keyFor(issuerOf(PERSONAL_TENANT)),
    twinAuthority: keyFor(TEMPLATE),
    reason: 'key_of_other_issuer',
  }),
  claims(59, foreign, 'key_of_other_issuer', {
    options: ANY_TENANT,
    authority: keyFor(ISSUER),
    name: 'a token of one tenant by the key of another',
  }),
  invalid(60, {
    name: 'a key without issuer in documents for all tenants',
    token: mint,
    options: MANY_TENANTS,
    authority: keyFor(undefined),
    twinAuthority: keyFor(TEMPLATE),
    reason: 'key_without_issuer',
  }),
  invalid(61, {
    name: 'a key of another cloud',
    token: mint,
    authority: keyFor(TEMPLATE, { cloud_instance_name: 'microsoftonline.us' }),
    twinAuthority: keyFor(TEMPLATE, { cloud_instance_name: 'microsoftonline.com' }),
    reason: 'key_of_other_cloud',
  }),
];
