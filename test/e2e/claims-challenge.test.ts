import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createChannel,
  createClient,
  type GetTokenOptions,
  onBehalfOf,
  type SecureChannel,
  ServiceError,
  type TokenCredential,
} from 'grpc-entra/client';
import { allow, service } from 'grpc-entra/server';
import { asUser, startTestStack, type TestStack } from 'grpc-entra/testing';
import {
  OrdersServiceClient,
  OrdersServiceDefinition,
} from '#examples/orders/gen/orders/v1/orders.ts';
import { collect } from '../support/collect.ts';
import { ordersOf } from '../support/orders.ts';

const SCOPE = 'Orders.Read';

let stack: TestStack;
let entered = 0;
before(async () => {
  stack = await startTestStack({
    services: [
      service(
        OrdersServiceDefinition,
        ordersOf(allow.user({ anyScope: [SCOPE], authContext: 'c1' })),
        {
          getOrder: async ({ orderId }) => {
            entered += 1;
            return { order: { orderId } };
          },
          async *listOrders() {
            yield {};
          },
          uploadOrders: async (uploads) => ({
            orderIds: (await collect(uploads)).map(() => 'x'),
          }),
          async *quoteOrder() {},
          approveOrder: async () => ({}),
          getCatalog: async () => ({}),
        },
      ),
    ],
  });
});
after(() => stack.close());

/** A user's credential, which satisfies the contexts it is asked for, or does not. */
function signedIn({ obliging = true, capable = true } = {}) {
  const requests: GetTokenOptions[] = [];
  const credential: TokenCredential = {
    getToken: async (_scope, options = {}) => {
      requests.push(options);
      const { claims } = options;
      const asked = claims === undefined ? {} : (JSON.parse(claims) as Asked);
      if (claims !== undefined && !obliging) throw new Error('no');
      const context = asked.access_token?.acrs?.value;
      return {
        token: await stack.emulator.issueToken({
          kind: 'user',
          api: 'service',
          app: 'caller',
          scopes: [SCOPE],
          claims: {
            ...(capable ? { xms_cc: ['cp1'] } : {}),
            ...(context === undefined ? {} : { acrs: [context] }),
          },
        }),
        expiresOnTimestamp: Date.now() + 3_600_000,
      };
    },
  };
  return { requests, channel: channelOf(credential) };
}

interface Asked {
  readonly access_token?: { readonly acrs?: { readonly value?: string } };
}

const channels: SecureChannel[] = [];
after(() => {
  for (const channel of channels) channel.close();
});
function channelOf(credential: TokenCredential, enableCae = false): SecureChannel {
  const channel = createChannel(stack.address, {
    tls: { ca: stack.ca },
    credential,
    scope: 'api://test/.default',
    enableCae,
  });
  channels.push(channel);
  return channel;
}

const ordersOn = (channel: SecureChannel) => createClient(OrdersServiceDefinition, channel);

describe('C8 a claims challenge', () => {
  it('is answered once, with a token that says what is asked for', async () => {
    const { requests, channel } = signedIn();
    const before = entered;
    const { order } = await ordersOn(channel).getOrder({ orderId: '7' });
    assert.equal(order?.orderId, '7');
    assert.equal(entered, before + 1);
    assert.deepEqual(
      requests.map(({ claims }) => claims),
      [undefined, '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'],
    );
    // The new token is the one that is held.
    await ordersOn(channel).getOrder({ orderId: '8' });
    assert.equal(requests.length, 2);
  });

  it('is answered for a generated client, too', async () => {
    const { requests, channel } = signedIn();
    const client = new OrdersServiceClient(...channel.forGeneratedClient());
    const orderId = await new Promise<string | undefined>((resolve, reject) => {
      client.getOrder({ orderId: '7' }, (error, answer) =>
        error === null ? resolve(answer.order?.orderId) : reject(error),
      );
    });
    assert.equal(orderId, '7');
    assert.equal(requests.length, 2);
  });

  it('costs one request for a new token, however many calls meet it', async () => {
    const { requests, channel } = signedIn();
    const client = ordersOn(channel);
    await Promise.all(Array.from({ length: 50 }, () => client.getOrder({ orderId: '7' })));
    assert.equal(requests.length, 2);
  });

  it('of a call with a stream is answered for the next attempt', async () => {
    const { requests, channel } = signedIn();
    const client = ordersOn(channel);
    await assert.rejects(collect(client.listOrders({})), (error) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.status, 'UNAUTHENTICATED');
      assert.match(error.challenge ?? '', /insufficient_claims/);
      return true;
    });
    assert.equal((await collect(client.listOrders({}))).length, 1);
    assert.equal((await client.uploadOrders([{}, {}])).orderIds.length, 2);
    assert.equal(requests.length, 2);
  });

  it("that no token answers is the caller's, and leaves the held token in place", async () => {
    const { requests, channel } = signedIn({ obliging: false });
    const client = ordersOn(channel);
    for (let call = 0; call < 3; call++) {
      await assert.rejects(client.getOrder({}), { status: 'UNAUTHENTICATED' });
    }
    // The first token, and one request with claims, whose failure is remembered.
    assert.equal(requests.length, 2);
  });

  it('is not sent to a client that cannot answer it', async () => {
    const { requests, channel } = signedIn({ capable: false });
    await assert.rejects(ordersOn(channel).getOrder({}), { status: 'PERMISSION_DENIED' });
    assert.equal(requests.length, 1);
  });

  it('on behalf of a user is passed to the caller: the user has to answer', async () => {
    const { emulator } = stack;
    const { clientId, clientSecret } = emulator.app('caller');
    const userToken = await emulator.issueToken({
      kind: 'user',
      api: 'service',
      app: 'caller',
      scopes: [SCOPE],
    });
    const channel = createChannel(stack.address, {
      tls: { ca: stack.ca },
      credential: onBehalfOf({
        tenantId: emulator.tenantId,
        clientId,
        secret: clientSecret,
        authority: emulator.authority,
      }),
      scope: 'api://test/.default',
      enableCae: true,
    });
    channels.push(channel);
    await assert.rejects(ordersOn(channel).getOrder({}, { userToken }), (error) => {
      assert.ok(error instanceof ServiceError);
      return true;
    });
  });

  it('capability is told to the authority where that is asked for, and cached apart', async () => {
    const { requests, channel } = signedIn({ capable: false });
    await assert.rejects(ordersOn(channel).getOrder({}));
    assert.equal(requests[0]?.enableCae, undefined);
    const seen: GetTokenOptions[] = [];
    const credential: TokenCredential = {
      getToken: async (_scope, options = {}) => {
        seen.push(options);
        return {
          token: await stack.tokenFor(asUser({ scopes: [SCOPE] })),
          expiresOnTimestamp: Date.now() + 3_600_000,
        };
      },
    };
    await assert.rejects(ordersOn(channelOf(credential, true)).getOrder({}));
    await assert.rejects(ordersOn(channelOf(credential, false)).getOrder({}));
    assert.deepEqual(
      seen.map(({ enableCae }) => enableCae),
      [true, undefined],
    );
  });
});
