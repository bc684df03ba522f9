// A grpc-js server as it was, with the gate in front: two lines changed. Handlers ask who calls, and `statusOf` what to answer.
import { Server } from '@grpc/grpc-js';
import { callerOf, rulesFromProto, secureCredentials, statusOf } from 'grpc-entra/server';
import {
  type OrdersServiceServer,
  OrdersServiceService,
  protoMetadata,
} from '../orders/gen/orders/v1/orders.ts';
import { OrderBook, quote } from '../orders/order-book.ts';
import { callInFourWays } from '../shared/calls.ts';
import { startWorld } from '../shared/world.ts';

const book = new OrderBook();

/**
 * Runs what a handler does until something of it throws: in a stream that would end the process, elsewhere grpc-js would
 * answer UNKNOWN.
 */
function guard(failed: (status: ReturnType<typeof statusOf>) => unknown) {
  let over = false;
  return (work: () => void): void => {
    if (over) return;
    try {
      work();
    } catch (error) {
      over = true;
      failed(statusOf(error, console.error));
    }
  };
}

const handlers = {
  getOrder: (call, callback) => {
    guard(callback)(() => {
      callback(null, { order: book.find(callerOf(call).tenantId, call.request.orderId) });
    });
  },
  listOrders: (call) => {
    guard((status) => call.emit('error', status))(() => {
      for (const order of book.list(callerOf(call).tenantId, call.request.limit)) {
        call.write({ order });
      }
      call.end();
    });
  },
  uploadOrders: (call, callback) => {
    const guarded = guard(callback);
    const orderIds: string[] = [];
    call.on('data', ({ lines, currencyCode }) => {
      guarded(() => {
        orderIds.push(book.place(callerOf(call).tenantId, lines, currencyCode).orderId);
      });
    });
    call.on('end', () => guarded(() => callback(null, { orderIds, total: undefined })));
  },
  quoteOrder: (call) => {
    const guarded = guard((status) => call.emit('error', status));
    call.on('data', ({ line, currencyCode }) => {
      guarded(() => {
        call.write({ line, price: quote(line, currencyCode) });
      });
    });
    call.on('end', () => guarded(() => call.end()));
  },
} satisfies Partial<OrdersServiceServer>;

await using world = await startWorld();
const credentials = secureCredentials({
  entra: world.entraOf('orders'),
  tls: world.tls,
  rules: rulesFromProto(protoMetadata),
  audit: () => {},
});
await credentials.ready();
const server = new Server();
server.addService(OrdersServiceService, handlers);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
});
await callInFourWays(world, `localhost:${port}`);
server.forceShutdown();
credentials.close();
