import { createHash } from 'node:crypto';
import { allow } from '#src/authorize/allow.ts';
import {
  APP_CLAIMS,
  base64url,
  CLIENT_ID,
  type Claims,
  mint,
  OTHER_TENANT,
  USER_CLAIMS,
  without,
} from '../../support/tokens.ts';
import type { Entry } from './entry.ts';

type Refused = Omit<Entry, 'id' | 'verdict' | 'name'> & Partial<Pick<Entry, 'name' | 'verdict'>>;
const nameOf = (changes: Claims): string => JSON.stringify(changes).slice(0, 70);

const app = (id: number, changes: Claims, entry: Refused): Entry => ({
  id,
  verdict: 'UA it',
  name: nameOf(changes),
  token: () => mint({ claims: changes }),
  ...entry,
});
const denied = (id: number, base: Claims, changes: Claims, entry: Refused): Entry => ({
  id,
  verdict: 'PD is',
  name: nameOf(changes),
  token: () => mint({ base, claims: changes }),
  twin: () => mint({ base }),
  ...entry,
});

const USERS = allow.user({ anyScope: ['Orders.Read'] });
const ADMINS = allow.app({ anyRole: ['Admin'] });
const user = (id: number, changes: Claims, entry: Refused): Entry =>
  denied(id, USER_CLAIMS, changes, { rule: USERS, ...entry });

/** 72 to 79: kind, scopes and roles. */
export const grantEntries: readonly Entry[] = [
  app(
    72,
    { oid: undefined, roles: undefined },
    {
      reason: 'object_id_missing',
      name: 'a token of an application without service principal',
    },
  ),
  denied(
    73,
    APP_CLAIMS,
    { roles: undefined },
    {
      reason: 'no_roles_and_no_scopes',
      name: 'an application to which nothing was granted',
    },
  ),
  denied(
    74,
    USER_CLAIMS,
    { roles: ['Orders.Read'] },
    {
      reason: 'user_not_admitted',
      rule: allow.app({ anyRole: ['Orders.Read'] }),
      twin: mint,
    },
  ),
  app(75, { scp: 'Orders.Read' }, { reason: 'kind_contradiction' }),
  ...['Orders.ReadWrite', 'orders.read', 'xOrders.Read', 'Orders.Read2'].map((scp) =>
    user(76, { scp }, { reason: 'scope_missing' }),
  ),
  ...['\t', ',', '\u00a0', ';', '\n'].map((mark) =>
    user(77, { scp: `Orders.Read${mark}Orders.Write` }, { reason: 'scope_missing' }),
  ),
  user(77, { scp: ['Orders.Read'] }, { reason: 'claim_type', verdict: 'UA it' }),
  denied(
    78,
    APP_CLAIMS,
    { roles: ['Reader Admin'] },
    {
      reason: 'role_missing',
      rule: ADMINS,
      twin: () => mint({ claims: { roles: ['Admin'] } }),
    },
  ),
  ...['Admin', { 0: 'Admin', length: 1 }, [['Admin']]].map((roles) =>
    app(79, { roles }, { reason: 'claim_type' }),
  ),
];

/** Groups kept at an address of the attacker's. */
const OVERAGE: Claims = {
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'https://attacker.example/groups' } },
};
const OURS = createHash('sha256').update('certificate').digest('base64url');
const BOUND: Claims = { cnf: { 'x5t#S256': OURS } };
const bound = (changes: Claims, entry: Refused): Entry =>
  app(90, changes, {
    options: { binding: 'optional' },
    connection: { certificateThumbprint: OURS },
    twin: () => mint({ claims: BOUND }),
    twinVisit: { connection: { certificateThumbprint: OURS } },
    ...entry,
  });

const nested = `${base64url('{"alg":"none"}')}.${base64url('{"tid":"x"}')}.`;

