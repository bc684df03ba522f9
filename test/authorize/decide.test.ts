import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allow } from '#src/authorize/allow.ts';
import { decide, type PeerCertificate } from '#src/authorize/decide.ts';
import type { ClientCertificateRule, Rule } from '#src/authorize/rule.ts';
import type { Caller } from '#src/core/caller.ts';
import { appCaller, userCaller } from '../support/callers.ts';

const READ = 'Orders.Read';
const WRITE = 'Orders.Write';
const CLIENT = '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13';
const OTHER_CLIENT = '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14';

interface Row {
  readonly name: string;
  readonly rule: Rule | undefined;
  readonly caller: Caller;
  readonly certificate?: PeerCertificate;
  readonly decision: string;
}

const SPIFFE = 'spiffe://example.org/orders';
const withCertificate = (clientCertificate: Partial<ClientCertificateRule>) =>
  allow.app({ anyRole: [READ] }, { clientCertificate });
const certificateOf = (changes: Partial<PeerCertificate> = {}): PeerCertificate => ({
  spiffeId: undefined,
  dnsNames: [],
  ...changes,
});

const rows: readonly Row[] = [
  {
    name: 'denies a caller without a client certificate where one is asked for',
    rule: withCertificate({}),
    caller: appCaller([READ]),
    decision: 'certificate_missing',
  },
  {
    name: 'admits any client certificate where no name is asked for',
    rule: withCertificate({}),
    caller: appCaller([READ]),
    certificate: certificateOf(),
    decision: 'allowed',
  },
  {
    name: 'admits the SPIFFE id that is asked for',
    rule: withCertificate({ spiffeIds: ['spiffe://example.org/other', SPIFFE] }),
    caller: appCaller([READ]),
    certificate: certificateOf({ spiffeId: SPIFFE }),
    decision: 'allowed',
  },
  {
    name: 'denies another SPIFFE id',
    rule: withCertificate({ spiffeIds: [SPIFFE] }),
    caller: appCaller([READ]),
    certificate: certificateOf({ spiffeId: `${SPIFFE}/x` }),
    decision: 'certificate_not_allowed',
  },
  {
    name: 'denies a certificate without a SPIFFE id where one is asked for',
    rule: withCertificate({ spiffeIds: [SPIFFE] }),
    caller: appCaller([READ]),
    certificate: certificateOf(),
    decision: 'certificate_not_allowed',
  },
  {
    name: 'admits one of the DNS names',
    rule: withCertificate({ dnsNames: ['a.example.com', 'b.example.com'] }),
    caller: appCaller([READ]),
    certificate: certificateOf({ dnsNames: ['c.example.com', 'b.example.com'] }),
    decision: 'allowed',
  },
  {
    name: 'denies a certificate with the SPIFFE id, but without the DNS name',
    rule: withCertificate({ spiffeIds: [SPIFFE], dnsNames: ['a.example.com'] }),
    caller: appCaller([READ]),
    certificate: certificateOf({ spiffeId: SPIFFE, dnsNames: ['b.example.com'] }),
    decision: 'certificate_not_allowed',
  },
  {
    name: 'denies a token that is not bound where binding is asked for',
    rule: withCertificate({ boundToken: true }),
    caller: appCaller([READ]),
    certificate: certificateOf(),
    decision: 'token_not_bound',
  },
  {
    name: 'admits a bound token, whose binding was checked before',
    rule: withCertificate({ boundToken: true }),
    caller: appCaller([READ], { certificateThumbprint: 'x' }),
    certificate: certificateOf(),
    decision: 'allowed',
  },
  {
    name: 'never admits by a certificate alone',
    rule: withCertificate({}),
    caller: appCaller([WRITE]),
    certificate: certificateOf(),
    decision: 'role_missing',
  },
  {
    name: 'X2 denies a user without the authentication context',
    rule: allow.user({ anyScope: [READ], authContext: 'c1' }),
    caller: userCaller([READ], [], { authContexts: ['c2', 'c11'] }),
    decision: 'auth_context_missing',
  },
  {
    name: 'X2 admits a user with it',
    rule: allow.user({ anyScope: [READ], authContext: 'c1' }),
    caller: userCaller([READ], [], { authContexts: ['c1'] }),
    decision: 'allowed',
  },
  {
    name: 'Z4 denies a method without a rule',
    rule: undefined,
    caller: appCaller([READ]),
    decision: 'rule_missing',
  },
  {
    name: 'admits anyone to a public method',
    rule: allow.public('liveness'),
    caller: appCaller([]),
    decision: 'allowed',
  },
  {
    name: 'Z1 denies an application without roles',
    rule: allow.app({ anyRole: [READ] }),
    caller: appCaller([]),
    decision: 'no_roles_and_no_scopes',
  },
  {
    name: 'Z1 denies a user without scopes and roles',
    rule: allow.user({ anyScope: [READ] }),
    caller: userCaller([]),
    decision: 'no_roles_and_no_scopes',
  },
  {
    name: 'admits an application with one of the roles',
    rule: allow.app({ anyRole: [READ, WRITE] }),
    caller: appCaller([WRITE]),
    decision: 'allowed',
  },
  {
    name: 'denies an application with another role',
    rule: allow.app({ anyRole: [READ] }),
    caller: appCaller([WRITE]),
    decision: 'role_missing',
  },
  {
    name: 'denies an application with some of all roles',
    rule: allow.app({ allRoles: [READ, WRITE] }),
    caller: appCaller([WRITE]),
    decision: 'role_missing',
  },
  {
    name: 'admits an application with all roles',
    rule: allow.app({ allRoles: [READ, WRITE] }),
    caller: appCaller([WRITE, READ, 'More']),
    decision: 'allowed',
  },
  {
    name: 'needs both any_role and all_roles when both are stated',
    rule: allow.app({ anyRole: [READ], allRoles: [WRITE] }),
    caller: appCaller([WRITE]),
    decision: 'role_missing',
  },
  {
    name: 'Z2 denies a user who holds the role an application needs',
    rule: allow.app({ anyRole: [READ] }),
    caller: userCaller(['Other'], [READ]),
    decision: 'user_not_admitted',
  },
  {
    name: 'Z2 denies an application on a method for users',
    rule: allow.user({ anyScope: [READ] }),
    caller: appCaller([READ]),
    decision: 'app_not_admitted',
  },
  {
    name: 'Z3 denies a user whose role, not scope, has the name',
    rule: allow.user({ anyScope: [READ] }),
    caller: userCaller(['Other'], [READ]),
    decision: 'scope_missing',
  },
  {
    name: 'Z3 denies an application whose role has the name of the user scope',
    rule: allow.either({ app: { anyRole: [WRITE] }, user: { anyScope: [READ] } }),
    caller: appCaller([READ]),
    decision: 'role_missing',
  },
  {
    name: 'admits a user with one of the scopes',
    rule: allow.user({ anyScope: [READ, WRITE] }),
    caller: userCaller([READ]),
    decision: 'allowed',
  },
  {
    name: 'denies a user with some of all scopes',
    rule: allow.user({ allScopes: [READ, WRITE] }),
    caller: userCaller([READ]),
    decision: 'scope_missing',
  },
  {
    name: 'admits a user with all scopes',
    rule: allow.user({ allScopes: [READ, WRITE] }),
    caller: userCaller([READ, WRITE]),
    decision: 'allowed',
  },
  {
    name: 'denies a user without the user role',
    rule: allow.user({ anyScope: [READ], anyRole: ['Approver'] }),
    caller: userCaller([READ], ['Reader']),
    decision: 'user_role_missing',
  },
  {
    name: 'admits a user with scope and role',
    rule: allow.user({ anyScope: [READ], anyRole: ['Approver'], allRoles: ['Approver', 'Staff'] }),
    caller: userCaller([READ], ['Approver', 'Staff']),
    decision: 'allowed',
  },
  {
    name: 'denies a user with some of all user roles',
    rule: allow.user({ anyScope: [READ], allRoles: ['Approver', 'Staff'] }),
    caller: userCaller([READ], ['Approver']),
    decision: 'user_role_missing',
  },
  {
    name: 'applies the user part of either to a user',
    rule: allow.either({ app: { anyRole: [WRITE] }, user: { anyScope: [READ] } }),
    caller: userCaller([READ]),
    decision: 'allowed',
  },
  {
    name: 'applies the app part of either to an application',
    rule: allow.either({ app: { anyRole: [WRITE] }, user: { anyScope: [READ] } }),
    caller: appCaller([WRITE]),
    decision: 'allowed',
  },
  {
    name: 'Z5 compares roles by letter case',
    rule: allow.app({ anyRole: [READ] }),
    caller: appCaller(['orders.read']),
    decision: 'role_missing',
  },
  {
    name: 'Z5 does not take a part of a role for it',
    rule: allow.app({ anyRole: [READ] }),
    caller: appCaller(['Orders.ReadWrite', 'xOrders.Read', `${READ} ${WRITE}`]),
    decision: 'role_missing',
  },
  {
    name: 'Z6 denies a client that is not listed',
    rule: allow.app({ anyRole: [READ] }, { allowedClientIds: [OTHER_CLIENT] }),
    caller: appCaller([READ]),
    decision: 'client_not_allowed',
  },
  {
    name: 'Z6 admits a listed client that also holds the role',
    rule: allow.app({ anyRole: [READ] }, { allowedClientIds: [CLIENT] }),
    caller: appCaller([READ]),
    decision: 'allowed',
  },
  {
    name: 'Z6 denies a listed client without the role: a client id never admits',
    rule: allow.app({ anyRole: [READ] }, { allowedClientIds: [CLIENT] }),
    caller: appCaller([WRITE]),
    decision: 'role_missing',
  },
];

describe('the decision about a verified caller', () => {
  for (const { name, rule, caller, certificate, decision } of rows) {
    it(name, () => {
      assert.equal(decide(rule, caller, certificate), decision);
    });
  }
});
