// Two services. A user's call reaches the first, which asks the second on behalf of the same user; an application's call
// reaches the first as itself. The deadline of the call holds for both hops, and nobody passes it on by hand.
import {
  clientSecret,
  createChannel,
  createClient,
  onBehalfOf,
  ServiceError,
} from 'grpc-entra/client';
import { allow, createServer, type Server, service } from 'grpc-entra/server';
import { OrdersServiceDefinition } from '../orders/gen/orders/v1/orders.ts';
import { startWorld } from '../shared/world.ts';

await using world = await startWorld();
const closed = allow.app({ anyRole: ['Nobody'] });
const rules = {
  getOrder: closed,
  listOrders: closed,
  uploadOrders: closed,
  quoteOrder: closed,
  approveOrder: closed,
  getCatalog: closed,
};
const unused = (): never => {
  throw new ServiceError('UNIMPLEMENTED', 'not part of this example');
};
const handlers = {
  getOrder: unused,
  listOrders: unused,
  uploadOrders: unused,
  quoteOrder: unused,
  approveOrder: unused,
  getCatalog: unused,
};

async function listening(server: Server): Promise<string> {
  const address = await server.listen('127.0.0.1:0');
  await server.ready();
  return `localhost:${address.slice(address.lastIndexOf(':') + 1)}`;
}

// The second service: users only.
await using stock = await createServer({
  entra: world.entraOf('stock'),
  tls: world.tls,
  audit: () => {},
  services: [
    service(
      OrdersServiceDefinition,
      { ...rules, getOrder: allow.user({ anyScope: ['Stock.Read'] }) },
      {
        ...handlers,
        async getOrder({ orderId }, { caller, deadline }) {
          const leftMs = (deadline?.getTime() ?? 0) - Date.now();
          console.log(
            `stock: asked by user ${caller.objectId}, deadline ${leftMs > 0 && leftMs <= 5000 ? 'inherited' : 'lost'}`,
          );
          return { order: { orderId } };
        },
      },
    ),
  ],
});
const { clientId, clientSecret: secret } = world.emulator.app('orders');
const toStock = createChannel(await listening(stock), {
  tls: { ca: world.ca },
  credential: onBehalfOf({ ...world.entraOf('orders'), clientId, secret }),
  scope: 'api://stock/.default',
});
const stockClient = createClient(OrdersServiceDefinition, toStock);

// The first service: applications and users; for users it asks the second.
await using orders = await createServer({
  entra: world.entraOf('orders'),
  tls: world.tls,
  audit: () => {},
  exposeTokens: true,
  services: [
    service(
      OrdersServiceDefinition,
      {
        ...rules,
        getOrder: allow.either({
          app: { anyRole: ['Orders.Read'] },
          user: { anyScope: ['Orders.Read'] },
        }),
      },
      {
        ...handlers,
        async getOrder(request, { caller, token }) {
          console.log(`orders: asked by ${caller.kind} ${caller.objectId}`);
          if (caller.kind === 'app') return { order: { orderId: request.orderId } };
          return stockClient.getOrder(request, { userToken: token });
        },
      },
    ),
  ],
});
const address = await listening(orders);

// An application, with client credentials.
const desk = world.emulator.app('desk');
const asDesk = createChannel(address, {
  tls: { ca: world.ca },
  credential: clientSecret({
    ...world.entraOf('orders'),
    clientId: desk.clientId,
    secret: desk.clientSecret,
  }),
  scope: 'api://orders/.default',
});
const { order } = await createClient(OrdersServiceDefinition, asDesk).getOrder({ orderId: '1' });
console.log(`desk: got order ${order?.orderId}`);

// A user, signed in at the portal. Its token comes from the sign-in; here the emulator mints one.
const asUser = (scopes: readonly string[]) =>
  createChannel(address, {
    tls: { ca: world.ca },
    credential: {
      getToken: async () => ({
        token: await world.emulator.issueToken({
          kind: 'user',
          api: 'orders',
          app: 'portal',
          scopes,
        }),
        expiresOnTimestamp: Date.now() + 3_600_000,
      }),
    },
    scope: 'api://orders/.default',
  });
const user = asUser(['Orders.Read']);
const answer = await createClient(OrdersServiceDefinition, user).getOrder(
  { orderId: '2' },
  { deadlineMs: 5000 },
);
console.log(`user: got order ${answer.order?.orderId}`);

const stranger = asUser(['Other']);
const refusal = await createClient(OrdersServiceDefinition, stranger)
  .getOrder({ orderId: '3' })
  .then(
    () => 'admitted',
    (error: unknown) => (error instanceof ServiceError ? error.status : String(error)),
  );
console.log(`user without the scope: ${refusal}`);
for (const channel of [toStock, asDesk, user, stranger]) channel.close();
