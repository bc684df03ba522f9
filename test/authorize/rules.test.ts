import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allow } from '#src/authorize/allow.ts';
import { parseRule, type RuleInput } from '#src/authorize/parse-rule.ts';
import { rulesFromProto } from '#src/authorize/proto-rules.ts';
import { describeRule } from '#src/authorize/rule.ts';
import { ConfigError } from '#src/core/errors.ts';

const refused = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConfigError);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

describe('a rule as data', () => {
  const bad: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['that admits nobody', {}, 'ERR_RULE_INVALID', /admits nobody/],
    ['for apps without a role', { app: {} }, 'ERR_RULE_INVALID', /names no role/],
    [
      'for apps with empty lists',
      { app: { anyRole: [], allRoles: [] } },
      'ERR_RULE_INVALID',
      /names no role/,
    ],
    [
      'for users without a scope',
      { user: { anyRole: ['A'] } },
      'ERR_RULE_INVALID',
      /names no scope/,
    ],
    [
      'with a role that has a space',
      { app: { anyRole: ['A B'] } },
      'ERR_RULE_INVALID',
      /no role or scope/,
    ],
    ['with an empty role', { app: { anyRole: [''] } }, 'ERR_RULE_INVALID', /no role or scope/],
    [
      'with a role that is no string',
      { app: { anyRole: [7] } },
      'ERR_RULE_INVALID',
      /no role or scope/,
    ],
    [
      'with roles that are no list',
      { app: { anyRole: 'A' } },
      'ERR_RULE_INVALID',
      /must be a list/,
    ],
    [
      'that is public without a reason',
      { public: { reason: ' ' } },
      'ERR_RULE_INVALID',
      /needs a reason/,
    ],
    [
      'that is public and for apps',
      { public: { reason: 'x' }, app: { anyRole: ['A'] } },
      'ERR_RULE_INVALID',
      /stands alone/,
    ],
    [
      'that is public and for users',
      { public: { reason: 'x' }, user: { anyScope: ['A'] } },
      'ERR_RULE_INVALID',
      /stands alone/,
    ],
    [
      'that is public and for some clients only',
      { public: { reason: 'x' }, allowedClientIds: ['2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13'] },
      'ERR_RULE_INVALID',
      /stands alone/,
    ],
    ['that is public for no text', { public: { reason: 7 } }, 'ERR_RULE_INVALID', /needs a reason/],
    [
      'with a part of public that nobody knows',
      { public: { reason: 'x', until: 'tomorrow' } },
      'ERR_OPTION_UNKNOWN',
      /public/,
    ],
    [
      'with a part of user that nobody knows',
      { user: { anyScope: ['A'], anyScopes: ['B'] } },
      'ERR_OPTION_UNKNOWN',
      /did you mean "anyScope"/,
    ],
    [
      'with a client id that is no GUID',
      { app: { anyRole: ['A'] }, allowedClientIds: ['orders'] },
      'ERR_OPTION_INVALID',
      /a GUID/,
    ],
    [
      'that is public and for some certificates only',
      { public: { reason: 'x' }, clientCertificate: {} },
      'ERR_RULE_INVALID',
      /stands alone/,
    ],
    ...['c0', 'c100', 'c1 ', 'C1', 7, ['c1']].map(
      (authContext) =>
        [
          `with authentication context ${String(authContext)}`,
          { user: { anyScope: ['A'], authContext } },
          'ERR_RULE_INVALID',
          /auth_context/,
        ] as const,
    ),
    ...['https://a.org/x', 'spiffe://A.org/x', 'spiffe://a.org/x/', 7, ['spiffe://a.org/x']].map(
      (id) =>
        [
          `with SPIFFE id ${String(id)}`,
          { app: { anyRole: ['A'] }, clientCertificate: { spiffeIds: [id] } },
          'ERR_RULE_INVALID',
          /spiffe_ids/,
        ] as const,
    ),
    ...['*.example.org', 'Example.org', '', 'a..b', 'a.example.org.'].map(
      (name) =>
        [
          `with DNS name "${name}"`,
          { app: { anyRole: ['A'] }, clientCertificate: { dnsNames: [name] } },
          'ERR_RULE_INVALID',
          /dns_names/,
        ] as const,
    ),
    [
      'with names that are no list',
      { app: { anyRole: ['A'] }, clientCertificate: { dnsNames: 'a' } },
      'ERR_RULE_INVALID',
      /must be a list/,
    ],
    [
      'with a binding that is neither true nor false',
      { app: { anyRole: ['A'] }, clientCertificate: { boundToken: 'yes' } },
      'ERR_RULE_INVALID',
      /bound_token/,
    ],
    [
      'with a part of the certificate that nobody knows',
      { app: { anyRole: ['A'] }, clientCertificate: { spiffeId: 'x' } },
      'ERR_OPTION_UNKNOWN',
      /did you mean "spiffeIds"/,
    ],
    [
      'with a condition nobody knows',
      { apps: { anyRole: ['A'] } },
      'ERR_OPTION_UNKNOWN',
      /did you mean "app"/,
    ],
    [
      'with a part nobody knows',
      { app: { anyRole: ['A'], anyRoles: ['B'] } },
      'ERR_OPTION_UNKNOWN',
      /did you mean "anyRole"/,
    ],
  ];
  for (const [name, input, code, message] of bad) {
    it(`is refused ${name}`, () => {
      assert.throws(
        () => parseRule('orders.v1.OrdersService/Get', input as RuleInput),
        refused(code, message),
      );
    });
  }

  it('is accepted in each of its four forms', () => {
    assert.equal(parseRule('m', { app: { anyRole: ['A'] } }).kind, 'app');
    assert.equal(parseRule('m', { user: { allScopes: ['A'] } }).kind, 'user');
    assert.equal(
      parseRule('m', { app: { allRoles: ['A'] }, user: { anyScope: ['A'] } }).kind,
      'either',
    );
    assert.equal(parseRule('m', { public: { reason: 'x' } }).kind, 'public');
  });

  it('written by allow is of the kind it is called', () => {
    const smuggled = { public: { reason: 'x' } } as never;
    assert.throws(
      () => allow.app({ anyRole: ['A'] }, smuggled),
      refused('ERR_RULE_INVALID', /stands alone/),
    );
    const user = { user: { anyScope: ['A'] } } as never;
    assert.throws(() => allow.app({ anyRole: ['A'] }, user), /expected a rule of kind app/);
    assert.equal(allow.app({ anyRole: ['A'] }).kind, 'app');
  });

  it('cannot be changed afterwards', () => {
    const rule = allow.app({ anyRole: ['A'] });
    assert.ok(
      Object.isFrozen(rule) && Object.isFrozen(rule.app) && Object.isFrozen(rule.app.anyRole),
    );
  });

  it('describes itself in one line', () => {
    assert.equal(
      describeRule(
        allow.either({ app: { anyRole: ['A', 'B'] }, user: { allScopes: ['C'], anyRole: ['D'] } }),
      ),
      'app with any of A, B; or user with all scopes of C and any role of D',
    );
    assert.equal(describeRule(allow.public('liveness')), 'public: liveness');
    const clientCertificate = { dnsNames: ['a.example.com'], boundToken: true };
    assert.equal(
      describeRule(allow.user({ anyScope: ['A'], authContext: 'c1' }, { clientCertificate })),
      'user with any scope of A and authentication context c1; only with a client certificate of a.example.com ' +
        'that the token is bound to',
    );
    assert.equal(
      describeRule(allow.app({ anyRole: ['A'] }, { clientCertificate: {} })),
      'app with any of A; only with a client certificate',
    );
  });

  it('says nothing more where a proto says nothing', () => {
    const silent = { user: { anyScope: ['A'], authContext: '' } };
    assert.equal(describeRule(parseRule('m', silent)), 'user with any scope of A');
  });
});

