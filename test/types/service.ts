// Compiles only because every line marked below does not: the types that follow from definition and rule.
import { allow, rulesFromProto, service } from 'grpc-entra/server';
import { OrdersServiceDefinition, protoMetadata } from '#examples/orders/gen/orders/v1/orders.ts';

const app = allow.app({ anyRole: ['Orders.Read'] });
const rules = {
  getOrder: app,
  listOrders: app,
  uploadOrders: allow.user({ anyScope: ['Orders.Write'] }),
  quoteOrder: allow.either({ app: { anyRole: ['Orders.Read'] }, user: { anyScope: ['x'] } }),
  approveOrder: allow.user({ anyScope: ['Orders.Approve'] }),
  getCatalog: allow.public('printed on our website'),
};
const handlers = {
  getOrder: async () => ({}),
  async *listOrders() {},
  uploadOrders: async () => ({}),
  async *quoteOrder() {},
  approveOrder: async () => ({}),
  getCatalog: async () => ({}),
};

/** Never called: this file is compiled and not run. */
export function examples(): void {
  service(OrdersServiceDefinition, rules, handlers);
  service(OrdersServiceDefinition, rulesFromProto(protoMetadata), handlers);

  const { getOrder: _left, ...fewer } = rules;
  // @ts-expect-error a method without a rule
  service(OrdersServiceDefinition, fewer, handlers);

  // @ts-expect-error a method without a handler
  service(OrdersServiceDefinition, rules, { ...handlers, getOrder: undefined });

  service(OrdersServiceDefinition, rules, {
    ...handlers,
    // @ts-expect-error an application has no scopes
    getOrder: async (_request, { caller }) => ({ order: { orderId: caller.scopes.join() } }),
  });
  service(OrdersServiceDefinition, rules, {
    ...handlers,
    // @ts-expect-error on a public method nobody is known
    getCatalog: async (_request, { caller }) => ({ currencyCodes: [caller.tenantId] }),
  });
  service(OrdersServiceDefinition, rules, {
    ...handlers,
    // A user has scopes, and an `either` caller has them once it is known to be a user.
    approveOrder: async (_request, { caller }) => ({ order: { orderId: caller.scopes.join() } }),
    async *quoteOrder(_lines, { caller }) {
      if (caller.kind === 'user') yield { line: { sku: caller.scopes.join() } };
    },
  });
  service(OrdersServiceDefinition, rules, {
    ...handlers,
    async *quoteOrder(_lines, { caller }) {
      // @ts-expect-error before that it is not
      yield { line: { sku: caller.scopes.join() } };
    },
  });

  service(OrdersServiceDefinition, rules, {
    ...handlers,
    // @ts-expect-error a stream is answered with an async iterable
    listOrders: async () => ({}),
  });
  service(OrdersServiceDefinition, rules, {
    ...handlers,
    // @ts-expect-error another message than the method's
    getOrder: async () => ({ order: { orderId: 7 } }),
  });
}
