import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { describe, it } from 'node:test';
import { startTestStack } from 'grpc-entra/testing';
import { ordersWith } from '../support/orders.ts';

describe('limits.connectionAgeMs', () => {
  it('ends also the connection of a peer that holds a refused call open', async () => {
    await using stack = await startTestStack({
      services: [ordersWith({})],
      limits: { connectionAgeMs: 1000, connectionGraceMs: 100 },
    });
    const session = connect(`https://${stack.address}`, { ca: stack.ca });
    const ended = once(session, 'close');
    session.on('error', () => {});
    const call = session.request({
      ':method': 'POST',
      ':path': '/orders.v1.OrdersService/GetOrder',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.on('error', () => {});
    const [headers] = await once(call, 'response');
    assert.equal(headers['grpc-status'], '16');
    // Never half-closed: without the grace it would stay for ever.
    await ended;
    assert.ok(session.destroyed);
  });
});
