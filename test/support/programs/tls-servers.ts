// Our server and a host's server with our credentials, in a process whose environment a test has spoilt.
//   node tls-servers.js FOLDER [none|required]      prints one line of JSON: { own, host } ports
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Server } from '@grpc/grpc-js';
import {
  allow,
  createServer,
  type ServerTlsOptions,
  secureCredentials,
  service,
} from 'grpc-entra/server';
import {
  OrdersServiceDefinition,
  type OrdersServiceServer,
  OrdersServiceService,
} from '#examples/orders/gen/orders/v1/orders.ts';
import { ordersOf } from '../orders.ts';

const [folder = '', clientCertificates = 'none'] = process.argv.slice(2);
const ca = readFileSync(join(folder, 'ca.pem'), 'utf8');
const tls = {
  certFile: join(folder, 'server.pem'),
  keyFile: join(folder, 'server.key'),
  clientCertificates,
  ...(clientCertificates === 'none' ? {} : { clientCa: ca }),
} as ServerTlsOptions;
const entra = {
  tenantId: '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11',
  clientId: '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13',
  authority: { emulator: 'https://127.0.0.1:1', ca },
} as const;

const own = await createServer({
  entra,
  tls,
  services: [
    service(OrdersServiceDefinition, ordersOf(allow.public('test')), {
      getOrder: async () => ({}),
      async *listOrders() {},
      uploadOrders: async () => ({}),
      async *quoteOrder() {},
      approveOrder: async () => ({}),
      getCatalog: async () => ({}),
    }),
  ],
  audit: () => {},
});
const address = await own.listen('127.0.0.1:0');
const host = new Server();
const credentials = secureCredentials({
  entra,
  tls,
  rules: { '/orders.v1.OrdersService/GetCatalog': allow.public('test') },
  audit: () => {},
});
const handlers: Partial<OrdersServiceServer> = {
  getCatalog: (_call, callback) => callback(null, { currencyCodes: [] }),
};
host.addService(OrdersServiceService, handlers as OrdersServiceServer);
const port = await promisify(host.bindAsync.bind(host))('127.0.0.1:0', credentials);
process.stdout.write(`${JSON.stringify({ own: Number(address.split(':').at(-1)), host: port })}\n`);
// Ends with its parent.
process.stdin.resume();
process.stdin.on('end', () => process.exit());
