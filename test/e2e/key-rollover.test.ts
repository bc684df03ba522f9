import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient } from 'grpc-entra/client';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { systemClock } from '#src/core/clock.ts';
import { startOrderStack } from '../support/order-stack.ts';

const CALLS = 1000;
const CALLERS = 100;
/** The pause between a fetch and another one for an unknown key. */
const COOLDOWN_MS = 5 * 60_000;

describe('a signing key that the authority rolls over', () => {
  it('costs 1 000 concurrent calls by the new key one fetch, and none of them', async () => {
    let laterMs = 0;
    const clock = {
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic() + laterMs,
    };
    await using stack = await startOrderStack({ clock });
    assert.equal(stack.emulator.requests.count('keys'), 1);
    await stack.emulator.rotateSigningKey();
    laterMs = COOLDOWN_MS;
    const clients = await Promise.all(
      Array.from({ length: CALLERS }, async () =>
        createClient(OrdersServiceDefinition, stack.withToken(await stack.mint())),
      ),
    );
    const answers = await Promise.all(
      Array.from({ length: CALLS }, async (_, i) => {
        const answer = await clients[i % CALLERS]?.getOrder({ orderId: String(i) });
        return answer?.order?.orderId;
      }),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: CALLS }, (_, i) => String(i)),
    );
    assert.equal(stack.emulator.requests.count('keys'), 2);
    assert.equal(stack.counters.entered, CALLS);
  });
});
