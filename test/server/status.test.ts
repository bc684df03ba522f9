import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusalStatus } from '#src/server/status.ts';

describe('what a refused caller is told', () => {
  it('E1 is a challenge for whoever could do better with another token', () => {
    assert.deepEqual(refusalStatus('ERR_TOKEN_MISSING').metadata.get('www-authenticate'), [
      'Bearer realm="entra"',
    ]);
    assert.deepEqual(refusalStatus('ERR_CALL_DENIED').metadata.get('www-authenticate'), [
      'Bearer realm="entra", error="insufficient_scope"',
    ]);
  });

  it('E5 is a pause, and no challenge, while keys are unavailable', () => {
    const { code, metadata } = refusalStatus('ERR_KEYS_UNAVAILABLE');
    assert.equal(code, 14);
    assert.deepEqual(metadata.get('www-authenticate'), []);
    const pause = Number(metadata.get('grpc-retry-pushback-ms')[0]);
    assert.ok(pause >= 500 && pause < 2000);
  });
});
