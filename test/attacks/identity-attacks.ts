import {
  APP_CLAIMS,
  base64url,
  mint,
  OTHER_TENANT,
  USER_CLAIMS,
  V1_CLAIMS,
  without,
} from '../support/tokens.ts';
import { type Attack, BOTH_VERSIONS, withClaims } from './attack.ts';

/** SHA-256 of some certificate. */
const THUMBPRINT = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';

/** Rules C1 to C11, P1, P2 and P4. */
export const identityAttacks: readonly Attack[] = [
  ...['nonce', 'at_hash', 'c_hash', 's_hash'].map(
    (name): Attack => ({
      rule: 'C7',
      name: `an id token by its ${name}`,
      reason: 'id_token',
      token: withClaims({ [name]: 'x' }),
    }),
  ),
  ...['actort', 'actor'].map(
    (name): Attack => ({
      rule: 'C8',
      name: `a nested identity in ${name}`,
      reason: 'actor_token',
      token: withClaims({ [name]: 'x' }),
    }),
  ),
  {
    rule: 'C8',
    name: 'an unsigned token in some claim',
    reason: 'token_in_claim',
    token: withClaims({ x: `${base64url('{"alg":"none"}')}.e30.` }),
  },
  ...(
    [
      ['roles', 'Admin'],
      ['roles', [['Admin']]],
      ['roles', [1]],
      ['roles', null],
      ['groups', 'x'],
      ['groups', [1]],
      ['wids', 'x'],
      ['azpacr', 1],
      ['azpacr', ['1']],
      ['appidacr', 1],
      ['jti', 1],
      ['jti', null],
      ['uti', 1],
      ['uti', ''],
    ] as const
  ).map(
    ([name, value]): Attack => ({
      rule: 'C11',
      name: `${name} ${JSON.stringify(value)}`,
      reason: 'claim_type',
      token: withClaims({ [name]: value }),
    }),
  ),
  {
    rule: 'C11',
    name: 'roles as an object',
    reason: 'claim_type',
    token: withClaims({ roles: { 0: 'Admin', length: 1 } }),
    without: 'TypeError',
  },
  {
    rule: 'C11',
    name: 'scp as an array',
    reason: 'claim_type',
    token: () => mint({ base: USER_CLAIMS, claims: { scp: ['Orders.Read'] } }),
    without: 'TypeError',
  },
  ...[undefined, null, '', 7].map(
    (sub): Attack => ({
      rule: 'C1',
      name: `sub ${JSON.stringify(sub)}`,
      reason: 'subject_missing',
      token: withClaims({ sub }),
    }),
  ),
  ...[undefined, null, 'x', '00000000-0000-0000-0000-000000000000', [APP_CLAIMS['oid']]].map(
    (oid): Attack => ({
      rule: 'C2',
      name: `oid ${JSON.stringify(oid)}`,
      reason: 'object_id_missing',
      token: withClaims({ oid }),
    }),
  ),
  ...['13', '1 13', '1 13 26', [13], 13].map(
    (value): Attack => ({
      rule: 'C3',
      name: `xms_idrel ${JSON.stringify(value)}`,
      reason: 'service_principal_missing',
      token: withClaims({ xms_idrel: value }),
    }),
  ),
  ...[undefined, null, 'x', ''].map(
    (azp): Attack => ({
      rule: 'C4',
      name: `azp ${JSON.stringify(azp)}`,
      reason: 'client_id_missing',
      token: withClaims({ azp }),
    }),
  ),
  {
    rule: 'C4',
    name: 'no appid in a v1.0 token',
    reason: 'client_id_missing',
    token: () => mint({ base: without(V1_CLAIMS, 'appid') }),
    options: BOTH_VERSIONS,
  },
  {
    rule: 'C4',
    name: 'azp and appid that differ',
    reason: 'client_id_contradiction',
    token: withClaims({ appid: OTHER_TENANT }),
  },
  ...['application', 'App', 'device', '', null, ['app']].map(
    (idtyp): Attack => ({
      rule: 'C6',
      name: `idtyp ${JSON.stringify(idtyp)}`,
      reason: 'kind_unknown',
      token: withClaims({ idtyp }),
    }),
  ),
  {
    rule: 'C6',
    name: 'neither scopes nor an own subject, and no word on the kind',
    reason: 'kind_not_inferable',
    token: withClaims({ idtyp: undefined, sub: 'pairwise' }),
  },
  {
    rule: 'C6b',
    name: 'an application with delegated permissions',
    reason: 'kind_contradiction',
    token: withClaims({ scp: 'Orders.Read' }),
  },
  {
    rule: 'C6c',
    name: 'no idtyp where it is required',
    reason: 'kind_not_declared',
    token: withClaims({ idtyp: undefined }),
    options: { requireIdtyp: true },
  },
  {
    rule: 'C5',
    name: 'an application that did not authenticate',
    reason: 'public_client_as_app',
    token: withClaims({ azpacr: '0' }),
  },
  {
    rule: 'C5',
    name: 'a client with a secret where a certificate is required',
    reason: 'client_without_certificate',
    token: mint,
    options: { requireCertificateClient: true },
  },
  {
    rule: 'P1',
    name: 'a token bound to a certificate, presented as a bearer token',
    reason: 'bound_token_unverified',
    token: withClaims({ cnf: { 'x5t#S256': THUMBPRINT } }),
  },
  {
    rule: 'P4',
    name: 'a bearer token where tokens must be bound to a certificate',
    reason: 'confirmation_missing',
    token: mint,
    options: { binding: 'required' },
  },
  ...[{ jkt: 'x' }, { 'x5t#S256': 'x' }, { 'x5t#S256': THUMBPRINT, jkt: 'x' }].map(
    (cnf): Attack => ({
      rule: 'P2',
      name: `cnf ${JSON.stringify(cnf)}`,
      reason: 'confirmation_malformed',
      token: withClaims({ cnf }),
      options: { binding: 'optional' },
    }),
  ),
];
