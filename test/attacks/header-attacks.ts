import { type Claims, mint } from '../support/tokens.ts';
import type { Attack } from './attack.ts';

const withHeader = (header: Claims) => (): string => mint({ header });

/** Rules H1 to H10. */
export const headerAttacks: readonly Attack[] = [
  ...[
    'none',
    'nOnE',
    'HS256',
    'rs256',
    'RS256 ',
    'PS256',
    'ES256',
    null,
    true,
    0,
    ['RS256'],
    { a: 1 },
    undefined,
  ].map(
    (alg): Attack => ({
      rule: 'H1',
      name: `alg ${JSON.stringify(alg)}`,
      reason: 'algorithm_not_allowed',
      token: withHeader({ alg }),
    }),
  ),
  ...['dpop+jwt', 'pop', 'secevent+jwt', 'logout+jwt', 'JOSE', '', 'JWT ', null, 1, ['JWT']].map(
    (typ): Attack => ({
      rule: 'H2',
      name: `typ ${JSON.stringify(typ)}`,
      reason: 'type_not_access_token',
      token: withHeader({ typ }),
    }),
  ),
  { rule: 'H2b', name: 'no typ', reason: 'type_missing', token: withHeader({ typ: undefined }) },
  {
    rule: 'H3',
    name: 'no kid',
    reason: 'key_id_malformed',
    token: withHeader({ kid: undefined }),
    without: 'key_id_unknown',
  },
  ...['jku', 'jwk', 'x5u', 'x5c'].map(
    (name): Attack => ({
      rule: 'H6',
      name: `${name} in the header`,
      reason: 'header_carries_key',
      token: withHeader({ [name]: 'https://attacker.example/keys' }),
    }),
  ),
  ...[['exp'], [], null, 'b64', 0].map(
    (crit): Attack => ({
      rule: 'H7',
      name: `crit ${JSON.stringify(crit)}`,
      reason: 'critical_header',
      token: withHeader({ crit }),
    }),
  ),
  ...['b64', 'zip', 'enc', 'epk', 'apu', 'apv', 'p2s', 'p2c', 'iv', 'tag'].map(
    (name): Attack => ({
      rule: 'H8',
      name: `${name} in the header`,
      reason: 'header_of_other_format',
      token: withHeader({ [name]: false }),
    }),
  ),
  { rule: 'H9', name: 'cty JWT', reason: 'nested_token', token: withHeader({ cty: 'JWT' }) },
  {
    rule: 'H10',
    name: 'nonce in the header, as Microsoft Graph has it',
    reason: 'foreign_resource_token',
    token: withHeader({ nonce: 'AQABAAAAAAD' }),
  },
];
