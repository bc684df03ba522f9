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
/** grpc-js ends the process when a handler of a stream throws, and calls what others throw UNKNOWN. */
function guarded(failed: (status: ReturnType<typeof statusOf>) => unknown, work: () => void): void {
  try {
    work();
  } catch (error) {
    failed(statusOf(error, console.error));
  }
}

const handlers = {
  getOrder: (call, callback) => {
    guarded(callback, () => {
      callback(null, { order: book.find(callerOf(call).tenantId, call.request.orderId) });
    });
  },
  listOrders: (call) => {
    guarded(
      (status) => call.emit('error', status),
      () => {
        for (const order of book.list(callerOf(call).tenantId, call.request.limit)) {
          call.write({ order });
        }
        call.end();
      },
    );
  },
  uploadOrders: (call, callback) => {
    const orderIds: string[] = [];
    let over = false;
    const failed: typeof callback = (status) => {
      if (!over) callback(status);
      over = true;
    };
    call.on('data', ({ lines, currencyCode }) => {
      guarded(failed, () => {
        orderIds.push(book.place(callerOf(call).tenantId, lines, currencyCode).orderId);
      });
    });
    call.on('end', () => {
      if (!over) callback(null, { orderIds, total: undefined });
    });
  },
  quoteOrder: (call) => {
    call.on('data', ({ line, currencyCode }) => {
      guarded(
        (status) => call.emit('error', status),
        () => {
          call.write({ line, price: quote(line, currencyCode) });
        },
      );
    });
    call.on('end', () => call.end());
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
