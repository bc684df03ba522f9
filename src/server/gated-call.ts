import type { Metadata, ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';
import { type Decision, decide } from '../authorize/decide.ts';
import type { Rule } from '../authorize/rule.ts';
import type { Caller } from '../core/caller.ts';
import { AuthorizationError, ConnectionError, TokenError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { Secret } from '../core/secret.ts';
import { statusCodes } from '../core/status-code.ts';
import { LONGEST_TIMER_MS, type Timers } from '../core/timers.ts';
import { bearerToken } from '../token/bearer.ts';
import type { TokenValidator } from '../token/validator.ts';
import { CallPeer } from './call-peer.ts';
import { CallRecord, type CallRecorder } from './call-record.ts';
import { type Admission, recordAdmission, recordAdmissionForCopies } from './caller-of.ts';
import type { MethodRules } from './method-rules.ts';
import { INTERNAL_DETAILS, type Refusal, refusalStatus } from './status.ts';

/** How long a stream may go on after its token has expired, milliseconds. */
const EXPIRY_GRACE_MS = 60_000;

/** What a gate is made of. */
export interface GateOptions {
  readonly validator: Pick<
    TokenValidator,
    'binding' | 'check' | 'maxTokenBytes' | 'requireAuthContext'
  >;
  readonly rules: MethodRules;
  readonly recorder: CallRecorder;
  readonly logger: Logger;
  /** Whether calls come only over connections our listener knows: then any other is refused. */
  readonly ownListener: boolean;
  /**
   * Whether a method exists. One that does not is answered UNIMPLEMENTED, but only to callers with an identity; one that
   * exists and has no rule is denied.
   */
  readonly serves: (path: string) => boolean;
  /** Whether streams go on when the token they began with has expired. */
  readonly streamsOutliveTokens: boolean;
  /** Whether handlers may have the token of their caller, to call other services on behalf of the same user. */
  readonly exposeTokens: boolean;
  readonly timers: Timers;
  /** Upper bound of one verification, milliseconds. */
  readonly verificationDeadlineMs: number;
}

function isRefusal(error: unknown): error is Refusal {
  return (
    error instanceof TokenError ||
    error instanceof AuthorizationError ||
    error instanceof ConnectionError
  );
}

/** A method without a rule comes this far only when it does not exist. Asks for the kind, as every decision does. */
function unknownMethod({ kind }: Caller): Decision {
  if (kind !== 'app' && kind !== 'user') throw new TypeError('no caller');
  return 'method_unknown';
}

/** The method of a call, as grpc-js describes it to interceptors. */
export type Method = Parameters<ServerInterceptor>[0];
/** Whoever stands behind the gate. */
export interface Behind {
  /** The call is admitted: it may begin. */
  admit(metadata: Metadata): void;
  /** The call is over. */
  cancel(): void;
}
/** A status to send. */
export type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/**
 * One call at the gate. A one-shot latch: whichever of admission and refusal comes first is final, because a
 * status sent before a message listener runs does not by itself keep streaming handlers from starting.
 */
export class GatedCall {
  readonly #gate: GateOptions;
  readonly #path: string;
  readonly #call: ServerInterceptingCallInterface;
  readonly #record: CallRecord;
  readonly #peer: CallPeer;
  readonly #isStream: boolean;
  /** Decided, or over before that. */
  #settled = false;
  #open = false;
  #cancelWait: (() => void) | undefined;
  #cancelExpiry: (() => void) | undefined;
  #token: Secret | undefined;
  #forget: (() => void) | undefined;

  constructor(gate: GateOptions, method: Method, call: ServerInterceptingCallInterface) {
    this.#gate = gate;
    this.#path = method.path;
    this.#isStream = method.requestStream || method.responseStream;
    this.#call = call;
    this.#record = new CallRecord(gate.recorder, method.path, call);
    this.#peer = new CallPeer(call, gate.ownListener ? this.#record : undefined);
  }

  /** Whether messages pass: from the admission until the call ends, or is ended by its token. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Decides about the call. Never throws: every way out is an admission or a refusal. */
  receive(metadata: Metadata, behind: Behind): void {
    try {
      this.#peer.check();
      const rule = this.#gate.rules.get(this.#path);
      if (rule === undefined && this.#gate.serves(this.#path)) {
        throw new AuthorizationError('rule_missing');
      }
      if (rule?.kind === 'public') {
        this.#admit(undefined, metadata, behind);
        return;
      }
      const { validator } = this.#gate;
      const values = metadata.get('authorization');
      const token = bearerToken(values, validator.maxTokenBytes, validator.binding);
      if (this.#gate.exposeTokens) this.#token = new Secret(token);
      const outcome = validator.check(token, this.#peer.binding(validator.binding));
      if (outcome instanceof Promise) this.#wait(outcome, metadata, behind);
      else this.#decide(outcome, metadata, behind);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #wait(verification: Promise<Caller>, metadata: Metadata, behind: Behind): void {
    // The gate's own bound: a validator that never settles must not hold calls and their memory for ever.
    const cancel = this.#gate.timers.after(
      this.#gate.verificationDeadlineMs,
      () => this.#refuse(new TokenError('ERR_KEYS_UNAVAILABLE', 'verification_timeout')),
      true,
    );
    this.#cancelWait = cancel;
    verification.then(
      (caller) => {
        cancel();
        try {
          this.#decide(caller, metadata, behind);
        } catch (error) {
          this.#refuse(error);
        }
      },
      (error: unknown) => {
        cancel();
        this.#refuse(error);
      },
    );
  }

  #decide(caller: Caller, metadata: Metadata, behind: Behind): void {
    const rule = this.#gate.rules.get(this.#path);
    // Decided first: what is no caller throws here, before anything is noted down about it.
    const decision =
      rule === undefined
        ? unknownMethod(caller)
        : decide(rule, caller, this.#peer.certificateFor(rule));
    this.#record.caller = caller;
    if (decision === 'allowed') this.#admit(caller, metadata, behind);
    else this.#refuse(this.#denial(decision, rule, caller));
  }

  /** The refusal of a verified caller: a challenge where a new token would help (rule X1). */
  #denial(decision: Exclude<Decision, 'allowed'>, rule: Rule | undefined, caller: Caller): unknown {
    const denied = new AuthorizationError(decision);
    if (decision !== 'auth_context_missing' || rule === undefined || !('user' in rule))
      return denied;
    try {
      this.#gate.validator.requireAuthContext(caller, rule.user.authContext ?? '');
      return denied;
    } catch (error) {
      return error;
    }
  }

  #admit(caller: Caller | undefined, metadata: Metadata, behind: Behind): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#open = true;
    this.#record.admitted();
    // A handler that logs or forwards its metadata must not leak the credential (rule M13).
    metadata.remove('authorization');
    if (caller !== undefined) this.#endAtExpiry(caller, behind);
    const admission: Admission =
      caller === undefined ? { kind: 'public' } : { kind: 'caller', caller, token: this.#token };
    recordAdmission(metadata, admission);
    // Handlers of a host may get a copy; those of our own server never do.
    if (!this.#gate.ownListener) this.#forget = recordAdmissionForCopies(metadata, admission);
    try {
      behind.admit(metadata);
    } catch (error) {
      // A throw of a later interceptor would end the process (grpc-js guards nothing here).
      this.#gate.logger.error('an interceptor behind the gate threw', {
        method: this.#path,
        error,
      });
      this.#cutOff({ code: statusCodes.INTERNAL, details: INTERNAL_DETAILS }, behind);
    }
  }

  /**
   * Ends a stream whose token has expired (rule M14): who may no longer call should not be served for hours because
   * they called in time.
   */
  #endAtExpiry({ expiresAt }: Caller, behind: Behind): void {
    const { streamsOutliveTokens, recorder, timers } = this.#gate;
    if (streamsOutliveTokens || !this.#isStream) return;
    const leftMs = expiresAt * 1000 - recorder.clock.now();
    // At least the grace, because tokens are accepted with some tolerance.
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(leftMs, 0) + EXPIRY_GRACE_MS);
    this.#cancelExpiry = timers.after(
      delayMs,
      () => {
        const expired = new TokenError('ERR_TOKEN_EXPIRED', 'expired');
        this.#record.expired(expired);
        this.#cutOff(refusalStatus(expired), behind);
      },
      false,
    );
  }

  /**
   * Ends an admitted call. A peer that does not read can hold its status back for ever, so nothing of it passes from here
   * on, and its handler is told.
   */
  #cutOff(status: Status, behind: Behind): void {
    this.#send(status);
    this.#open = false;
    behind.cancel();
  }

  /** The answer of whoever stands behind the gate. */
  answer(status: Status): void {
    this.#record.ended(status.code ?? statusCodes.UNKNOWN);
    this.#call.sendStatus(status);
  }

  /** The call is over: what was not decided by now never is. */
  finish(): void {
    this.#settled = true;
    this.#open = false;
    this.#cancelWait?.();
    this.#cancelExpiry?.();
    this.#forget?.();
    this.#record.closed();
  }

  #refuse(cause: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    let refusal: Refusal;
    if (isRefusal(cause)) refusal = cause;
    else {
      this.#gate.logger.error('verification failed unexpectedly; the call is refused', {
        method: this.#path,
        error: cause,
      });
      refusal = new TokenError('ERR_TOKEN_INVALID', 'internal_error', { cause });
    }
    this.#record.refused(refusal);
    this.#send(refusalStatus(refusal));
  }

  #send(status: Status): void {
    this.#record.ended(status.code ?? statusCodes.UNKNOWN);
    try {
      this.#call.sendStatus(status);
    } catch (error) {
      this.#gate.logger.error('a status could not be sent', { method: this.#path, error });
    }
  }
}
