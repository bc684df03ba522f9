import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createClient, type PromiseClient } from 'grpc-entra/client';
import { asApp, startTestStack, type TestStack } from 'grpc-entra/testing';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { collect } from '../support/collect.ts';
import { ordersWith, READ } from '../support/orders.ts';

const CALLS = Number(process.env['SOAK_CALLS'] ?? 100_000);
const AT_ONCE = 50;

let stack: TestStack;
let orders: PromiseClient<typeof OrdersServiceDefinition>;
/** Settles with the server, and every handler listens to it through its signal. */
const aborted: number[] = [0];
before(async () => {
  const listen = (signal: AbortSignal): void => {
    signal.addEventListener('abort', () => {
      aborted[0] = (aborted[0] ?? 0) + 1;
    });
  };
  stack = await startTestStack({
    services: [
      ordersWith({
        getOrder: async ({ orderId }, { signal }) => {
          listen(signal);
          return { order: { orderId } };
        },
        async *listOrders(_request, { signal }) {
          listen(signal);
          yield {};
        },
        async uploadOrders(uploads, { signal }) {
          listen(signal);
          return { orderIds: (await collect(uploads)).map(() => 'x') };
        },
        async *quoteOrder(lines, { signal }) {
          listen(signal);
          for await (const { line } of lines) yield { line };
        },
      }),
    ],
  });
  orders = createClient(OrdersServiceDefinition, stack.channelAs(asApp({ roles: [READ] })));
});
after(() => stack.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function call(count: number): Promise<void> {
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => orders.getOrder({ orderId: '1' }),
    () => collect(orders.listOrders({})),
    () => orders.uploadOrders([{}]),
    () => collect(orders.quoteOrder([{}])),
  ];
  let left = count;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await kinds[left % kinds.length]?.();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // Events are kept by the stack for tests; here they would look like a leak.
  (stack.events as unknown[]).length = 0;
}

describe(`${CALLS} calls`, () => {
  it('leave no listener and no memory behind', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => {
      warnings.push(name);
    };
    process.on('warning', onWarning);
    await call(CALLS / 5);
    const before = heapBytes();
    await call((CALLS * 4) / 5);
    const after = heapBytes();
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
    // No signal aborted, though every call ended.
    assert.deepEqual(aborted, [0]);
    // A listener kept for each call would be some twenty megabytes.
    assert.ok(after - before < 4_000_000, `the heap grew by ${after - before} bytes`);
  });
});
