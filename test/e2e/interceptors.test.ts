import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClientInterceptor, createClient, type Message } from 'grpc-entra/client';
import { callerOf, type ServerInterceptor, ServiceError } from 'grpc-entra/server';
import { asApp, startTestStack, type TestStack } from 'grpc-entra/testing';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { collect } from '../support/collect.ts';
import { ordersWith, READ } from '../support/orders.ts';

const seen: string[] = [];

async function* counted(
  label: string,
  messages: AsyncIterable<Message>,
): AsyncGenerator<Message, void, undefined> {
  let count = 0;
  for await (const message of messages) {
    count += 1;
    yield message;
  }
  seen.push(`${label} ${count}`);
}

const isStream = (value: object): value is AsyncIterable<Message> => Symbol.asyncIterator in value;

/** Notes when it is entered and left, and counts the messages of streams both ways. */
const noting =
  (name: string): ServerInterceptor & ClientInterceptor =>
  async (call: { readonly request: object; readonly method: string }, proceed) => {
    seen.push(`${name} in`);
    const { request } = call;
    const reply = await proceed(isStream(request) ? counted(`${name} requests`, request) : request);
    seen.push(`${name} out`);
    return isStream(reply) ? counted(`${name} replies`, reply) : reply;
  };

const askCaller: ServerInterceptor = (call, proceed) => {
  seen.push(`caller ${callerOf(call.context).kind}`);
  return proceed();
};

const noTea: ServerInterceptor = (call, proceed) => {
  const { request } = call;
  if ('orderId' in request && request.orderId === 'tea') {
    throw new ServiceError('FAILED_PRECONDITION', 'no tea today');
  }
  if ('orderId' in request && request.orderId === 'canned') {
    return Promise.resolve({ order: { orderId: 'from the interceptor' } });
  }
  return 'orderId' in request ? proceed({ orderId: `${String(request.orderId)}!` }) : proceed();
};

let stack: TestStack;
before(async () => {
  stack = await startTestStack({
    interceptors: [noting('outer'), askCaller, noTea, noting('inner')],
    services: [
      ordersWith({
        getOrder: async ({ orderId }) => {
          seen.push('handler');
          return { order: { orderId } };
        },
        async *listOrders() {
          yield {};
          yield {};
        },
        async uploadOrders(uploads) {
          return { orderIds: (await collect(uploads)).map(() => 'x') };
        },
        async *quoteOrder(lines) {
          for await (const { line } of lines) yield { line };
        },
      }),
    ],
  });
});
after(() => stack.close());

const open = (interceptors: readonly ClientInterceptor[] = []) =>
  createClient(OrdersServiceDefinition, stack.channelAs(asApp({ roles: [READ] })), {
    interceptors,
  });

const taken = (): string[] => seen.splice(0);

describe('interceptors of a server', () => {
  it('run in order, the first outermost, and know the caller', async () => {
    const { order } = await open().getOrder({ orderId: 'coffee' });
    assert.equal(order?.orderId, 'coffee!');
    assert.deepEqual(taken(), [
      'outer in',
      'caller app',
      'inner in',
      'handler',
      'inner out',
      'outer out',
    ]);
  });

  it('answer or refuse in place of the handler', async () => {
    const { order } = await open().getOrder({ orderId: 'canned' });
    assert.equal(order?.orderId, 'from the interceptor');
    await assert.rejects(open().getOrder({ orderId: 'tea' }), {
      status: 'FAILED_PRECONDITION',
      message: 'no tea today',
    });
    assert.ok(!taken().includes('handler'));
  });

  it('stand around streams both ways', async () => {
    assert.equal((await collect(open().listOrders({}))).length, 2);
    assert.deepEqual(taken().slice(-2), ['inner replies 2', 'outer replies 2']);
    assert.equal((await open().uploadOrders([{}, {}, {}])).orderIds.length, 3);
    assert.ok(taken().includes('inner requests 3'));
    assert.equal((await collect(open().quoteOrder([{}, {}]))).length, 2);
    assert.deepEqual(
      taken().filter((line) => line.startsWith('outer re')),
      ['outer requests 2', 'outer replies 2'],
    );
  });

  it('see nothing of a call that the gate refuses', async () => {
    for (const caller of ['nobody', asApp()] as const) {
      const client = createClient(OrdersServiceDefinition, stack.channelAs(caller));
      await assert.rejects(client.getOrder({}));
    }
    assert.deepEqual(taken(), []);
    await open().getOrder({ orderId: 'coffee' });
    assert.equal(taken().length, 6);
  });

  it('are functions, or the server is not built', async () => {
    const services = [ordersWith({})];
    await assert.rejects(startTestStack({ services, interceptors: [{}] as never }), {
      code: 'ERR_OPTION_INVALID',
    });
  });
});

describe('interceptors of a client', () => {
  it('run in order around each kind of call', async () => {
    const client = open([noting('first'), noting('second')]);
    await client.getOrder({ orderId: 'coffee' });
    const own = (): string[] => taken().filter((line) => /^(first|second)/.test(line));
    assert.deepEqual(own(), ['first in', 'second in', 'second out', 'first out']);
    await collect(client.quoteOrder([{}]));
    assert.deepEqual(own().slice(-2), ['second replies 1', 'first replies 1']);
  });

  it('change the request, and try again', async () => {
    let attempts = 0;
    const again: ClientInterceptor = async (call, send) => {
      for (;;) {
        attempts += 1;
        try {
          return await send(attempts === 1 ? call.request : { orderId: 'coffee' });
        } catch (error) {
          if (attempts === 2) throw error;
        }
      }
    };
    const { order } = await open([again]).getOrder({ orderId: 'tea' });
    assert.equal(order?.orderId, 'coffee!');
    assert.equal(attempts, 2);
  });

  it('reject what they throw, also where the answer is a stream', async () => {
    const failing: ClientInterceptor = () => Promise.reject(new Error('boom'));
    const client = open([failing]);
    await assert.rejects(client.getOrder({}), /boom/);
    await assert.rejects(collect(client.listOrders({})), /boom/);
    assert.throws(() => open([undefined as never]), { code: 'ERR_OPTION_INVALID' });
  });
});
