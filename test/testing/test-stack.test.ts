import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient } from 'grpc-entra/client';
import { asApp, asUser, startTestStack, TEST_TENANT_ID, type TestStack } from 'grpc-entra/testing';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { OrderBook } from '#examples/orders/order-book.ts';
import { ordersService } from '#examples/orders/orders-service.ts';
import { ordersWith } from '../support/orders.ts';

let stack: TestStack;
before(async () => {
  stack = await startTestStack({ services: [ordersService(new OrderBook())] });
});
after(() => stack.close());

describe('a test stack', () => {
  it('admits real tokens of test callers, and the audit shows their ids', async () => {
    const objectId = '11111111-1111-4111-8111-111111111111';
    const clientId = '22222222-2222-4222-8222-222222222222';
    const caller = asApp({ roles: ['Orders.Read'], objectId, clientId });
    const client = createClient(OrdersServiceDefinition, stack.channelAs(caller));
    await assert.rejects(client.getOrder({ orderId: 'none' }), { status: 'NOT_FOUND' });
    const event = stack.events.at(-1);
    assert.ok(event?.event === 'call');
    assert.deepEqual(
      { ...event.caller, tokenId: undefined },
      { kind: 'app', tenantId: TEST_TENANT_ID, clientId, objectId, tokenId: undefined },
    );
  });

  it('tells users from applications, and refuses nobody and other tenants', async () => {
    const as = (caller: Parameters<TestStack['channelAs']>[0]) =>
      createClient(OrdersServiceDefinition, stack.channelAs(caller)).getOrder({ orderId: 'none' });
    await assert.rejects(as(asUser({ scopes: ['Orders.Read'] })), { status: 'NOT_FOUND' });
    await assert.rejects(as(asUser({ roles: ['Orders.Read'], scopes: ['x'] })), {
      status: 'PERMISSION_DENIED',
    });
    await assert.rejects(as('nobody'), { status: 'UNAUTHENTICATED' });
    await assert.rejects(
      as(asApp({ roles: ['Orders.Read'], tenantId: '33333333-3333-4333-8333-333333333333' })),
      { status: 'UNAUTHENTICATED' },
    );
  });

  it('is refused as a server would be, and leaves nothing open', async () => {
    const twice = ordersWith({});
    await assert.rejects(startTestStack({ services: [twice, twice] }), /twice/);
  });
});
