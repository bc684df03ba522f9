import { allow, type BoundService, type Handlers, ServiceError, service } from 'grpc-entra/server';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import type { Rule } from '#src/authorize/rule.ts';

/** The same rule for every method of the order service. */
export function ordersOf<R extends Rule>(
  rule: R,
): Readonly<
  Record<
    'getOrder' | 'listOrders' | 'uploadOrders' | 'quoteOrder' | 'approveOrder' | 'getCatalog',
    R
  >
> {
  return {
    getOrder: rule,
    listOrders: rule,
    uploadOrders: rule,
    quoteOrder: rule,
    approveOrder: rule,
    getCatalog: rule,
  };
}

type Definition = typeof OrdersServiceDefinition;
type OrdersHandlers = Handlers<
  Definition,
  ReturnType<typeof ordersOf<ReturnType<typeof allow.app>>>
>;

/** The role that admits to {@link ordersWith}. */
export const READ = 'Orders.Read';

/** The order service with these handlers, open to applications with {@link READ}. */
export function ordersWith(handlers: Partial<OrdersHandlers>): BoundService<Definition> {
  const missing = (): never => {
    throw new ServiceError('UNIMPLEMENTED', 'not part of this test');
  };
  return service(OrdersServiceDefinition, ordersOf(allow.app({ anyRole: [READ] })), {
    getOrder: missing,
    listOrders: missing,
    uploadOrders: missing,
    quoteOrder: missing,
    approveOrder: missing,
    getCatalog: missing,
    ...handlers,
  });
}
