import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Caller } from '../core/caller.ts';
import { type Clock, isoTime } from '../core/clock.ts';
import { TokenError } from '../core/errors.ts';
import { statusCodes, statusName } from '../core/status-code.ts';
import { tokenReasons } from '../core/token-reason.ts';
import { type ConnectionEnds, peerOf } from '../tls/connection-ends.ts';
import type { TlsIdentity } from '../tls/connection-identity.ts';
import type { AuditSink, CallEvent } from './audit.ts';
import type { Refusal } from './status.ts';

/** Where call records go. */
export interface CallRecorder {
  readonly audit: AuditSink;
  readonly clock: Clock;
  /** What TLS established about the connection of a peer, where the listener is ours. */
  readonly identityOf: (ends: ConnectionEnds) => TlsIdentity | undefined;
}

/** Collects what is to be said about one call and says it once. */
export class CallRecord {
  readonly #recorder: CallRecorder;
  readonly #path: string;
  readonly #call: ServerInterceptingCallInterface;
  readonly #startedAt: number;
  readonly #connection: ConnectionInfo;
  #admitted = false;
  #refusal: Refusal | undefined;
  #expiry: TokenError | undefined;
  #reported = false;
  /** The connection, where the listener is ours and the connection still there. */
  readonly identity: TlsIdentity | undefined;
  /** The verified caller, also of a call that its rule then denied. */
  caller: Caller | undefined;

  constructor(recorder: CallRecorder, path: string, call: ServerInterceptingCallInterface) {
    this.#recorder = recorder;
    this.#path = path;
    this.#call = call;
    this.#startedAt = recorder.clock.monotonic();
    this.#connection = connectionOf(call);
    this.identity = recorder.identityOf(this.#connection);
  }

  /** The gate let the call through. */
  admitted(): void {
    this.#admitted = true;
  }

  /** The gate refused the call. */
  refused(error: Refusal): void {
    this.#refusal = error;
  }

  /** The call was admitted, and ended because its token expired. */
  expired(error: TokenError): void {
    this.#expiry = error;
  }

  /** A status was sent. */
  ended(code: number): void {
    this.#report(code, false);
  }

  /**
   * The stream is over. grpc-js says so after every call; what ends without a status of ours was ended by grpc-js
   * itself, which shows its own statuses to nobody.
   */
  closed(): void {
    const deadline = this.#call.getDeadline();
    const late = Number(deadline) <= this.#recorder.clock.now();
    this.#report(late ? statusCodes.DEADLINE_EXCEEDED : statusCodes.CANCELLED, true);
  }

  #report(code: number, inferred: boolean): void {
    if (this.#reported) return;
    this.#reported = true;
    const { audit, clock } = this.#recorder;
    const { caller, identity } = this;
    const refusal = this.#refusal;
    const durationMs = Math.round((clock.monotonic() - this.#startedAt) * 1000) / 1000;
    // Its members in this order: what every event has, and then what some have. One shape serves nearly all calls.
    const event: Mutable<CallEvent> = {
      event: 'call',
      time: isoTime(clock.now()),
      method: this.#path,
      peer: this.#peer(),
      tls: identity === undefined ? undefined : `${identity.protocol} ${identity.cipherSuite}`,
      gate: this.#admitted ? 'admitted' : refusal === undefined ? 'undecided' : 'refused',
      status: statusName(code),
      durationMs,
    };
    if (inferred) event.inferred = true;
    if (refusal !== undefined || this.#expiry !== undefined) {
      Object.assign(event, reasonOf(refusal, this.#expiry));
    }
    if (caller !== undefined) event.caller = audited(caller);
    audit(event);
  }

  #peer(): string {
    return this.identity?.peer ?? peerOf(this.#connection) ?? 'unknown';
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function reasonOf(
  refusal: Refusal | undefined,
  expiry: TokenError | undefined,
): Pick<CallEvent, 'code' | 'reason' | 'rule'> {
  if (refusal instanceof TokenError) {
    const { code, reason } = refusal;
    return { code, reason, rule: tokenReasons[reason].rule };
  }
  if (refusal !== undefined) return { code: refusal.code, reason: refusal.reason };
  return expiry === undefined ? {} : { code: expiry.code, reason: expiry.reason, rule: 'M14' };
}

type ConnectionInfo = ReturnType<ServerInterceptingCallInterface['getConnectionInfo']>;

/** Read once, at the start: of a connection that is gone Node only throws. */
function connectionOf(call: ServerInterceptingCallInterface): ConnectionInfo {
  try {
    return call.getConnectionInfo();
  } catch {
    return {};
  }
}

function audited(caller: Caller): NonNullable<CallEvent['caller']> {
  const { kind, tenantId, clientId, objectId, tokenId } = caller;
  return { kind, tenantId, clientId, objectId, tokenId };
}
