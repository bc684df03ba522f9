import { randomUUID } from 'node:crypto';
import { ServiceError } from 'grpc-entra';
import type { Money, Order, OrderLine } from './gen/orders/v1/orders.ts';

/** Prices in cents; in a real service they come from a database. */
const PRICES: ReadonlyMap<string, bigint> = new Map([
  ['tea', 450n],
  ['coffee', 1290n],
  ['cocoa', 880n],
]);

export const CURRENCIES: readonly string[] = ['EUR'];

/** Price of one line. */
export function quote(line: OrderLine | undefined, currencyCode: string): Money {
  if (!CURRENCIES.includes(currencyCode)) {
    throw new ServiceError('INVALID_ARGUMENT', `prices are in ${CURRENCIES.join(', ')}`);
  }
  const unit = PRICES.get(line?.sku ?? '');
  if (line === undefined || unit === undefined || line.quantity === 0) {
    throw new ServiceError(
      'INVALID_ARGUMENT',
      `a line needs a quantity and one of ${[...PRICES.keys()].join(', ')}`,
    );
  }
  return { currencyCode, minorUnits: unit * BigInt(line.quantity) };
}

/** Orders in memory, kept apart by tenant: an id from another tenant is simply not there. */
export class OrderBook {
  readonly #orders = new Map<string, Map<string, Order>>();

  #ofTenant(tenantId: string): Map<string, Order> {
    const orders = this.#orders.get(tenantId) ?? new Map<string, Order>();
    this.#orders.set(tenantId, orders);
    return orders;
  }

  place(tenantId: string, lines: readonly OrderLine[], currencyCode: string): Order {
    if (lines.length === 0)
      throw new ServiceError('INVALID_ARGUMENT', 'an order needs at least one line');
    const total = lines.reduce((sum, line) => sum + quote(line, currencyCode).minorUnits, 0n);
    const order: Order = {
      orderId: randomUUID(),
      lines: [...lines],
      total: { currencyCode, minorUnits: total },
      status: 1,
      placedAt: new Date(),
    };
    this.#ofTenant(tenantId).set(order.orderId, order);
    return order;
  }

  find(tenantId: string, orderId: string): Order {
    const order = this.#ofTenant(tenantId).get(orderId);
    if (order === undefined) throw new ServiceError('NOT_FOUND', 'no such order');
    return order;
  }

  list(tenantId: string, limit: number): readonly Order[] {
    const orders = [...this.#ofTenant(tenantId).values()];
    return limit === 0 ? orders : orders.slice(0, limit);
  }

  approve(tenantId: string, orderId: string): Order {
    const approved: Order = { ...this.find(tenantId, orderId), status: 2 };
    this.#ofTenant(tenantId).set(orderId, approved);
    return approved;
  }
}
