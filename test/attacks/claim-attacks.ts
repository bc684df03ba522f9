import { PERSONAL_TENANT } from '#src/token/policy.ts';
import type { FakeAuthority } from '../support/token-world.ts';
import {
  API_ID,
  APP_CLAIMS,
  B2C_CLAIMS,
  type Claims,
  mint,
  NOW,
  OTHER_TENANT,
  testKey,
  V1_CLAIMS,
} from '../support/tokens.ts';
import {
  ANY_TENANT,
  type Attack,
  B2C,
  BOTH_VERSIONS,
  issuerOf,
  MANY_TENANTS,
  withClaims,
} from './attack.ts';

const text = (claims: Claims): string => JSON.stringify(claims);

const publishedBy = (members: Claims) => (authority: FakeAuthority) => {
  authority.keys = [{ ...testKey('published').jwk, ...members }];
};

const badTimes: readonly unknown[] = [undefined, null, '1800000000', 1.5, 0, -1, [NOW], 2 ** 53];

/** Rules I2 to I7, and I9. */
export const issuerAttacks: readonly Attack[] = [
  {
    rule: 'I2',
    name: 'a v1.0 token where v2.0 is required',
    reason: 'version_not_accepted',
    token: () => mint({ base: V1_CLAIMS, claims: { aud: API_ID } }),
  },
  ...['3.0', 2, null, undefined, '', ['2.0']].map(
    (ver): Attack => ({
      rule: 'I2',
      name: `ver ${JSON.stringify(ver)}`,
      reason: 'version_not_accepted',
      token: withClaims({ ver }),
    }),
  ),
  {
    rule: 'I4',
    name: 'issuer and tenant of somebody else, genuine key',
    reason: 'issuer_mismatch',
    token: withClaims({ iss: issuerOf(OTHER_TENANT), tid: OTHER_TENANT }),
  },
  {
    rule: 'I5',
    name: "our issuer with somebody else's tid",
    reason: 'tenant_mismatch',
    token: withClaims({ tid: OTHER_TENANT }),
    // Keys that name no issuer, so that K4 does not stand behind I5.
    authority: publishedBy({}),
  },
  {
    rule: 'I6',
    name: 'a tenant that is not on the list',
    reason: 'tenant_not_allowed',
    token: withClaims({ iss: issuerOf(OTHER_TENANT), tid: OTHER_TENANT }),
    options: MANY_TENANTS,
  },
  {
    rule: 'I7',
    name: 'a personal account where any tenant may call',
    reason: 'personal_account',
    token: withClaims({ iss: issuerOf(PERSONAL_TENANT), tid: PERSONAL_TENANT }),
    options: ANY_TENANT,
  },
  {
    rule: 'I9',
    name: 'a B2C policy that is not on the list',
    reason: 'policy_not_listed',
    token: () => mint({ base: B2C_CLAIMS, claims: { tfp: 'B2C_1_Other' } }),
    options: B2C,
    authority: publishedBy({}),
  },
];

/** Rules A2 to A6. */
export const audienceAttacks: readonly Attack[] = [
  ...[
    'https://graph.microsoft.com',
    'api://orders',
    '',
    null,
    undefined,
    [API_ID],
    [API_ID, 'https://graph.microsoft.com'],
    API_ID.toUpperCase(),
    `${API_ID}/`,
    `spn:${API_ID}`,
    { aud: API_ID },
  ].map(
    (aud): Attack => ({
      rule: 'A3',
      name: `aud ${JSON.stringify(aud)} in a v2.0 token`,
      reason: 'audience_mismatch',
      token: withClaims({ aud }),
      options: BOTH_VERSIONS,
    }),
  ),
  ...['api://invoices', 'api://orders/', 'API://orders', ['api://orders'], [API_ID], undefined].map(
    (aud): Attack => ({
      rule: 'A4',
      name: `aud ${JSON.stringify(aud)} in a v1.0 token`,
      reason: 'audience_not_listed',
      token: () => mint({ base: V1_CLAIMS, claims: { aud } }),
      options: BOTH_VERSIONS,
    }),
  ),
];

/** Rules T1 to T6. */
export const timeAttacks: readonly Attack[] = [
  ...[undefined, 'x', '1800000000x', {}].map(
    (exp): Attack => ({
      rule: 'T1',
      name: `exp ${JSON.stringify(exp)}`,
      reason: 'time_claim_malformed',
      token: withClaims({ exp }),
    }),
  ),
  ...[undefined, null, 'x', 0, -1, 1.5, String(NOW)].map(
    (nbf): Attack => ({
      rule: 'T1',
      name: `nbf ${JSON.stringify(nbf)}`,
      reason: 'time_claim_malformed',
      token: withClaims({ nbf }),
    }),
  ),
  {
    rule: 'T1',
    name: 'an exp beyond all numbers',
    reason: 'time_claim_malformed',
    token: () => mint({ payloadText: text(APP_CLAIMS).replace(/"exp":\d+/, '"exp":1e400') }),
    without: 'lifetime_implausible',
  },
  ...badTimes.map(
    (iat): Attack => ({
      rule: 'T1',
      name: `iat ${JSON.stringify(iat)}`,
      reason: 'time_claim_malformed',
      token: withClaims({ iat }),
      ...(iat === 2 ** 53 ? { without: 'issued_in_the_future' } : {}),
      ...(iat === null || iat === 0 || iat === -1 || iat === 1.5
        ? { without: 'lifetime_implausible' }
        : {}),
    }),
  ),
  {
    rule: 'T2',
    name: 'expired by more than the tolerance',
    reason: 'expired',
    token: withClaims({ exp: NOW - 60 }),
  },
  {
    rule: 'T3',
    name: 'not valid yet',
    reason: 'not_yet_valid',
    token: withClaims({ nbf: NOW + 61 }),
  },
  {
    rule: 'T3',
    name: 'issued in the future',
    reason: 'issued_in_the_future',
    token: withClaims({ iat: NOW + 61 }),
  },
  {
    rule: 'T4',
    name: 'a lifetime of ten years',
    reason: 'lifetime_implausible',
    token: withClaims({ exp: NOW + 10 * 365 * 86_400 }),
  },
  {
    rule: 'T4',
    name: 'not valid before it has expired',
    reason: 'lifetime_implausible',
    token: withClaims({ nbf: NOW + 10, exp: NOW + 10 }),
  },
  {
    rule: 'T4',
    name: 'issued when it has expired',
    reason: 'lifetime_implausible',
    token: withClaims({ iat: NOW + 10, exp: NOW + 10 }),
  },
  {
    rule: 'T6',
    name: 'older than this API wants',
    reason: 'token_too_old',
    token: withClaims({ iat: NOW - 660 }),
    options: { maxTokenAgeSeconds: 600 },
  },
];
