// Calls an order service in all four ways as an application that may, and as one that may not.
import { clientSecret, createChannel, createClient, ServiceError } from 'grpc-entra/client';
import { OrdersServiceDefinition } from '../orders/gen/orders/v1/orders.ts';
import type { World } from './world.ts';

const LINE = { lines: [{ sku: 'tea', quantity: 2 }], currencyCode: 'EUR' };

/** Makes the calls, and prints what came of each. Sets the exit code when one came out wrong. */
export async function callInFourWays(world: World, address: string): Promise<void> {
  for (const name of ['desk', 'visitor']) {
    const { clientId, clientSecret: secret } = world.emulator.app(name);
    const channel = createChannel(address, {
      tls: { ca: world.ca },
      credential: clientSecret({ ...world.entraOf('orders'), clientId, secret }),
      scope: 'api://orders/.default',
    });
    const orders = createClient(OrdersServiceDefinition, channel);
    let orderId = 'none';
    const calls: Readonly<Record<string, () => Promise<string>>> = {
      'client streaming': async () => {
        const { orderIds } = await orders.uploadOrders([LINE, LINE]);
        orderId = orderIds[0] ?? orderId;
        return `${orderIds.length} orders placed`;
      },
      unary: async () => `${(await orders.getOrder({ orderId })).order?.lines[0]?.sku} ordered`,
      'server streaming': async () => {
        let count = 0;
        for await (const _ of orders.listOrders({})) count += 1;
        return `${count} orders listed`;
      },
      bidirectional: async () => {
        let count = 0;
        for await (const _ of orders.quoteOrder([{ line: LINE.lines[0], currencyCode: 'EUR' }])) {
          count += 1;
        }
        return `${count} prices quoted`;
      },
      'unary, of an order that is not there': async () =>
        `${(await orders.getOrder({ orderId: 'none' })).order?.orderId} found`,
      'client streaming, of an order without lines': async () =>
        `${(await orders.uploadOrders([{ lines: [] }])).orderIds.length} orders placed`,
      'bidirectional, in a currency nobody takes': async () => {
        let count = 0;
        for await (const _ of orders.quoteOrder([{ line: LINE.lines[0], currencyCode: 'X' }])) {
          count += 1;
        }
        return `${count} prices quoted`;
      },
    };
    /** What the service itself says no to. */
    const failures: Readonly<Record<string, string>> = {
      'unary, of an order that is not there': 'NOT_FOUND',
      'client streaming, of an order without lines': 'INVALID_ARGUMENT',
      'bidirectional, in a currency nobody takes': 'INVALID_ARGUMENT',
    };
    for (const [kind, call] of Object.entries(calls)) {
      const outcome = await call().catch((error: unknown) =>
        error instanceof ServiceError ? error.status : String(error),
      );
      console.log(`${name}, ${kind}: ${outcome}`);
      const isStatus = /^[A-Z_]+$/.test(outcome);
      const wanted = name === 'visitor' ? 'PERMISSION_DENIED' : failures[kind];
      if (isStatus ? outcome !== wanted : wanted !== undefined) process.exitCode = 1;
    }
    channel.close();
  }
}
