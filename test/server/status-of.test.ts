import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { status } from '@grpc/grpc-js';
import { ServiceError, statusOf } from 'grpc-entra/server';
import { receivedError } from '#src/core/service-error.ts';

describe('statusOf', () => {
  it('is the status, the text and the details of a ServiceError', () => {
    const onHidden = mock.fn();
    const error = new ServiceError('NOT_FOUND', 'no such order', {
      details: [{ type: 'ErrorInfo', reason: 'GONE', domain: 'x.example', metadata: {} }],
    });
    const { code, details, metadata } = statusOf(error, onHidden);
    assert.deepEqual([code, details], [status.NOT_FOUND, 'no such order']);
    assert.ok(Buffer.from(metadata.get('grpc-status-details-bin')[0] ?? '').includes('GONE'));
    assert.equal(onHidden.mock.callCount(), 0);
  });

  it('is INTERNAL with a fixed text for anything else, which the log gets', () => {
    const others = [
      new Error('password'),
      'password',
      undefined,
      receivedError('NOT_FOUND', 'password', {}),
    ];
    for (const error of others) {
      const onHidden = mock.fn();
      const { code, details } = statusOf(error, onHidden);
      assert.equal(code, status.INTERNAL);
      assert.ok(!details.includes('password'));
      assert.deepEqual(
        onHidden.mock.calls.map((call) => call.arguments),
        [[error]],
      );
      assert.equal(statusOf(error).code, status.INTERNAL);
    }
  });
});
