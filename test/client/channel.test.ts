import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Client, credentials as grpcCredentials, Metadata } from '@grpc/grpc-js';
import {
  AcquisitionError,
  type ChannelOptions,
  clientSecret,
  createChannel,
  createClient,
  onBehalfOf,
  type SecureChannel,
  ServiceError,
  type TokenCredential,
} from 'grpc-entra/client';
import { asApp, asUser, startTestStack, type TestStack } from 'grpc-entra/testing';
import {
  OrdersServiceClient,
  OrdersServiceDefinition,
} from '#examples/orders/gen/orders/v1/orders.ts';
import { tokenCallCredentials } from '#src/client/call-credentials.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { ordersWith, READ } from '../support/orders.ts';

let stack: TestStack;
before(async () => {
  stack = await startTestStack({
    exposeTokens: true,
    services: [
      ordersWith({
        getOrder: async ({ orderId }, { caller }) => ({
          order: { orderId: `${orderId} ${caller.kind}` },
        }),
      }),
    ],
  });
});
after(() => stack.close());

const channels: SecureChannel[] = [];
after(() => {
  for (const channel of channels) channel.close();
});
function open(
  options: Partial<ChannelOptions> & Pick<ChannelOptions, 'credential'>,
): SecureChannel {
  const channel = createChannel(stack.address, {
    tls: { ca: stack.ca },
    scope: 'api://test/.default',
    ...options,
  } as ChannelOptions);
  channels.push(channel);
  return channel;
}
const ordersOn = (channel: SecureChannel) => createClient(OrdersServiceDefinition, channel);

const READER = asApp({ roles: [READ] });
const reading: TokenCredential = {
  getToken: async () => ({
    token: await stack.tokenFor(READER),
    expiresOnTimestamp: Date.now() + 3_600_000,
  }),
};

const failing = (error: Error): TokenCredential => ({ getToken: () => Promise.reject(error) });
const rejected = (details: AcquisitionError['details']): AcquisitionError =>
  new AcquisitionError('ERR_ACQUISITION_REJECTED', 'refused: hint', { retryable: false, details });

describe('C19 a call without a token ends before it leaves', () => {
  const rows = [
    ['UNAUTHENTICATED', rejected({ aadsts: 7000215, oauthError: 'invalid_client' })],
    ['UNAUTHENTICATED', new Error('a foreign credential failed with SECRET')],
    ['PERMISSION_DENIED', rejected({ aadsts: 53003, oauthError: 'invalid_grant' })],
    ['PERMISSION_DENIED', rejected({ aadsts: 501051, oauthError: 'invalid_grant' })],
    ['PERMISSION_DENIED', rejected({ oauthError: 'interaction_required' })],
    [
      'UNAVAILABLE',
      new AcquisitionError('ERR_ACQUISITION_UNAVAILABLE', 'down', {
        retryable: false,
        details: { retryAfterMs: 5000 },
      }),
    ],
  ] as const;
  for (const [index, [status, error]] of rows.entries()) {
    it(`as ${status}, with what the authority said and nothing of a stranger's words (${index})`, async () => {
      const before = stack.events.length;
      await assert.rejects(
        ordersOn(open({ credential: failing(error) })).getOrder({}),
        (thrown) => {
          assert.ok(thrown instanceof ServiceError, String(thrown));
          assert.equal(thrown.status, status);
          assert.match(thrown.message, /^no access token for this call: /);
          assert.ok(!thrown.message.includes('SECRET'));
          return true;
        },
      );
      assert.equal(stack.events.length, before);
    });
  }
});

