import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient, type SecureChannel, ServiceError } from 'grpc-entra/client';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { type OrderStack, startOrderStack } from '../support/order-stack.ts';

let stack: OrderStack;
before(async () => {
  stack = await startOrderStack();
});
after(() => stack[Symbol.asyncDispose]());

const LINE = { lines: [{ sku: 'tea', quantity: 1 }], currencyCode: 'EUR' };

/** One call of each kind; resolves with the number of answers. */
const kinds: Readonly<Record<string, (channel: SecureChannel) => Promise<number>>> = {
  unary: async (channel) => {
    await createClient(OrdersServiceDefinition, channel).getOrder({ orderId: '1' });
    return 1;
  },
  'server streaming': async (channel) => {
    let count = 0;
    for await (const _ of createClient(OrdersServiceDefinition, channel).listOrders({ limit: 3 }))
      count += 1;
    return count;
  },
  'client streaming': async (channel) => {
    const { orderIds } = await createClient(OrdersServiceDefinition, channel).uploadOrders([
      LINE,
      LINE,
    ]);
    return orderIds.length;
  },
  bidirectional: async (channel) => {
    let count = 0;
    const lines = [{ currencyCode: 'EUR' }, { currencyCode: 'EUR' }];
    for await (const _ of createClient(OrdersServiceDefinition, channel).quoteOrder(lines))
      count += 1;
    return count;
  },
};

/** The order service as a client sees it whose every method is called by a name that the server does not have. */
function renamed(name: string): typeof OrdersServiceDefinition {
  const methods = Object.fromEntries(
    Object.entries(OrdersServiceDefinition.methods).map(([key, method]) => [
      key,
      { ...method, name },
    ]),
  );
  return { ...OrdersServiceDefinition, methods } as unknown as typeof OrdersServiceDefinition;
}

interface Refusal {
  readonly name: string;
  readonly channel: () => Promise<SecureChannel>;
  readonly status: string;
  readonly details: string;
  readonly code: string;
  readonly reason: string | ((kind: string) => string);
}

const invalid = {
  status: 'UNAUTHENTICATED',
  details: 'invalid access token',
  code: 'ERR_TOKEN_INVALID',
} as const;

const refusals: readonly Refusal[] = [
  {
    name: 'no token',
    channel: async () => stack.channel('none'),
    status: 'UNAUTHENTICATED',
    details: 'authentication required',
    code: 'ERR_TOKEN_MISSING',
    reason: 'authorization_missing',
  },
  {
    name: 'a malformed token',
    channel: async () => stack.withToken('not+a+token'),
    status: 'UNAUTHENTICATED',
    details: 'invalid authorization metadata',
    code: 'ERR_TOKEN_MALFORMED',
    reason: 'token_characters',
  },
  {
    name: 'an expired token',
    channel: async () => stack.withToken(await stack.mint({ issuedSecondsAgo: 7200 })),
    status: 'UNAUTHENTICATED',
    details: 'access token expired',
    code: 'ERR_TOKEN_EXPIRED',
    reason: 'expired',
  },
  {
    name: 'a forged signature',
    channel: async () => stack.withToken(await stack.mint({ signingKey: 'forged' })),
    ...invalid,
    reason: 'signature_invalid',
  },
  {
    name: 'a token for another audience',
    channel: async () => stack.withToken(await stack.mint({ api: 'other' })),
    ...invalid,
    reason: 'audience_mismatch',
  },
  {
    name: 'a token of another tenant',
    channel: async () =>
      stack.withToken(await stack.mint({ tenantId: '3d7b1f55-9c2e-4f0a-8f43-6f6c2f6f1e90' })),
    ...invalid,
    reason: 'issuer_mismatch',
  },
  {
    name: 'a verified application without the role',
    channel: async () => stack.withToken(await stack.mint({ roles: ['Other.Role'] })),
    status: 'PERMISSION_DENIED',
    details: 'permission denied',
    code: 'ERR_CALL_DENIED',
    reason: 'role_missing',
  },
  {
    name: 'a user where only applications are admitted',
    channel: async () =>
      stack.withToken(
        await stack.mint({ kind: 'user', roles: ['Orders.Read'], scopes: ['Other'] }),
      ),
    status: 'PERMISSION_DENIED',
    details: 'permission denied',
    code: 'ERR_CALL_DENIED',
    // The unary method admits users, too.
    reason: (kind) => (kind === 'unary' ? 'scope_missing' : 'user_not_admitted'),
  },
];

