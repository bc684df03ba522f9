import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clientSecret, createClient, type TokenCredential } from 'grpc-entra/client';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { type OrderStack, startOrderStack } from '../support/order-stack.ts';

let stack: OrderStack;
before(async () => {
  stack = await startOrderStack();
});
after(() => stack[Symbol.asyncDispose]());

const credential = (): TokenCredential => {
  const { emulator } = stack;
  const { clientId, clientSecret: secret } = emulator.app('desk');
  const { tenantId, authority } = emulator;
  return clientSecret({ tenantId, clientId, secret, authority });
};

describe('calls while the authority hangs', () => {
  it('C9, C2 end at their own deadline, and the others get the token that all waited for', async () => {
    const { emulator } = stack;
    emulator.requests.clear();
    using injection = emulator.inject({ kind: 'held' }, { times: 'all' });
    const client = createClient(OrdersServiceDefinition, stack.channel(credential()));
    const patient = client.getOrder({ orderId: 'patient' });
    await assert.rejects(client.getOrder({ orderId: 'short' }, { deadlineMs: 200 }), {
      status: 'DEADLINE_EXCEEDED',
    });
    const abort = new AbortController();
    const givenUp = client.getOrder({ orderId: 'given up' }, { signal: abort.signal });
    abort.abort();
    await assert.rejects(givenUp, { status: 'CANCELLED' });
    assert.equal(emulator.requests.count('token'), 1);
    injection.release();
    assert.equal((await patient).order?.orderId, 'patient');
    assert.equal((await client.getOrder({ orderId: 'next' })).order?.orderId, 'next');
    assert.equal(emulator.requests.count('token'), 1);
  });
});
