import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { createClient, type PromiseClient } from 'grpc-entra/client';
import type { CallerContext } from 'grpc-entra/server';
import { asApp, startTestStack, type TestStack } from 'grpc-entra/testing';
import {
  OrdersServiceClient,
  OrdersServiceDefinition,
} from '#examples/orders/gen/orders/v1/orders.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { collect } from '../support/collect.ts';
import { ordersWith, READ } from '../support/orders.ts';

type Orders = PromiseClient<typeof OrdersServiceDefinition>;
const READER = asApp({ roles: [READ] });

/** The second service: notes what arrives. */
const arrived: CallerContext[] = [];
const ended = new Map<string, ReturnType<typeof withResolvers<void>>>();
let second: TestStack;
let first: TestStack;
let inner: Orders;
let front: Orders;
let generated: OrdersServiceClient;

/** A call that the second service answers when its caller has given up. */
const HOLD = 'hold';

before(async () => {
  second = await startTestStack({
    services: [
      ordersWith({
        getOrder: async ({ orderId }, context) => {
          arrived.push(context);
          if (orderId !== HOLD) return {};
          const over = withResolvers<void>();
          context.signal.addEventListener('abort', () => over.resolve());
          await over.promise;
          ended.get(HOLD)?.resolve();
          return {};
        },
      }),
    ],
  });
  const toSecond = second.channelAs(READER);
  inner = createClient(OrdersServiceDefinition, toSecond);
  generated = new OrdersServiceClient(...toSecond.forGeneratedClient());
  const ask = async (orderId: string): Promise<void> => {
    await inner.getOrder({ orderId });
  };
  first = await startTestStack({
    services: [
      ordersWith({
        getOrder: async ({ orderId }, { signal }) => {
          if (orderId === 'generated') {
            await new Promise<void>((resolve, reject) => {
              generated.getOrder({ orderId: 'x' }, (error) =>
                error === null ? resolve() : reject(error),
              );
            });
          } else if (orderId === 'many') {
            for (let index = 0; index < 30; index++) await ask('x');
            assert.equal(getEventListeners(signal, 'abort').length, 0);
          } else if (orderId === 'afterwards') {
            setImmediate(() => void ask('x'));
          } else if (orderId === 'shorter') {
            await inner.getOrder({ orderId: 'x' }, { deadlineMs: 1000 });
          } else await ask(orderId);
          return {};
        },
        async *listOrders() {
          await ask('x');
          yield {};
        },
        async uploadOrders(uploads) {
          await collect(uploads);
          await ask('x');
          return {};
        },
        async *quoteOrder(lines) {
          for await (const _ of lines) {
            await ask('x');
            yield {};
          }
        },
      }),
    ],
  });
  front = createClient(OrdersServiceDefinition, first.channelAs(READER));
});
after(async () => {
  generated.close();
  await first.close();
  await second.close();
});

/** What the second service saw of the deadline, milliseconds from now. */
async function secondSaw(call: Promise<unknown>): Promise<CallerContext> {
  arrived.length = 0;
  await call;
  const context = arrived[0];
  assert.ok(context !== undefined);
  return context;
}

const leftMs = ({ deadline }: CallerContext): number => (deadline?.getTime() ?? 0) - Date.now();

describe('grpc-js 3.5: calls made by a handler', () => {
  const DEADLINE = { deadlineMs: 20_000 };
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    unary: () => front.getOrder({ orderId: 'x' }, DEADLINE),
    'server streaming': () => collect(front.listOrders({}, DEADLINE)),
    'client streaming': () =>
      front.uploadOrders(
        (async function* () {
          yield {};
          // The half-close comes later than all else.
          await new Promise(setImmediate);
        })(),
        DEADLINE,
      ),
    bidirectional: () => collect(front.quoteOrder([{}], DEADLINE)),
    'unary, by a generated client': () => front.getOrder({ orderId: 'generated' }, DEADLINE),
  };
  for (const [kind, call] of Object.entries(calls)) {
    it(`inherit the deadline: ${kind}`, async () => {
      const left = leftMs(await secondSaw(call()));
      // Without inheritance it would be the client's own 30 s, or none.
      assert.ok(left > 0 && left <= 20_000, String(left));
    });
  }

  it('keep their own deadline where that is the earlier one', async () => {
    const left = leftMs(await secondSaw(front.getOrder({ orderId: 'shorter' }, DEADLINE)));
    assert.ok(left > 0 && left <= 1000, String(left));
  });

  it('end when their caller gives up', async () => {
    const over = withResolvers<void>();
    ended.set(HOLD, over);
    const abort = new AbortController();
    const call = front.getOrder({ orderId: HOLD }, { signal: abort.signal });
    const inside = withResolvers<void>();
    arrived.length = 0;
    const look = (): void => {
      if (arrived.length > 0) inside.resolve();
      else setImmediate(look);
    };
    look();
    await inside.promise;
    abort.abort();
    await assert.rejects(call, { status: 'CANCELLED' });
    await over.promise;
  });

  it('end with the deadline of their caller, which both hops report', async () => {
    ended.set(HOLD, withResolvers<void>());
    await assert.rejects(front.getOrder({ orderId: HOLD }, { deadlineMs: 100 }), {
      status: 'DEADLINE_EXCEEDED',
    });
    await ended.get(HOLD)?.promise;
  });

  it('carry the trace on', async () => {
    const metadata = new Metadata();
    metadata.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    metadata.set('tracestate', 'a=b');
    const context = await secondSaw(front.getOrder({ orderId: 'x' }, { metadata }));
    assert.deepEqual(context.metadata.get('traceparent'), metadata.get('traceparent'));
    assert.deepEqual(context.metadata.get('tracestate'), ['a=b']);
    assert.deepEqual(
      (await secondSaw(front.getOrder({ orderId: 'x' }))).metadata.get('traceparent'),
      [],
    );
  });

  it('leave no listener behind, however many there are', async () => {
    await secondSaw(front.getOrder({ orderId: 'many' }));
    assert.equal(arrived.length, 30);
  });

  it('inherit nothing once the handler has answered', async () => {
    arrived.length = 0;
    await front.getOrder({ orderId: 'afterwards' }, DEADLINE);
    while (arrived.length === 0) await new Promise(setImmediate);
    const left = leftMs(arrived[0] as CallerContext);
    assert.ok(left > 20_000, String(left));
  });
});
