// One server of the comparison, as a process of its own. Answers GetOrder, and tells its CPU time on request.
//
//   node contestant.mjs NAME        settings come as the first message

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createRequire } from 'node:module';
import { createServer as createNetServer } from 'node:net';
import {
  GetOrderResponse,
  OrdersServiceDefinition,
  OrdersServiceService,
  protoMetadata,
} from '#examples/orders/gen/orders/v1/orders.ts';
import { contestant } from '../contest.mjs';

const require = createRequire(import.meta.url);
const peer = (name) => import(createRequire(`${process.cwd()}/test/peers/`).resolve(name));

const answer = (orderId) => ({ order: { orderId } });

const grpcOptions = { 'grpc.max_concurrent_streams': 100, 'grpc.enable_channelz': 0 };

/** grpc-js over TLS with nothing else. */
async function bare({ certFile, keyFile }) {
  const { Server, ServerCredentials } = require('@grpc/grpc-js');
  const server = new Server(grpcOptions);
  const implementation = Object.fromEntries(
    Object.keys(OrdersServiceService).map((name) => [name, () => {}]),
  );
  server.addService(OrdersServiceService, {
    ...implementation,
    getOrder: (call, callback) =>
      callback(null, GetOrderResponse.fromPartial(answer(call.request.orderId))),
  });
  const pair = { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) };
  const credentials = ServerCredentials.createSsl(null, [pair]);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

/** This package, as a service author uses it. */
async function secured({ certFile, keyFile, entra }) {
  const { createServer, rulesFromProto, service } = await import('grpc-entra/server');
  const server = await createServer({
    entra,
    tls: { certFile, keyFile, clientCertificates: 'none' },
    services: [
      service(OrdersServiceDefinition, rulesFromProto(protoMetadata), {
        getOrder: async ({ orderId }) => answer(orderId),
        async *listOrders() {},
        uploadOrders: async () => ({}),
        async *quoteOrder() {},
        approveOrder: async () => ({}),
        getCatalog: async () => ({}),
      }),
    ],
    // What happens to the events is not the gate's cost.
    audit: () => {},
  });
  const address = await server.listen('127.0.0.1:0');
  await server.ready();
  return Number(address.split(':').at(-1));
}

/** What people build today: nice-grpc with a middleware that verifies by jose. */
async function usual({ certFile, keyFile, entra, keysUrl, issuer }) {
  const [{ createServer, ServerError }, { createLocalJWKSet, jwtVerify }] = await Promise.all([
    peer('nice-grpc').then((module) => ({ ...module.default, ...module })),
    import('jose'),
  ]);
  const { ServerCredentials } = createRequire(`${process.cwd()}/test/peers/`)('@grpc/grpc-js');
  const keys = createLocalJWKSet(keysUrl);
  const server = createServer(grpcOptions).use(async function* verify(call, context) {
    const [scheme, token] = String(context.metadata.get('authorization')).split(' ');
    if (scheme !== 'Bearer') throw new ServerError(16, 'no token');
    const { payload } = await jwtVerify(token, keys, { issuer, audience: entra.clientId });
    if (!payload.roles?.includes('Orders.Read')) throw new ServerError(7, 'no role');
    return yield* call.next(call.request, context);
  });
  const none = async () => ({});
  server.add(OrdersServiceDefinition, {
    getOrder: async ({ orderId }) => answer(orderId),
    async *listOrders() {},
    uploadOrders: none,
    async *quoteOrder() {},
    approveOrder: none,
    getCatalog: none,
  });
  return server.listen(
    '127.0.0.1:0',
    ServerCredentials.createSsl(null, [
      { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) },
    ]),
  );
}

/** The same in NestJS: a guard that verifies by jose. Decorators are called by hand, because this is JavaScript. */
async function nest({ certFile, keyFile, entra, keysUrl, issuer }) {
  const { createLocalJWKSet, jwtVerify } = await import('jose');
  const inPeers = createRequire(`${process.cwd()}/test/peers/`);
  inPeers('reflect-metadata');
  const [{ Controller, Module, UseGuards }, { NestFactory }, { GrpcMethod, Transport }] =
    await Promise.all([
      peer('@nestjs/common'),
      peer('@nestjs/core'),
      peer('@nestjs/microservices'),
    ]);
  const { ServerCredentials } = inPeers('@grpc/grpc-js');
  const keys = createLocalJWKSet(keysUrl);
  class Guard {
    async canActivate(context) {
      const value = context.switchToRpc().getContext().get('authorization')[0];
      const [scheme, token] = String(value).split(' ');
      if (scheme !== 'Bearer') return false;
      const { payload } = await jwtVerify(token, keys, { issuer, audience: entra.clientId });
      return payload.roles?.includes('Orders.Read') === true;
    }
  }
  class Orders {
    getOrder({ orderId }) {
      return answer(orderId);
    }
  }
  const method = Object.getOwnPropertyDescriptor(Orders.prototype, 'getOrder');
  GrpcMethod('OrdersService', 'GetOrder')(Orders.prototype, 'getOrder', method);
  UseGuards(Guard)(Orders);
  Controller()(Orders);
  class Root {}
  Module({ controllers: [Orders] })(Root);
  const port = await freePort();
  const app = await NestFactory.createMicroservice(Root, {
    transport: Transport.GRPC,
    logger: false,
    options: {
      url: `127.0.0.1:${port}`,
      credentials: ServerCredentials.createSsl(null, [
        { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) },
      ]),
      package: 'orders.v1',
      protoPath: 'orders/v1/orders.proto',
      loader: { includeDirs: ['proto'] },
      channelOptions: grpcOptions,
    },
  });
  await app.listen();
  return port;
}

/** Nest takes a port, and tells none. */
async function freePort() {
  const probe = createNetServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** What Node itself needs for a call: HTTP/2 over TLS, a constant answer. */
async function floor({ certFile, keyFile }) {
  const message = GetOrderResponse.encode(GetOrderResponse.fromPartial(answer('42'))).finish();
  const body = Buffer.alloc(5 + message.length);
  body.writeUInt32BE(message.length, 1);
  body.set(message, 5);
  const server = createSecureServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  server.on('stream', (stream) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc+proto' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.resume().on('end', () => stream.end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

contestant({ bare, secured, usual, nest, floor });
