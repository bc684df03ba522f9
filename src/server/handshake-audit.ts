import { type Clock, isoTime } from '../core/clock.ts';
import { HandshakeEventLimiter } from '../tls/handshake-events.ts';
import type { HandshakeFailure } from '../tls/handshake-failure.ts';
import type { AuditSink } from './audit.ts';

/** Writes failed handshakes to the audit, as many as it can bear. */
export function handshakeAudit(
  audit: AuditSink,
  clock: Clock,
): (failure: HandshakeFailure) => void {
  const limiter = new HandshakeEventLimiter(clock);
  return (failure) => {
    const suppressed = limiter.admit(failure);
    if (suppressed === undefined) return;
    audit({
      event: 'handshake_failed',
      time: isoTime(clock.now()),
      ...failure,
      ...(suppressed.count === 0 ? {} : { suppressed }),
    });
  };
}
