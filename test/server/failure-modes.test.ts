import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import {
  createChannel,
  createClient,
  type PromiseClient,
  type SecureChannel,
  ServiceError,
} from 'grpc-entra/client';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { collect } from '../support/collect.ts';

let child: ChildProcess;
let channel: SecureChannel;
let client: PromiseClient<typeof OrdersServiceDefinition>;

before(async () => {
  child = spawn(process.execPath, ['dist-test/support/programs/failing-service.js'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  assert.ok(child.stdout !== null);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { address, ca, token } = JSON.parse(String(line)) as Record<
    'address' | 'ca' | 'token',
    string
  >;
  channel = createChannel(address, {
    tls: { ca },
    scope: 'api://test/.default',
    credential: {
      getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
    },
  });
  client = createClient(OrdersServiceDefinition, channel, { deadlineMs: 10_000 });
});

after(async () => {
  channel.close();
  child.stdin?.end();
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0, 'the process lived to the end');
});

/** Ends as told, and with the next call the server shows that it is alive. */
async function endsWith(
  call: Promise<unknown>,
  status: string,
  message: string | RegExp = 'internal error',
): Promise<ServiceError> {
  const error = await call.then(
    () => assert.fail('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ServiceError, String(error));
  assert.equal(error.status, status);
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  const { order } = await client.getOrder({ orderId: 'fine' });
  assert.equal(order?.orderId, 'fine');
  return error;
}

const withFailure = (name: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('failure', name);
  return metadata;
};

/** One call of each kind whose handler fails in the way named. */
const kinds: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  unary: (name) => client.getOrder({ orderId: name }),
  'server streaming': (name) => collect(client.listOrders({}, { metadata: withFailure(name) })),
  'client streaming': (name) => client.uploadOrders([{ currencyCode: name }]),
  bidirectional: (name) => collect(client.quoteOrder([{ currencyCode: name }])),
};

const HIDDEN = [
  'throws an error',
  'rejects with an error',
  'rejects with nothing',
  'rejects with a text',
  'rejects late',
  'has status OK',
  'has a status that does not exist',
  'has code 0',
  'has code 77',
  'has a code and details',
];

describe('grpc-js 3.4: a handler fails, and the server lives', () => {
  for (const [kind, call] of Object.entries(kinds)) {
    for (const failure of HIDDEN) {
      it(`${kind}: ${failure}`, async () => {
        await endsWith(call(failure), 'INTERNAL');
      });
    }
    for (const failure of ['rejects with a lone surrogate', 'throws a lone surrogate']) {
      it(`${kind}: ${failure}`, async () => {
        await endsWith(call(failure), 'ABORTED', 'half of \ufffd');
      });
    }
    it(`${kind}: has no text`, async () => {
      await endsWith(call('has no text'), 'ABORTED', '');
    });
    it(`${kind}: has a very long text`, async () => {
      const error = await endsWith(call('has a very long text'), 'ABORTED', /^€{600,700}…$/);
      assert.ok(Buffer.byteLength(error.message) <= 2051);
    });
    it(`${kind}: has very long details`, async () => {
      const error = await endsWith(call('has very long details'), 'ABORTED', 'long details');
      assert.deepEqual(error.details, []);
    });
    it(`${kind}: has details that cannot be encoded`, async () => {
      const error = await endsWith(
        call('has details that cannot be encoded'),
        'ABORTED',
        'bad details',
      );
      assert.deepEqual(error.details, []);
    });
  }

  for (const failure of ['answers nothing', 'answers what cannot be encoded']) {
    it(`unary: ${failure}`, async () => {
      await endsWith(client.getOrder({ orderId: failure }), 'INTERNAL');
    });
    it(`bidirectional: ${failure}`, async () => {
      await endsWith(collect(client.quoteOrder([{ currencyCode: failure }])), 'INTERNAL');
    });
  }
});

describe('grpc-js 3.4: an interceptor fails, and the server lives', () => {
  const withInterceptor = (name: string): Metadata => {
    const metadata = new Metadata();
    metadata.set('interceptor', name);
    return metadata;
  };
  const calls: Readonly<Record<string, (metadata: Metadata) => Promise<unknown>>> = {
    unary: (metadata) => client.getOrder({ orderId: 'fine' }, { metadata }),
    'server streaming': (metadata) => collect(client.listOrders({}, { metadata })),
    'client streaming': (metadata) => client.uploadOrders([], { metadata }),
    bidirectional: (metadata) => collect(client.quoteOrder([], { metadata })),
  };
  for (const [kind, call] of Object.entries(calls)) {
    for (const failure of [
      'throws',
      'rejects',
      'goes on twice',
      'answers nothing',
      'fails after the answer',
    ]) {
      it(`${kind}: ${failure}`, async () => {
        await endsWith(call(withInterceptor(failure)), 'INTERNAL');
      });
    }
  }

  it('one that never goes on holds its call to the deadline, and no other call', async () => {
    const metadata = withInterceptor('never goes on');
    const held = client.getOrder({ orderId: 'fine' }, { metadata, deadlineMs: 200 });
    await endsWith(held, 'DEADLINE_EXCEEDED', /./);
  });
});
