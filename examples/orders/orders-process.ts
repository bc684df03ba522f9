import { createServer } from 'grpc-entra/server';
import { runChild, stopWith, tell } from './child.ts';
import type { OrdersSettings } from './messages.ts';
import { OrderBook } from './order-book.ts';
import { ordersService } from './orders-service.ts';

/** The order service as a process of its own: what you would deploy. */
async function main(): Promise<void> {
  const settings = JSON.parse(process.env['ORDERS_SETTINGS'] ?? '{}') as OrdersSettings;
  const server = await createServer({
    entra: {
      tenantId: settings.tenantId,
      clientId: settings.clientId,
      authority: { emulator: settings.emulator, caFile: settings.emulatorCaFile },
    },
    tls: {
      certFile: settings.certFile,
      keyFile: settings.keyFile,
      clientCertificates: 'none',
    },
    services: [ordersService(new OrderBook())],
    audit: (event) => tell({ kind: 'audit', event }),
  });
  stopWith(() => server.close({ graceMs: 2000 }));
  const address = await server.listen(settings.listen);
  await server.ready();
  tell({ kind: 'orders-ready', address });
}

runChild(main);
