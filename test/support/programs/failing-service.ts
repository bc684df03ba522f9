// A service whose handlers and interceptors fail in every way they can, in a process of its own.
//   node failing-service.js      prints one line of JSON: { address, ca, token, }; ends when stdin does
import { type ServerInterceptor, ServiceError } from 'grpc-entra/server';
import { asApp, startTestStack } from 'grpc-entra/testing';
import { ordersWith, READ } from '../orders.ts';

const SECRET = 'SECRET';
const TOO_MUCH = { minorUnits: 2n ** 80n };
const LONE_SURROGATE = 'half of \ud83d';

const failures: Readonly<Record<string, () => unknown>> = {
  fine: () => ({ order: { orderId: 'fine' } }),
  'throws an error': () => {
    throw new Error(SECRET);
  },
  'rejects with an error': () => Promise.reject(new Error(SECRET)),
  'rejects with nothing': () => Promise.reject(undefined),
  'rejects with a text': () => Promise.reject(SECRET),
  'rejects late': () =>
    new Promise((_resolve, reject) => setImmediate(() => reject(new Error(SECRET)))),
  'rejects with a lone surrogate': () =>
    Promise.reject(new ServiceError('ABORTED', LONE_SURROGATE)),
  'throws a lone surrogate': () => {
    throw new ServiceError('ABORTED', LONE_SURROGATE);
  },
  'has no text': () => Promise.reject(new ServiceError('ABORTED', undefined as never)),
  'has status OK': () => Promise.reject(new ServiceError('OK' as never, SECRET)),
  'has a status that does not exist': () =>
    Promise.reject(new ServiceError('constructor' as never, SECRET)),
  'has code 0': () => Promise.reject(Object.assign(new Error(SECRET), { code: 0 })),
  'has code 77': () =>
    Promise.reject(Object.assign(new Error(SECRET), { code: 77, details: SECRET })),
  'has a code and details': () =>
    Promise.reject(Object.assign(new Error(SECRET), { code: 5, details: SECRET })),
  'has a very long text': () => Promise.reject(new ServiceError('ABORTED', '€'.repeat(1_000_000))),
  'has very long details': () =>
    Promise.reject(
      new ServiceError('ABORTED', 'long details', {
        details: [{ type: 'RequestInfo', requestId: 'x'.repeat(1_000_000) }],
      }),
    ),
  'has details that cannot be encoded': () =>
    Promise.reject(
      new ServiceError('ABORTED', 'bad details', {
        details: [{ type: SECRET } as never],
      }),
    ),
  'answers nothing': () => undefined,
  'answers what cannot be encoded': () => ({ order: { total: TOO_MUCH }, price: TOO_MUCH }),
};

const interceptors: readonly ServerInterceptor[] = [
  (call, proceed) => {
    switch (call.context.metadata.get('interceptor').join()) {
      case 'throws':
        throw new Error(SECRET);
      case 'rejects':
        return Promise.reject(new Error(SECRET));
      case 'goes on twice':
        return proceed().then(() => proceed());
      case 'answers nothing':
        return Promise.resolve(undefined as never);
      case 'never goes on':
        return new Promise(() => {});
      case 'fails after the answer':
        return proceed().then(() => {
          throw new Error(SECRET);
        });
      default:
        return proceed();
    }
  },
];

const fail = (name: string): unknown => failures[name]?.();

const stack = await startTestStack({
  interceptors,
  services: [
    ordersWith({
      // Not async on purpose: what is thrown is thrown synchronously.
      getOrder: ({ orderId }) => fail(orderId) as never,
      async *listOrders(_request, { metadata }) {
        const failure = metadata.get('failure').join();
        yield {};
        yield fail(failure) as never;
      },
      async uploadOrders(uploads) {
        for await (const { currencyCode } of uploads) await fail(currencyCode);
        return { orderIds: [] };
      },
      async *quoteOrder(lines) {
        for await (const { currencyCode } of lines) yield (await fail(currencyCode)) as never;
      },
    }),
  ],
});
const token = await stack.tokenFor(asApp({ roles: [READ] }));
process.stdout.write(`${JSON.stringify({ address: stack.address, ca: stack.ca, token })}\n`);
process.stdin.resume().once('end', () => {
  void stack.close().then(() => process.stdout.write('closed\n'));
});
