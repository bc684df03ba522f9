import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allow } from '#src/authorize/allow.ts';
import { rulesFromProto } from '#src/authorize/proto-rules.ts';
import type { ConfigError } from '#src/core/errors.ts';
import { joinRules, type PathRules } from '#src/server/method-rules.ts';

const PATH = '/orders.v1.Orders/Get';
const app = (role: string) => ({ app: { anyRole: [role] } });
const proto = (own: object | undefined, fallback?: object) =>
  rulesFromProto({
    references: { '.orders.v1.Orders': {} },
    options: {
      services: {
        Orders: {
          options: fallback === undefined ? {} : { entra_auth_default: fallback },
          methods: own === undefined ? {} : { Get: { entra_auth: own } },
        },
      },
    },
  } as never);

const differs = (error: ConfigError): boolean =>
  error.code === 'ERR_RULE_INVALID' && /two rules that differ/.test(error.message);

describe('rules of a host', () => {
  it('from two protos may agree, and may not differ', () => {
    const same = joinRules('rules', [proto(app('A')), proto(app('A'))]);
    assert.equal(same.get(PATH)?.kind, 'app');
    for (const other of [
      proto(app('B')),
      proto({ public: { reason: 'x' } }),
      proto(undefined, app('B')),
    ]) {
      assert.throws(() => joinRules('rules', [proto(app('A')), other]), differs);
    }
    assert.throws(
      () => joinRules('rules', [proto(undefined, app('A')), proto(undefined, app('B'))]),
      differs,
    );
  });

  it('in code and in a proto agree whatever the order of their members', () => {
    const code = { allowedClientIds: [], app: { allRoles: [], anyRole: ['A'] }, kind: 'app' };
    const joined = joinRules('rules', [proto(app('A')), { [PATH]: code as never }]);
    assert.equal(joined.get(PATH)?.kind, 'app');
    assert.throws(
      () => joinRules('rules', [proto(app('A')), { [PATH]: allow.public('x') }]),
      differs,
    );
  });

  it('are those of the moment they were given', () => {
    const rules: Record<string, ReturnType<typeof allow.app | typeof allow.public>> = {
      [PATH]: allow.app({ anyRole: ['A'] }),
    };
    const joined = joinRules('rules', rules);
    rules[PATH] = allow.public('x');
    assert.equal(joined.get(PATH)?.kind, 'app');
  });

  it('are rules of a kind there is', () => {
    for (const rule of [{ kind: 'pubic' }, {}, undefined, 'public']) {
      const rules = { [PATH]: rule } as unknown as PathRules;
      assert.throws(() => joinRules('rules', rules), { code: 'ERR_OPTION_INVALID' });
    }
  });
});
