import { Metadata, type ServerInterceptingCallInterface, type StatusObject } from '@grpc/grpc-js';
import type { Rule } from '#src/authorize/rule.ts';
import type { Caller } from '#src/core/caller.ts';
import { silentLogger } from '#src/core/log.ts';
import type { CallEvent } from '#src/server/audit.ts';
import { createGate } from '#src/server/gate.ts';
import type { GateOptions } from '#src/server/gated-call.ts';
import type { TlsIdentity } from '#src/tls/connection-identity.ts';
import { appCaller } from './callers.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type FakeTimers, fakeTimers } from './fake-timers.ts';

/** The caller whom the validators of these tests know. */
export const READER: Caller = appCaller(['Orders.Read']);

const METHOD = '/test.Service/Method';
const RULE: Rule = {
  kind: 'app',
  allowedClientIds: [],
  app: { anyRole: ['Orders.Read'], allRoles: [] },
};

/** What may go wrong around the gate, or be other than usual. */
export interface GatedCallOptions extends Partial<Omit<GateOptions, 'validator'>> {
  /** Replaces a part of the validator, which admits {@link READER} whatever the token. */
  readonly validator?: Partial<GateOptions['validator']>;
  /** Stands behind the gate, where the next interceptor or the handler would. */
  readonly behind?: () => void;
  /** When the call must be over, milliseconds since the epoch. Default: never. */
  readonly deadlineMs?: number;
  /** The client certificate as a host's grpc-js tells it. */
  readonly peer?: { readonly raw?: Buffer };
  /** What the method streams. Default: nothing. */
  readonly stream?: 'requests' | 'responses';
  /** What TLS established about the connection. Default: nothing is known, as in a host's server. */
  readonly identity?: TlsIdentity;
  /** Stands below the gate, where grpc-js sends. */
  readonly send?: () => void;
}

/** What grpc-js calls when something arrives. */
interface FullServerListener {
  onReceiveMetadata(metadata: Metadata): void;
  onReceiveMessage(message: unknown): void;
  onReceiveHalfClose(): void;
  onCancel(): void;
}

/** The only place where grpc-js itself is stood in for: it cannot be made to fail on demand. */
export class GatedCall {
  readonly clock: FakeClock = fakeClock();
  readonly timers: FakeTimers = fakeTimers(this.clock);
  readonly statuses: Partial<StatusObject>[] = [];
  readonly events: CallEvent[] = [];
  /** What came through the gate beside metadata. */
  readonly received: string[] = [];
  /** What went out through the gate, beside statuses. */
  readonly sent: string[] = [];
  readonly logged: string[] = [];
  /** Metadata that reached what stands behind the gate. */
  readonly passed: Metadata[] = [];
  readonly #listener: FullServerListener;
  readonly #call: ServerInterceptingCallInterface;

  constructor({
    behind,
    send,
    identity,
    stream,
    peer,
    validator,
    deadlineMs = Number.POSITIVE_INFINITY,
    ...options
  }: GatedCallOptions = {}) {
    const gate = createGate({
      validator: {
        binding: 'off',
        check: () => READER,
        maxTokenBytes: 16_384,
        requireAuthContext: () => {},
        ...validator,
      },
      rules: new Map([[METHOD, RULE]]),
      logger: {
        ...silentLogger,
        error: (message) => {
          this.logged.push(message);
        },
      },
      ownListener: false,
      timers: this.timers,
      streamsOutliveTokens: false,
      exposeTokens: false,
      serves: () => true,
      verificationDeadlineMs: 1000,
      recorder: {
        audit: (event) => {
          if (event.event === 'call') this.events.push(event);
        },
        clock: this.clock,
        identityOf: () => identity,
      },
      ...options,
    });
    let listener: FullServerListener | undefined;
    const below = {
      start: (given: FullServerListener) => {
        listener = given;
      },
      sendMetadata: () => {
        this.sent.push('metadata');
      },
      sendMessage: () => {
        this.sent.push('message');
      },
      sendStatus: (status: Partial<StatusObject>) => {
        send?.();
        this.statuses.push(status);
      },
      getPeer: () => '127.0.0.1:1',
      getDeadline: () => deadlineMs,
      getHost: () => 'localhost',
      getAuthContext: () => (peer === undefined ? {} : { sslPeerCertificate: peer }),
      getConnectionInfo: () => ({ remoteAddress: '127.0.0.1', remotePort: 1 }),
    } as unknown as ServerInterceptingCallInterface;
    this.#call = gate(
      {
        path: METHOD,
        requestStream: stream === 'requests',
        responseStream: stream === 'responses',
      } as Parameters<typeof gate>[0],
      below,
    );
    this.#call.start({
      onReceiveMetadata: (metadata: Metadata) => {
        this.passed.push(metadata);
        behind?.();
      },
      onReceiveMessage: () => {
        this.received.push('message');
      },
      onReceiveHalfClose: () => {
        this.received.push('half close');
      },
      onCancel: () => {
        this.received.push('cancel');
      },
    });
    if (listener === undefined) throw new Error('the gate did not start the call');
    this.#listener = listener;
  }

  /** The peer's metadata arrives. */
  arrive(authorization = 'Bearer aaa.bbb.ccc', others: Record<string, string> = {}): this {
    const metadata = Metadata.fromHttp2Headers(others);
    if (authorization !== '') metadata.set('authorization', authorization);
    this.#listener.onReceiveMetadata(metadata);
    return this;
  }

  /** A message and the end of the peer's messages arrive. */
  deliver(): void {
    this.#listener.onReceiveMessage({});
    this.#listener.onReceiveHalfClose();
  }

  /** What stands behind the gate sends metadata and a message. */
  send(): void {
    this.#call.sendMetadata(new Metadata());
    this.#call.sendMessage({}, () => {
      this.sent.push('sent or dropped');
    });
  }

  /** What stands behind the gate answers. */
  answer(code: number): void {
    this.#call.sendStatus({ code, details: '' });
  }

  /** The peer goes away. */
  cancel(): void {
    this.#listener.onCancel();
  }
}
