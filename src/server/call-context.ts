import { Metadata } from '@grpc/grpc-js';
import type { CallScope } from '../core/call-scope.ts';
import type { Caller } from '../core/caller.ts';
import type { Secret } from '../core/secret.ts';
import { ServiceError } from '../core/service-error.ts';
import { sharedSignal } from '../core/shared-signal.ts';
import { admissionOf, callerOf, tokenOf } from './caller-of.ts';
import type { CallerContext } from './handler-types.ts';

/** The part of grpc-js's four call objects that a context needs. */
export interface SurfaceCall {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
  sendMetadata(metadata: Metadata): void;
  once(event: 'cancelled', listener: () => void): unknown;
  off(event: 'cancelled', listener: () => void): unknown;
}

/** What a handler sees of its call; what it does not ask for is not made. */
export class HandlerContext implements CallerContext, CallScope {
  readonly method: string;
  readonly metadata: Metadata;
  readonly #call: SurfaceCall;
  readonly #shutdown: AbortSignal;
  // Made when they are asked for: most calls have neither.
  #initialMetadata: Metadata | undefined;
  #trailers: Metadata | undefined;
  #controller: AbortController | undefined;
  #over = false;
  #begun = false;

  /** @throws {@link ServiceError} INTERNAL when the call passed no gate: a handler never runs on its own authority. */
  constructor(method: string, call: SurfaceCall, shutdown: AbortSignal) {
    if (admissionOf(call.metadata) === undefined) {
      throw new ServiceError('INTERNAL', 'the call passed no gate');
    }
    this.method = method;
    this.metadata = call.metadata;
    this.#call = call;
    this.#shutdown = shutdown;
  }

  get initialMetadata(): Metadata {
    this.#initialMetadata ??= new Metadata();
    return this.#initialMetadata;
  }

  get trailers(): Metadata {
    this.#trailers ??= new Metadata();
    return this.#trailers;
  }

  /** The trailers, if the handler asked for them. */
  get trailersToSend(): Metadata | undefined {
    return this.#trailers;
  }

  get caller(): Caller {
    return callerOf(this.#call);
  }

  get token(): Secret {
    return tokenOf(this.#call);
  }

  get deadline(): Date | undefined {
    const deadline = this.#call.getDeadline();
    if (deadline instanceof Date) return deadline;
    return Number.isFinite(deadline) ? new Date(deadline) : undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#shutdown.aborted) this.#onShutdown();
      if (!this.#over) {
        this.#call.once('cancelled', this.#onCancelled);
        this.#shutdown.addEventListener('abort', this.#onShutdown, { once: true });
      }
    }
    return sharedSignal(this.#controller.signal);
  }

  get active(): boolean {
    return !this.#over;
  }

  /** The answer begins: with the initial metadata, when there is any. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const initial = this.#initialMetadata;
    if (initial !== undefined && Object.keys(initial.getMap()).length > 0) {
      this.#call.sendMetadata(initial);
    }
  }

  /** The handler is done: from here on nothing aborts, and nothing is listened to. */
  finish(): void {
    this.#over = true;
    if (this.#controller === undefined) return;
    this.#call.off('cancelled', this.#onCancelled);
    this.#shutdown.removeEventListener('abort', this.#onShutdown);
  }

  readonly #onCancelled = (): void => {
    this.#controller?.abort(
      new ServiceError('CANCELLED', 'the call was cancelled or is past its deadline'),
    );
  };

  readonly #onShutdown = (): void => {
    this.#controller?.abort(new ServiceError('UNAVAILABLE', 'the server is shutting down'));
  };
}