describe('a refused call', () => {
  for (const [kind, call] of Object.entries(kinds)) {
    for (const refusal of refusals) {
      it(`decodes nothing and enters no handler: ${kind}, ${refusal.name}`, async () => {
        const before = { ...stack.counters };
        const channel = await refusal.channel();
        await assert.rejects(call(channel), (error: unknown) => {
          assert.ok(error instanceof ServiceError, String(error));
          assert.equal(error.status, refusal.status);
          assert.equal(error.message, refusal.details);
          assert.match(error.challenge ?? '', /^Bearer realm="entra"/);
          return true;
        });
        const event = await stack.nextCall();
        assert.equal(event.gate, 'refused');
        assert.equal(event.status, refusal.status);
        assert.equal(event.code, refusal.code);
        const { reason } = refusal;
        assert.equal(event.reason, typeof reason === 'string' ? reason : reason(kind));
        assert.deepEqual(stack.counters, before);
      });
    }

    it(`has an accepted twin: ${kind}`, async () => {
      const before = { ...stack.counters };
      assert.ok((await call(stack.withToken(await stack.mint()))) > 0);
      const event = await stack.nextCall();
      assert.equal(event.gate, 'admitted');
      assert.equal(event.status, 'OK');
      assert.equal(event.caller?.kind, 'app');
      assert.ok(stack.counters.decoded > before.decoded);
      assert.equal(stack.counters.entered, before.entered + 1);
    });
  }

  it('puts no token into the audit', async () => {
    const token = await stack.mint({ signingKey: 'forged' });
    await assert.rejects(kinds['unary']?.(stack.withToken(token)) ?? Promise.resolve());
    await stack.nextCall();
    const [, payload = '', signature = ''] = token.split('.');
    const written = JSON.stringify(stack.events);
    assert.ok(!written.includes(payload) && !written.includes(signature));
  });

  for (const kind of ['unary', 'bidirectional'] as const) {
    it(`tells nobody without an identity which methods exist: ${kind}`, async () => {
      const missing = renamed('NoSuchMethod');
      const call = (channel: SecureChannel) =>
        kind === 'unary'
          ? createClient(missing, channel).getOrder({})
          : createClient(missing, channel).quoteOrder([{}, {}])[Symbol.asyncIterator]().next();
      await assert.rejects(call(stack.channel('none')), { status: 'UNAUTHENTICATED' });
      assert.equal((await stack.nextCall()).reason, 'authorization_missing');
      const known = stack.withToken(await stack.mint());
      await assert.rejects(call(known), { status: 'UNIMPLEMENTED' });
      const event = await stack.nextCall();
      assert.equal(event.reason, 'method_unknown');
      assert.equal(event.method, '/orders.v1.OrdersService/NoSuchMethod');
      assert.equal(event.caller?.kind, 'app');
    });
  }

  it('needs no token where the rule is public', async () => {
    const { currencyCodes } = await createClient(
      OrdersServiceDefinition,
      stack.channel('none'),
    ).getCatalog({});
    assert.deepEqual(currencyCodes, ['EUR']);
    assert.equal((await stack.nextCall()).caller, undefined);
  });

  it('is answered by kind: an application may not approve, a user with scope and role may', async () => {
    const approve = async (token: string) =>
      createClient(OrdersServiceDefinition, stack.withToken(token)).approveOrder({ orderId: '7' });
    await assert.rejects(approve(await stack.mint({ roles: ['Approver'] })), {
      status: 'PERMISSION_DENIED',
    });
    assert.equal((await stack.nextCall()).reason, 'app_not_admitted');
    const user = { kind: 'user', scopes: ['Orders.Approve'], roles: ['Approver'] } as const;
    assert.equal((await approve(await stack.mint(user))).order?.orderId, '7');
    assert.equal((await stack.nextCall()).caller?.kind, 'user');
  });
});
