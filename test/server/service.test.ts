import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allow, ConfigError, rulesFromProto, service } from 'grpc-entra/server';
import { OrdersServiceDefinition, protoMetadata } from '#examples/orders/gen/orders/v1/orders.ts';

const handlers = {
  getOrder: async () => ({}),
  async *listOrders() {},
  uploadOrders: async () => ({}),
  async *quoteOrder() {},
  approveOrder: async () => ({}),
  getCatalog: async () => ({}),
};

const refusal = (run: () => unknown): ConfigError => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  assert.fail('the service was accepted');
};

describe('a service', () => {
  it('takes its rules from the proto: own rules and the default of the service', () => {
    const { methods } = service(OrdersServiceDefinition, rulesFromProto(protoMetadata), handlers);
    const sources = Object.fromEntries(
      methods.map(({ path, source }) => [path.split('/').at(-1), source]),
    );
    assert.equal(sources['GetOrder'], 'proto method');
    assert.equal(sources['UploadOrders'], 'proto service default');
    assert.equal(methods.length, 6);
  });

  it('is refused when methods have no rule, naming each of them', () => {
    const { options, ...rest } = protoMetadata;
    const own = options?.services?.['OrdersService'];
    const metadata = {
      ...rest,
      options: { services: { OrdersService: { methods: own?.methods ?? {} } } },
    };
    const error = refusal(() =>
      service(OrdersServiceDefinition, rulesFromProto(metadata), handlers),
    );
    assert.equal(error.code, 'ERR_RULE_MISSING');
    assert.match(
      error.message,
      /no access rule for orders\.v1\.OrdersService\/UploadOrders; write option/,
    );
  });

  it('is refused when no rule was found at all, as from code generated without options', () => {
    const error = refusal(() =>
      service(OrdersServiceDefinition, rulesFromProto({ references: {} }), handlers),
    );
    assert.match(
      error.message,
      /GetOrder.*ListOrders.*UploadOrders.*QuoteOrder.*ApproveOrder.*GetCatalog/,
    );
  });

  it('is refused when a rule in code is missing, which also does not compile', () => {
    const rules = { getOrder: allow.app({ anyRole: ['Orders.Read'] }) };
    // @ts-expect-error the other five methods have no rule
    const error = refusal(() => service(OrdersServiceDefinition, rules, handlers));
    assert.equal(error.code, 'ERR_RULE_MISSING');
  });

  it('is refused when a handler is missing, with the one that was meant', () => {
    const { getOrder, ...others } = handlers;
    const misspelt = { ...others, getOder: getOrder };
    const error = refusal(() =>
      service(OrdersServiceDefinition, rulesFromProto(protoMetadata), misspelt as never),
    );
    assert.match(error.message, /no handler for .*: getOrder; is it the one called "getOder"/);
  });
});
