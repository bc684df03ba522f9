import { type BoundService, rulesFromProto, service } from 'grpc-entra/server';
import { OrdersServiceDefinition, protoMetadata } from './gen/orders/v1/orders.ts';
import { CURRENCIES, type OrderBook, quote } from './order-book.ts';

/** The order service. Who may call what stands in proto/orders/v1/orders.proto. */
export function ordersService(book: OrderBook): BoundService<typeof OrdersServiceDefinition> {
  return service(OrdersServiceDefinition, rulesFromProto(protoMetadata), {
    async getOrder({ orderId }, { caller }) {
      return { order: book.find(caller.tenantId, orderId) };
    },

    async *listOrders({ limit }, { caller, signal }) {
      for (const order of book.list(caller.tenantId, limit)) {
        signal.throwIfAborted();
        yield { order };
      }
    },

    async uploadOrders(uploads, { caller }) {
      const orderIds: string[] = [];
      let total = 0n;
      let currencyCode = '';
      for await (const upload of uploads) {
        const order = book.place(caller.tenantId, upload.lines, upload.currencyCode);
        orderIds.push(order.orderId);
        total += order.total?.minorUnits ?? 0n;
        currencyCode = upload.currencyCode;
      }
      return { orderIds, total: { currencyCode, minorUnits: total } };
    },

    async *quoteOrder(lines) {
      for await (const { line, currencyCode } of lines) {
        yield { line, price: quote(line, currencyCode) };
      }
    },

    async approveOrder({ orderId }, { caller }) {
      return { order: book.approve(caller.tenantId, orderId) };
    },

    async getCatalog() {
      return { currencyCodes: [...CURRENCIES] };
    },
  });
}
