// A NestJS microservice with the gate in front. Handlers ask `callerOf({ metadata })`.
import 'reflect-metadata';
import { createServer } from 'node:net';
import type { Metadata } from '@grpc/grpc-js';
import { type ArgumentsHost, Catch, Controller, Module, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BaseRpcExceptionFilter,
  GrpcMethod,
  GrpcStreamMethod,
  type MicroserviceOptions,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { ServiceError } from 'grpc-entra';
import { callerOf, rulesFromProto, secureCredentials, statusOf } from 'grpc-entra/server';
import { concatMap, from, map, type Observable, reduce } from 'rxjs';
import {
  type GetOrderRequest,
  type ListOrdersRequest,
  protoMetadata,
  type QuoteOrderRequest,
  type UploadOrdersRequest,
} from '../orders/gen/orders/v1/orders.ts';
import { OrderBook, quote } from '../orders/order-book.ts';
import { callInFourWays } from '../shared/calls.ts';
import { startWorld } from '../shared/world.ts';

const book = new OrderBook();
const SERVICE = 'OrdersService';

/** Answers what a handler throws as this package's own server would. */
@Catch(ServiceError)
class ServiceErrors extends BaseRpcExceptionFilter {
  override catch(error: ServiceError, host: ArgumentsHost) {
    return super.catch(new RpcException(statusOf(error)), host);
  }
}

@UseFilters(ServiceErrors)
@Controller()
class OrdersController {
  @GrpcMethod(SERVICE, 'GetOrder')
  getOrder({ orderId }: GetOrderRequest, metadata: Metadata) {
    return { order: book.find(callerOf({ metadata }).tenantId, orderId) };
  }

  @GrpcMethod(SERVICE, 'ListOrders')
  listOrders({ limit }: ListOrdersRequest, metadata: Metadata) {
    const orders = book.list(callerOf({ metadata }).tenantId, limit);
    return from([...orders]).pipe(map((order) => ({ order })));
  }

  @GrpcStreamMethod(SERVICE, 'UploadOrders')
  uploadOrders(uploads: Observable<UploadOrdersRequest>, metadata: Metadata) {
    const { tenantId } = callerOf({ metadata });
    return uploads.pipe(
      map(({ lines, currencyCode }) => book.place(tenantId, lines, currencyCode).orderId),
      reduce((orderIds: string[], orderId) => [...orderIds, orderId], []),
      map((orderIds) => ({ orderIds })),
    );
  }

  @GrpcStreamMethod(SERVICE, 'QuoteOrder')
  quoteOrder(lines: Observable<QuoteOrderRequest>) {
    return lines.pipe(
      concatMap(async ({ line, currencyCode }) => ({ line, price: quote(line, currencyCode) })),
    );
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

/** Nest takes a port, and tells none. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

await using world = await startWorld();
const credentials = secureCredentials({
  entra: world.entraOf('orders'),
  tls: world.tls,
  rules: rulesFromProto(protoMetadata),
  audit: () => {},
});
await credentials.ready();
const port = await freePort();
const app = await NestFactory.createMicroservice<MicroserviceOptions>(OrdersModule, {
  transport: Transport.GRPC,
  logger: ['error'],
  options: {
    url: `127.0.0.1:${port}`,
    credentials,
    package: 'orders.v1',
    protoPath: 'orders/v1/orders.proto',
    // As the protocol has it: what a message leaves out is its default, an empty list and not nothing.
    loader: { includeDirs: ['proto'], longs: BigInt as never, defaults: true },
  },
});
await app.listen();
await callInFourWays(world, `localhost:${port}`);
await app.close();
credentials.close();
