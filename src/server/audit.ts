import { writeSync } from 'node:fs';
import type { DenialReason } from '../core/denial-reason.ts';
import type { ConnectionReason, ErrorCode } from '../core/errors.ts';
import type { StatusName } from '../core/status-code.ts';
import type { TokenReason } from '../core/token-reason.ts';
import type { SuppressedFailures } from '../tls/handshake-events.ts';
import type { HandshakeResult } from '../tls/handshake-failure.ts';

/** Who called: identifiers from a verified token, for the audit alone. */
export interface AuditedCaller {
  readonly kind: 'app' | 'user';
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  /** Claim `uti`: finds the token in Entra's own sign-in log (rule C14). */
  readonly tokenId: string | undefined;
}

/** One call, reported when it ended, exactly once, whoever ended it. */
export interface CallEvent {
  readonly event: 'call';
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Path, for example `/orders.v1.OrdersService/GetOrder`. */
  readonly method: string;
  /** Address and port of the peer. */
  readonly peer: string;
  /** Negotiated TLS version and suite; absent where the host owns the listener. */
  readonly tls?: string | undefined;
  /** `admitted` past the gate or `refused` by it; `undecided` when the call ended before its token was verified. */
  readonly gate: 'admitted' | 'refused' | 'undecided';
  readonly status: StatusName;
  /** Whether gRPC itself ended the call (cancelled, deadline, undecodable message) and the status is inferred. */
  readonly inferred?: true;
  readonly code?: ErrorCode;
  /** Precise reason of a refusal. Never sent to the caller. */
  readonly reason?: TokenReason | DenialReason | ConnectionReason;
  /** Number of the token rule that refused. */
  readonly rule?: string;
  /** Absent when no identity was verified, and on public methods. */
  readonly caller?: AuditedCaller;
  readonly durationMs: number;
}

/** A TLS connection that did not come about, or was refused. */
export interface HandshakeEvent {
  readonly event: 'handshake_failed';
  readonly time: string;
  readonly peer: string;
  /** Result name of gRFC A118. */
  readonly result: HandshakeResult;
  readonly reason: string;
  /** Failures left out since the last event, because there were too many. */
  readonly suppressed?: SuppressedFailures;
}

/** What an audit sink receives. No event holds a token, a secret or a key. */
export type AuditEvent = CallEvent | HandshakeEvent;

/** Receives audit events. What it throws is swallowed: a full disk must refuse no caller. */
export type AuditSink = (event: AuditEvent) => void;

/** The default sink: one JSON line an event on stderr. */
export function auditToStderr(event: AuditEvent): void {
  writeSync(2, `${JSON.stringify(event)}\n`);
}

/** Wraps a sink so that it cannot throw into a call. */
export function guardedSink(sink: AuditSink, onFailure: () => void): AuditSink {
  return (event) => {
    try {
      sink(event);
    } catch {
      onFailure();
    }
  };
}