describe('C20 an authorization of the caller’s own', () => {
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer x');

  it('is refused by the promise client at once', () => {
    const orders = ordersOn(open({ credential: reading }));
    assert.throws(() => orders.getOrder({}, { metadata }), { code: 'ERR_OPTION_INVALID' });
  });

  it('is told by a generated client, which grpc-js would answer with "multiple values"', async () => {
    const client = new OrdersServiceClient(...open({ credential: reading }).forGeneratedClient());
    const before = stack.events.length;
    const error = await new Promise<Error | null>((resolve) => {
      client.getOrder({ orderId: '1' }, metadata, (failure) => resolve(failure));
    });
    assert.match(String(error), /INVALID_ARGUMENT: the call brought metadata "authorization"/);
    assert.equal(stack.events.length, before);
    const answer = await new Promise<string | undefined>((resolve) => {
      client.getOrder({ orderId: '1' }, (_failure, response) => resolve(response?.order?.orderId));
    });
    assert.equal(answer, '1 app');
  });
});

describe('C21 attaching a token', () => {
  it('builds the metadata once a token, not once a call', async () => {
    const token = { token: 'a', expiresOnTimestamp: Date.now() + 1000 };
    const credentials = tokenCallCredentials({ get: () => token } as never);
    const made = await Promise.all(
      [1, 2].map(() =>
        credentials.generateMetadata({ service_url: 'https://x', method_name: 'x' }),
      ),
    );
    assert.deepEqual(
      made.map((metadata) => metadata.get('authorization')),
      [['Bearer a'], ['Bearer a']],
    );
  });
});