describe('rules from proto metadata', () => {
  const metadata = (services: unknown) =>
    ({ references: { '.orders.v1.Orders': {} }, options: { services } }) as never;

  it('takes the rule of the method before the default of the service', () => {
    const rules = rulesFromProto(
      metadata({
        Orders: {
          options: { entra_auth_default: { app: { anyRole: ['Default'] } } },
          methods: { Get: { entra_auth: { app: { anyRole: ['Own'] } } }, List: {} },
        },
      }),
    );
    const get = rules.ruleFor('orders.v1.Orders', 'Get');
    assert.equal(get?.source, 'method');
    assert.deepEqual(get?.rule, allow.app({ anyRole: ['Own'] }));
    assert.equal(rules.ruleFor('orders.v1.Orders', 'List')?.source, 'service');
    assert.deepEqual(rules.services, ['orders.v1.Orders']);
  });

  it('has no rule where nothing was written', () => {
    const rules = rulesFromProto(metadata({ Orders: { methods: { Get: {} } } }));
    assert.equal(rules.ruleFor('orders.v1.Orders', 'Get'), undefined);
    assert.equal(rules.ruleFor('orders.v2.Orders', 'Get'), undefined);
    assert.equal(rulesFromProto({ references: {} }).ruleFor('orders.v1.Orders', 'Get'), undefined);
  });

  it('names the method whose rule cannot be meant', () => {
    assert.throws(
      () => rulesFromProto(metadata({ Orders: { methods: { Get: { entra_auth: { app: {} } } } } })),
      refused('ERR_RULE_INVALID', /rule of orders\.v1\.Orders\/Get: app names no role/),
    );
  });

  it('refuses options that were not decoded, and services without a full name', () => {
    assert.throws(
      () => rulesFromProto(metadata({ Orders: { methods: { Get: { entra_auth: 'CgA=' } } } })),
      refused('ERR_RULE_INVALID', /is not decoded/),
    );
    assert.throws(
      () => rulesFromProto({ references: {}, options: { services: { Orders: {} } } }),
      refused('ERR_RULE_INVALID', /full name is missing/),
    );
    assert.throws(
      () => rulesFromProto(metadata({ Orders: { methods: { Get: { entra_auth: null } } } })),
      refused('ERR_RULE_INVALID', /is not decoded/),
    );
    for (const bad of [undefined, {}, { references: null }]) {
      assert.throws(
        () => rulesFromProto(bad as never),
        refused('ERR_RULE_INVALID', /protoMetadata/),
      );
    }
  });

  it('refuses a short name that two services share, rather than guess whose rules these are', () => {
    const references = { '.orders.v1.Orders': {}, '.orders.v2.Orders': {} };
    assert.throws(
      () => rulesFromProto({ references, options: { services: { Orders: {} } } }),
      refused('ERR_RULE_INVALID', /full name is ambiguous/),
    );
  });
});
