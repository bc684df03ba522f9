import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthorizationError, ConnectionError, TokenError } from '#src/core/errors.ts';
import { refusalStatus } from '#src/server/status.ts';

describe('what a refused caller is told', () => {
  it('E1 is a challenge for whoever could do better with another token', () => {
    assert.deepEqual(
      refusalStatus(new TokenError('ERR_TOKEN_MISSING', 'authorization_missing')).metadata.get(
        'www-authenticate',
      ),
      ['Bearer realm="entra"'],
    );
    assert.deepEqual(
      refusalStatus(new AuthorizationError('role_missing')).metadata.get('www-authenticate'),
      ['Bearer realm="entra", error="insufficient_scope"'],
    );
  });

  it('E5 is a pause, and no challenge, while keys are unavailable', () => {
    const { code, metadata } = refusalStatus(
      new TokenError('ERR_KEYS_UNAVAILABLE', 'keys_unavailable'),
    );
    assert.equal(code, 14);
    assert.deepEqual(metadata.get('www-authenticate'), []);
    const pause = Number(metadata.get('grpc-retry-pushback-ms')[0]);
    assert.ok(pause >= 500 && pause < 2000);
  });

  it('is the reason itself where a client certificate was refused and the server explains', () => {
    const error = new ConnectionError(
      'client_certificate_refused',
      'client certificate refused: x',
    );
    assert.equal(error.code, 'ERR_CLIENT_CERTIFICATE');
    assert.equal(refusalStatus(error).code, 16);
    assert.equal(refusalStatus(error).details, 'client certificate refused: x');
  });
});
