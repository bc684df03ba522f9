import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import {
  type Behind,
  GatedCall,
  type GateOptions,
  type Method,
  type Status,
} from './gated-call.ts';

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

/** What a call sees of its peer: nothing before the gate has decided. */
class GateListener implements Listener, Behind {
  // Both are let go when the call is over. Its stream leads here and can stay in memory until the next full collection: Node
  // keeps the streams of a session in a Map, whose outgrown tables hold streams that are over, and each the next table.
  #gated: GatedCall | undefined;
  #behind: Listener | undefined;

  constructor(gated: GatedCall, behind: Listener) {
    this.#gated = gated;
    this.#behind = behind;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#gated?.receive(metadata, this);
  }

  admit(metadata: Metadata): void {
    this.#behind?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    if (this.#gated?.isOpen) this.#behind?.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    if (this.#gated?.isOpen) this.#behind?.onReceiveHalfClose();
  }

  onCancel(): void {
    this.#gated?.finish();
    this.cancel();
    this.#gated = undefined;
  }

  cancel(): void {
    const behind = this.#behind;
    this.#behind = undefined;
    behind?.onCancel();
  }
}

/**
 * What grpc-js sees of the gate. Its methods stand in for those of grpc-js's own class, whose bookkeeping serves
 * interceptors that wait, and costs each call as much as the whole decision.
 */
class GateCall extends ServerInterceptingCall {
  readonly #below: ServerInterceptingCallInterface;
  readonly #gated: GatedCall;

  constructor(gate: GateOptions, method: Method, below: ServerInterceptingCallInterface) {
    super(below);
    this.#below = below;
    this.#gated = new GatedCall(gate, method, below);
  }

  override start(listener: Listener): void {
    this.#below.start(new GateListener(this.#gated, listener));
  }

  override sendMetadata(metadata: Metadata): void {
    if (this.#gated.isOpen) this.#below.sendMetadata(metadata);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    if (this.#gated.isOpen) this.#below.sendMessage(message, callback);
    else callback();
  }

  override sendStatus(status: Status): void {
    if (this.#gated.isOpen) this.#gated.answer(status);
  }
}

/**
 * The gate: verifies the identity of each call and applies the rule of its method before any message is read.
 *
 * A refused call decodes nothing and enters no handler. Nothing that happens in here can end the process.
 */
export function createGate(options: GateOptions): ServerInterceptor {
  return (method, call) => new GateCall(options, method, call);
}