/** 83 to 92: what a token says about others, and what it is bound to. */
export const bindingEntries: readonly Entry[] = [
  app(84, { actort: nested, tid: OTHER_TENANT }, { reason: 'tenant_mismatch', authority: unbound }),
  app(84, { actort: nested }, { reason: 'actor_token' }),
  app(84, { actor: { tid: OTHER_TENANT } }, { reason: 'actor_token' }),
  app(84, { delegate: nested }, { reason: 'token_in_claim' }),
  app(85, { appid: OTHER_TENANT }, { reason: 'client_id_contradiction' }),
  denied(
    86,
    USER_CLAIMS,
    {},
    {
      name: "a user's token of a listed client",
      reason: 'user_not_admitted',
      rule: allow.app({ anyRole: ['Orders.Read'] }, { allowedClientIds: [CLIENT_ID] }),
      twin: mint,
    },
  ),
  app(87, { azpacr: '0' }, { reason: 'public_client_as_app' }),
  bound(BOUND, { reason: 'certificate_missing', connection: {} }),
  bound(BOUND, {
    reason: 'certificate_mismatch',
    connection: { certificateThumbprint: createHash('sha256').update('x').digest('base64url') },
  }),
  ...[
    { 'x5t#S256': OURS, jkt: 'x' },
    { 'x5t#S1': createHash('sha1').update('certificate').digest('base64url') },
    { 'x5t#S256': `${OURS}=` },
    { 'x5t#S256': createHash('sha1').update('certificate').digest('base64url') },
  ].map((cnf) => bound({ cnf }, { reason: 'confirmation_malformed' })),
  ...[{ jwk: { kty: 'RSA' } }, { jkt: 'x' }, { 'x5t#S256': 'x' }, {}, null].map((cnf) =>
    app(91, { cnf }, { reason: 'bound_token_unverified' }),
  ),
  {
    id: 92,
    name: 'a signed HTTP request with cnf.jku',
    verdict: 'UA',
    reason: 'scheme_not_bearer',
    values: () => [
      `PoP ${mint({ header: { typ: 'pop' }, base: without(APP_CLAIMS), claims: { cnf: { jku: 'https://attacker.example' } } })}`,
    ],
    unverified: true,
  },
];

function unbound(authority: { keys: readonly unknown[] }): void {
  authority.keys = authority.keys.map((key) => ({ ...(key as Claims), issuer: undefined }));
}

const guest = { acct: 1 };
const agent = { xms_act_fct: '3 9 11' };
const WITH_CONTEXT = { rule: USERS, authContext: 'c1' } as const;
const satisfied = (): string => mint({ base: USER_CLAIMS, claims: { acrs: ['c1'] } });

/** 82, 83, 88 and 89: kinds of callers, and how they signed in. */
export const callerEntries: readonly Entry[] = [
  user(82, guest, { reason: 'guest_not_admitted', options: { guests: 'deny' } }),
  user(83, OVERAGE, {
    reason: 'scope_missing',
    rule: allow.user({ anyScope: ['Groups.Read'] }),
    twin: () => mint({ base: USER_CLAIMS, claims: { ...OVERAGE, scp: 'Groups.Read' } }),
  }),
  user(88, agent, { reason: 'agent_not_admitted' }),
  user(
    89,
    { xms_cc: ['cp1'] },
    { reason: 'auth_context_required', verdict: 'UA ic', ...WITH_CONTEXT, twin: satisfied },
  ),
  user(89, { xms_cc: ['x'] }, { reason: 'auth_context_missing', ...WITH_CONTEXT, twin: satisfied }),
  denied(
    89,
    APP_CLAIMS,
    { acrs: ['c1'], xms_cc: ['cp1'] },
    {
      reason: 'auth_context_missing',
      authContext: 'c1',
      twin: satisfied,
    },
  ),
];

/** 94, 95 and 97: what arrives in place of one token. */
export const metadataEntries: readonly Entry[] = [
  {
    id: 94,
    name: 'two tokens in one value',
    verdict: 'UA ir',
    reason: 'token_characters',
    values: () => [`Bearer ${mint()}, Bearer ${mint()}`],
    unverified: true,
  },
  ...[17, 64].map(
    (kilobytes): Entry => ({
      id: 95,
      name: `a value of ${kilobytes} KB`,
      verdict: 'UA ir',
      reason: 'token_too_long',
      values: () => [`Bearer ${mint()}${'A'.repeat(kilobytes * 1000)}`],
      unverified: true,
    }),
  ),
];