describe('C22 a token and plaintext', () => {
  it('do not meet by composition', () => {
    const [, , options] = open({ credential: reading }).forGeneratedClient();
    assert.ok(options.channelOverride !== undefined);
    assert.throws(
      () => grpcCredentials.createInsecure().compose(tokenCallCredentials({} as never)),
      /insecure/i,
    );
  });

  it('do not meet by call credentials', async () => {
    let touched = 0;
    const server = createServer((socket) => {
      socket.on('data', (bytes) => {
        if (String(bytes).includes('Bearer')) touched += 1;
        socket.destroy();
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    assert.ok(typeof bound === 'object' && bound !== null);
    const client = new Client(`127.0.0.1:${bound.port}`, grpcCredentials.createInsecure());
    const token = { token: 'a', expiresOnTimestamp: Date.now() + 1000 };
    const identity = (bytes: Buffer): Buffer => bytes;
    const error = await new Promise((resolve) => {
      client.makeUnaryRequest(
        '/x.Y/Z',
        identity,
        identity,
        Buffer.alloc(0),
        new Metadata(),
        {
          credentials: tokenCallCredentials({ get: () => token } as never),
          deadline: Date.now() + 2000,
        },
        resolve,
      );
    });
    assert.ok(error instanceof Error);
    assert.equal(touched, 0);
    client.close();
    server.close();
  });
});

describe('a channel', () => {
  it('is ready with a connection and a token, or says which is missing', async () => {
    let requests = 0;
    const counting: TokenCredential = {
      getToken: (scope) => {
        requests += 1;
        return reading.getToken(scope);
      },
    };
    const channel = open({ credential: counting });
    await channel.ready();
    assert.equal(requests, 1);
    assert.equal((await ordersOn(channel).getOrder({ orderId: '1' })).order?.orderId, '1 app');
    assert.equal(requests, 1);

    await assert.rejects(open({ credential: failing(rejected({ aadsts: 7000215 })) }).ready(), {
      code: 'ERR_ACQUISITION_REJECTED',
    });
    const nowhere = createChannel('127.0.0.1:1', { tls: { ca: stack.ca }, credential: 'none' });
    await assert.rejects(nowhere.ready({ deadlineMs: 50 }), { status: 'UNAVAILABLE' });
    nowhere.close();
  });

  it('waits for a connection where a call says so, and fails at once otherwise', async () => {
    const nowhere = createChannel('127.0.0.1:1', { tls: { ca: stack.ca }, credential: 'none' });
    const orders = ordersOn(nowhere);
    await assert.rejects(orders.getCatalog({}), { status: 'UNAVAILABLE' });
    await assert.rejects(orders.getCatalog({}, { waitForReady: true, deadlineMs: 300 }), {
      status: 'DEADLINE_EXCEEDED',
    });
    nowhere.close();
  });

  it('tries again as often as it is told to', async () => {
    const target = `dns:///${stack.address}`;
    const channel = createChannel(target, {
      tls: { ca: stack.ca },
      credential: reading,
      scope: 'api://test/.default',
      loadBalancing: 'round_robin',
      attempts: 3,
      keepaliveMs: 10_000,
    });
    channels.push(channel);
    assert.equal((await ordersOn(channel).getOrder({ orderId: '1' })).order?.orderId, '1 app');
    for (const wrong of [{ attempts: 6 }, { loadBalancing: 'random' }, { keepaliveMs: 5 }]) {
      assert.throws(() => open({ credential: reading, ...wrong } as never), {
        code: 'ERR_OPTION_INVALID',
      });
    }
  });

  it('calls for users with their own tokens, and only where it was made for that', async () => {
    const { emulator } = stack;
    const { clientId, clientSecret: secret } = emulator.app('caller');
    const app = { tenantId: emulator.tenantId, clientId, authority: emulator.authority };
    const own = ordersOn(open({ credential: clientSecret({ ...app, secret }) }));
    assert.throws(() => own.getOrder({}, { userToken: 'x' }), {
      code: 'ERR_OPTION_INVALID',
      message: /onBehalfOf/,
    });
    const forUsers = open({ credential: onBehalfOf({ ...app, secret }) });
    await assert.rejects(ordersOn(forUsers).getOrder({}), { status: 'UNAUTHENTICATED' });
    const userToken = await stack.tokenFor(asUser({ scopes: ['x'] }));
    // The emulator refuses the exchange: the user's token is for another application, as the hint says.
    await assert.rejects(ordersOn(forUsers).getOrder({}, { userToken }), (error) => {
      assert.ok(error instanceof ServiceError);
      assert.match(error.message, /AADSTS/);
      assert.ok(!error.message.includes(userToken));
      return true;
    });
  });
});

describe('10,000 calls at once', () => {
  const CALLS = 10_000;

  async function callAll(channel: SecureChannel): Promise<number> {
    const orders = ordersOn(channel);
    const calls = Array.from({ length: CALLS }, () => orders.getOrder({ orderId: '1' }));
    return (await Promise.all(calls)).filter(({ order }) => order?.orderId === '1 app').length;
  }

  /** A credential whose first token wants renewing at once, and what follows. */
  function renewing(afterwards: () => Promise<void>) {
    let requests = 0;
    const credential: TokenCredential = {
      getToken: async (scope) => {
        requests += 1;
        // After the question: a token that was due before that would get a pause.
        const soon = Date.now() + 1;
        const token = await reading.getToken(scope);
        assert.ok(token !== null);
        if (requests === 1) return { ...token, refreshAfterTimestamp: soon };
        await afterwards();
        return token;
      },
    };
    return { credential, requests: () => requests };
  }

  it('C2 make one token request at start, and none while it is held', async () => {
    let requests = 0;
    const credential: TokenCredential = {
      getToken: (scope) => {
        requests += 1;
        return reading.getToken(scope);
      },
    };
    const channel = open({ credential });
    assert.equal(await callAll(channel), CALLS);
    assert.equal(await callAll(channel), CALLS);
    assert.equal(requests, 1);
  });

  it('C4 make one token request when the token wants renewing, and none of them waits for it', async () => {
    const { promise, resolve } = withResolvers<void>();
    const { credential, requests } = renewing(() => promise);
    const channel = open({ credential });
    await channel.ready();
    // The renewal is answered only after all of them.
    assert.equal(await callAll(channel), CALLS);
    resolve();
    assert.equal(requests(), 2);
  });

  it('C5 all succeed while the authority is down and the token still good', async () => {
    const { credential, requests } = renewing(() => Promise.reject(rejected({ httpStatus: 503 })));
    const channel = open({ credential });
    await channel.ready();
    assert.equal(await callAll(channel), CALLS);
    assert.equal(await callAll(channel), CALLS);
    assert.equal(requests(), 2);
  });
});
