import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { ServiceError } from 'grpc-entra/server';
import { asApp, asUser, testClient } from 'grpc-entra/testing';
import { OrderBook } from '#examples/orders/order-book.ts';
import { ordersService } from '#examples/orders/orders-service.ts';
import { collect } from '../support/collect.ts';
import { ordersWith } from '../support/orders.ts';

const LINE = { lines: [{ sku: 'tea', quantity: 2 }], currencyCode: 'EUR' };
const orders = () => testClient(ordersService(new OrderBook()));
const reader = asApp({ roles: ['Orders.Read'] });
const writer = asApp({ roles: ['Orders.Read', 'Orders.Write'] });

describe('a test client', () => {
  it('makes the four kinds of call, with messages as they come over the wire', async () => {
    const client = orders().as(writer);
    const { orderIds } = await client.uploadOrders([LINE, LINE]);
    assert.equal(orderIds.length, 2);
    const { order } = await client.getOrder({ orderId: orderIds[0] ?? '' });
    assert.equal(order?.lines[0]?.sku, 'tea');
    assert.equal((await collect(client.listOrders({}))).length, 2);
    const quotes = await collect(client.quoteOrder([{ line: LINE.lines[0], currencyCode: 'EUR' }]));
    assert.equal(quotes[0]?.line?.quantity, 2);
  });

  it('applies the rules: who may, who may not, and nobody', async () => {
    const { as } = orders();
    await assert.rejects(as(reader).uploadOrders([LINE]), { status: 'PERMISSION_DENIED' });
    await assert.rejects(as(asUser({ scopes: ['Orders.Read'] })).uploadOrders([LINE]), {
      status: 'PERMISSION_DENIED',
      message: /user_not_admitted/,
    });
    await assert.rejects(as('nobody').getOrder({ orderId: '1' }), { status: 'UNAUTHENTICATED' });
    await assert.rejects(collect(as('nobody').listOrders({})), { status: 'UNAUTHENTICATED' });
    assert.ok((await as('nobody').getCatalog({})).currencyCodes.length > 0);
    const approver = asUser({ scopes: ['Orders.Approve'], roles: ['Approver'] });
    await assert.rejects(as(approver).approveOrder({ orderId: 'none' }), { status: 'NOT_FOUND' });
  });

  it('shows the test what a server would hide from clients', async () => {
    const cause = new Error('the database is gone');
    const client = testClient(
      ordersWith({
        getOrder: () => Promise.reject(cause),
        async *listOrders() {
          yield await Promise.reject<never>(cause);
        },
      }),
    ).as(reader);
    for (const failing of [client.getOrder({}), collect(client.listOrders({}))]) {
      await assert.rejects(failing, (error) => {
        assert.ok(error instanceof ServiceError);
        assert.equal(error.status, 'INTERNAL');
        assert.equal(error.message, 'internal error');
        assert.equal(error.cause, cause);
        return true;
      });
    }
  });

  it('passes details of errors, metadata and the token on', async () => {
    const client = testClient(
      ordersWith({
        async getOrder(_request, { metadata, token }) {
          throw new ServiceError(
            'RESOURCE_EXHAUSTED',
            `${metadata.get('k').join()} ${token.reveal()}`,
            {
              details: [{ type: 'RetryInfo', retryDelayMs: 1500 }],
            },
          );
        },
      }),
    ).as(reader);
    const metadata = new Metadata();
    metadata.set('k', 'v');
    await assert.rejects(client.getOrder({}, { metadata, userToken: 'user' }), (error) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.message, 'v user');
      assert.equal(error.detail('RetryInfo')?.retryDelayMs, 1500);
      return true;
    });
  });

  it('ends calls at their deadline and when they are cancelled, and tells the handler', async () => {
    const reasons: unknown[] = [];
    const waits = (signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push((signal.reason as ServiceError).status);
          reject(signal.reason);
        });
      });
    const client = testClient(
      ordersWith({
        getOrder: (_request, { signal }) => waits(signal),
        async *listOrders(_request, { signal }) {
          yield {};
          await waits(signal);
        },
      }),
    ).as(reader);
    await assert.rejects(client.getOrder({}, { deadlineMs: 5 }), { status: 'DEADLINE_EXCEEDED' });
    const abort = new AbortController();
    const iterator = client.listOrders({}, { signal: abort.signal })[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    abort.abort();
    await assert.rejects(next, { status: 'CANCELLED' });
    assert.deepEqual(reasons, ['CANCELLED', 'CANCELLED']);
  });

  it('refuses what is no service', () => {
    for (const service of [{}, undefined, 'orders']) {
      assert.throws(() => testClient(service as never), { code: 'ERR_OPTION_INVALID' });
    }
  });

  it('refuses a caller that is none', () => {
    assert.throws(() => orders().as({} as never), /asApp/);
  });
});
