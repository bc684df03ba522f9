import {
  API_ID,
  APP_CLAIMS,
  base64url,
  CLIENT_ID,
  type Claims,
  ISSUER,
  ISSUER_V1,
  mint,
  NOW,
  OBJECT_ID,
  TENANT,
  testKey,
  V1_CLAIMS,
  without,
} from '../../support/tokens.ts';
import { BOTH_VERSIONS } from '../attack.ts';
import type { Entry } from './entry.ts';

const GRAPH = 'https://graph.microsoft.com';

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
const v1 = (
  id: number,
  changes: Claims,
  reason: Entry['reason'],
  more: Partial<Entry> = {},
): Entry =>
  claims(id, changes, reason, {
    token: () => mint({ base: V1_CLAIMS, claims: changes }),
    twin: () => mint({ base: V1_CLAIMS }),
    options: BOTH_VERSIONS,
    ...more,
  });

/** 62 to 71: version, audience, and tokens that are something else. */
export const audienceEntries: readonly Entry[] = [
  v1(62, {}, 'version_not_accepted', {
    name: 'a v1.0 token where only v2.0 is accepted',
    options: {},
    twin: mint,
  }),
  claims(63, { iss: ISSUER_V1 }, 'issuer_mismatch', { options: BOTH_VERSIONS }),
  v1(63, { iss: ISSUER }, 'issuer_mismatch'),
  ...['3.0', 2].map((ver) => claims(63, { ver }, 'version_not_accepted')),
  v1(64, { aud: 'api://invoices' }, 'audience_not_listed'),
  claims(65, { aud: 'api://orders' }, 'audience_mismatch', { options: BOTH_VERSIONS }),
  ...[[API_ID, GRAPH], `${API_ID}/`, `spn:${API_ID}`, API_ID.toUpperCase()].map((aud) =>
    claims(66, { aud }, 'audience_mismatch'),
  ),
  ...[GRAPH, '00000003-0000-0000-c000-000000000000', 'https://management.azure.com/'].map((aud) =>
    claims(67, { aud }, 'audience_mismatch'),
  ),
  invalid(68, {
    name: 'an id token for the same client id',
    token: () => mint({ base: without(APP_CLAIMS, 'azp', 'azpacr'), claims: { nonce: 'n' } }),
    reason: 'id_token',
  }),
  invalid(69, {
    name: 'a client assertion',
    token: () =>
      mint({
        key: testKey('client'),
        base: {
          iss: CLIENT_ID,
          sub: CLIENT_ID,
          jti: OBJECT_ID,
          exp: NOW + 600,
          nbf: NOW,
          iat: NOW,
        },
        claims: { aud: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token` },
      }),
    reason: 'key_id_unknown',
    unverified: true,
  }),
  claims(70, { aud: 'api://AzureADTokenExchange' }, 'audience_mismatch'),
  ...(
    [
      ['a refresh token', '1.AXEAHhwMjwp8OUudfDtMTBorEQ', 'segment_count'],
      ['an opaque token', 'EwB4A8l6BAAU', 'opaque_token'],
      ['a SAML assertion', base64url('<saml:Assertion/>'), 'opaque_token'],
    ] as const
  ).map(([name, token, reason]) =>
    invalid(71, { name, token: () => token, reason, unverified: true }),
  ),
];
