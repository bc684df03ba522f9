import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HandshakeEventLimiter } from '#src/tls/handshake-events.ts';
import type { HandshakeFailure } from '#src/tls/handshake-failure.ts';
import { fakeClock } from '../support/fake-clock.ts';

const failure = (result: HandshakeFailure['result']): HandshakeFailure => ({
  result,
  reason: 'test',
  peer: '127.0.0.1:1',
});

describe('failed handshakes in the audit', () => {
  it('pass in a burst, then at a rate, and what was left out is told with the next', () => {
    const clock = fakeClock();
    const limiter = new HandshakeEventLimiter(clock);
    const admitted = Array.from({ length: 200 }, () =>
      limiter.admit(failure('PEER_CONNECTION_CLOSED')),
    ).filter((suppressed) => suppressed !== undefined);
    assert.equal(admitted.length, 50);
    assert.ok(admitted.every(({ count }) => count === 0));
    assert.equal(limiter.admit(failure('HANDSHAKE_TIMEOUT')), undefined);

    clock.advance(200);
    assert.deepEqual(limiter.admit(failure('CERTIFICATE_EXPIRED')), {
      count: 151,
      results: { PEER_CONNECTION_CLOSED: 150, HANDSHAKE_TIMEOUT: 1 },
    });
    assert.equal(limiter.admit(failure('CERTIFICATE_EXPIRED')), undefined);
    clock.advance(200);
    assert.deepEqual(limiter.admit(failure('CERTIFICATE_EXPIRED')), {
      count: 1,
      results: { CERTIFICATE_EXPIRED: 1 },
    });
  });

  it('save up no more than a burst', () => {
    const clock = fakeClock();
    const limiter = new HandshakeEventLimiter(clock);
    clock.advance(3_600_000);
    const admitted = Array.from({ length: 60 }, () =>
      limiter.admit(failure('HANDSHAKE_TIMEOUT')),
    ).filter((suppressed) => suppressed !== undefined);
    assert.equal(admitted.length, 50);
  });
});
