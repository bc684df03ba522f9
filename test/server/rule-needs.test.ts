import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allow } from '#src/authorize/allow.ts';
import { rulesFromProto } from '#src/authorize/proto-rules.ts';
import type { ConfigError } from '#src/core/errors.ts';
import { joinRules } from '#src/server/method-rules.ts';
import { checkRuleNeeds } from '#src/server/rule-needs.ts';

const app = { anyRole: ['Orders.Read'] };
const certificate = allow.app(app, { clientCertificate: {} });
const bound = allow.app(app, { clientCertificate: { boundToken: true } });
const PATH = '/orders.v1.OrdersService/GetOrder';

const refused = (message: RegExp) => (error: ConfigError) =>
  error.code === 'ERR_RULE_INVALID' && error.message.includes(PATH) && message.test(error.message);

describe('a rule that nobody could satisfy', () => {
  it('is refused at start: a client certificate, where none is asked for', () => {
    const rules = joinRules('rules', { [PATH]: certificate }).stated();
    assert.throws(
      () => checkRuleNeeds(rules, { clientCertificates: 'none', binding: 'off' }),
      refused(/tls\.clientCertificates/),
    );
    for (const clientCertificates of ['optional', 'required'] as const) {
      checkRuleNeeds(rules, { clientCertificates, binding: 'off' });
    }
  });

  it('is refused at start: bound tokens, where bindings are not looked at', () => {
    const rules = [[PATH, bound]] as const;
    assert.throws(
      () => checkRuleNeeds(rules, { clientCertificates: 'required', binding: 'off' }),
      refused(/entra\.binding/),
    );
    checkRuleNeeds(rules, { clientCertificates: 'required', binding: 'optional' });
  });

  it('is named, as the method or the service whose rule it is, also from a proto', () => {
    const asked = { entra_auth: { app, clientCertificate: {} } };
    const rulesOf = (service: object) =>
      joinRules(
        'rules',
        rulesFromProto({
          references: { '.orders.v1.Orders': {} },
          options: { services: { Orders: service } },
        } as never),
      ).stated();
    const settings = { clientCertificates: 'none', binding: 'off' } as const;
    assert.throws(
      () => checkRuleNeeds(rulesOf({ methods: { Get: asked } }), settings),
      /rule of orders\.v1\.Orders\/Get asks/,
    );
    const byDefault = { options: { entra_auth_default: asked.entra_auth } };
    assert.throws(
      () => checkRuleNeeds(rulesOf(byDefault), settings),
      /rule of orders\.v1\.Orders asks/,
    );
  });

  it('is no other rule', () => {
    const others = [
      [PATH, allow.app(app)],
      [PATH, allow.public('x')],
    ] as const;
    checkRuleNeeds(others, { clientCertificates: 'none', binding: 'off' });
    assert.equal(others.length, 2);
  });
});
