// A nice-grpc server with the gate in front. Handlers ask `callerOf(context)`.
import { ServiceError } from 'grpc-entra';
import { callerOf, rulesFromProto, secureCredentials, statusOf } from 'grpc-entra/server';
import { createServer, ServerError, type ServerMiddleware } from 'nice-grpc';
import { OrdersServiceDefinition, protoMetadata } from '../orders/gen/orders/v1/orders.ts';
import { OrderBook, quote } from '../orders/order-book.ts';
import { callInFourWays } from '../shared/calls.ts';
import { startWorld } from '../shared/world.ts';

const book = new OrderBook();

/** Answers what a handler throws as this package's own server would. */
const serviceErrors: ServerMiddleware = async function* serviceErrors(call, context) {
  try {
    return yield* call.next(call.request, context);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { code, details, metadata } = statusOf(error);
    for (const value of metadata.get('grpc-status-details-bin')) {
      context.trailer.set('grpc-status-details-bin', Buffer.from(value));
    }
    throw new ServerError(code as number, details);
  }
};

await using world = await startWorld();
const credentials = secureCredentials({
  entra: world.entraOf('orders'),
  tls: world.tls,
  rules: rulesFromProto(protoMetadata),
  audit: () => {},
});
await credentials.ready();
const server = createServer().use(serviceErrors);
server.add(OrdersServiceDefinition, {
  async getOrder({ orderId }, context) {
    return { order: book.find(callerOf(context).tenantId, orderId) };
  },
  async *listOrders({ limit }, context) {
    for (const order of book.list(callerOf(context).tenantId, limit)) yield { order };
  },
  async uploadOrders(uploads, context) {
    const { tenantId } = callerOf(context);
    const orderIds: string[] = [];
    for await (const { lines, currencyCode } of uploads) {
      orderIds.push(book.place(tenantId, lines, currencyCode).orderId);
    }
    return { orderIds };
  },
  async *quoteOrder(lines) {
    for await (const { line, currencyCode } of lines)
      yield { line, price: quote(line, currencyCode) };
  },
  async approveOrder({ orderId }, context) {
    return { order: book.approve(callerOf(context).tenantId, orderId) };
  },
  async getCatalog() {
    return { currencyCodes: ['EUR'] };
  },
});
const port = await server.listen('127.0.0.1:0', credentials);
await callInFourWays(world, `localhost:${port}`);
server.forceShutdown();
credentials.close();
