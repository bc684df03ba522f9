import { type CallOptions as GrpcCallOptions, Metadata } from '@grpc/grpc-js';
import { checkBoolean, checkInteger, checkOptionNames, invalidOption } from '../core/options.ts';
import type { Secret } from '../core/secret.ts';
import { sharedSignal } from '../core/shared-signal.ts';
import type { SecureChannel } from './channel.ts';

/** Options of one call. */
export interface CallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** Deadline of this call, milliseconds from now. */
  readonly deadlineMs?: number;
  /** Request metadata. `authorization` is the channel's and is refused here. */
  readonly metadata?: Metadata;
  /** Access token of the user on whose behalf the call is made, on a channel made for that. */
  readonly userToken?: string | Secret;
  /** Waits for a connection until the deadline, instead of failing at once while there is none. Default: false. */
  readonly waitForReady?: boolean;
  /** Receives the server's initial metadata. Never called when the call fails before it comes. */
  readonly onInitialMetadata?: (metadata: Metadata) => void;
  /** Receives what the server sent with the status, whatever the status is. */
  readonly onTrailers?: (metadata: Metadata) => void;
}

/** A call under way. */
export interface Cancellable {
  cancel(): void;
}

/** The request metadata of a call. */
export function requestMetadata(options: CallOptions): Metadata {
  const metadata = options.metadata?.clone() ?? new Metadata();
  if (metadata.get('authorization').length > 0) {
    // grpc-js would fail the call as INTERNAL "multiple values" (rule C20).
    throw invalidOption(
      'call option metadata',
      'without "authorization": the channel\'s credential attaches it',
      metadata,
    );
  }
  if (checkBoolean('call option waitForReady', options.waitForReady, false)) {
    metadata.setOptions({ ...metadata.getOptions(), waitForReady: true });
  }
  return metadata;
}

/** What calls get that say nothing themselves. */
export interface CallDefaults {
  readonly deadlineMs: number | undefined;
  readonly channel: Pick<SecureChannel, 'forUser'>;
}

/** The options of a call as grpc-js takes them. */
export function grpcOptions(defaults: CallDefaults, options: CallOptions): GrpcCallOptions {
  checkOptionNames('call options', options, [
    'signal',
    'deadlineMs',
    'metadata',
    'userToken',
    'waitForReady',
    'onInitialMetadata',
    'onTrailers',
  ]);
  const deadlineMs =
    options.deadlineMs === undefined
      ? defaults.deadlineMs
      : checkInteger('call option deadlineMs', options.deadlineMs, {
          min: 0,
          max: 2 ** 31 - 1,
          default: 0,
        });
  return {
    ...(deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }),
    ...(options.userToken === undefined
      ? {}
      : { credentials: defaults.channel.forUser(options.userToken) }),
  };
}

/** Cancels the call when the signal aborts; returns what forgets the signal. */
export function bindSignal(call: Cancellable, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {};
  const cancel = (): void => call.cancel();
  if (signal.aborted) cancel();
  sharedSignal(signal).addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

interface Observable {
  on(event: 'metadata', listener: (metadata: Metadata) => void): unknown;
  on(event: 'status', listener: (status: { readonly metadata: Metadata }) => void): unknown;
}

/** Lets the caller see metadata. */
export function observe(call: Observable, { onInitialMetadata, onTrailers }: CallOptions): void {
  if (onInitialMetadata !== undefined) call.on('metadata', onInitialMetadata);
  if (onTrailers !== undefined) call.on('status', ({ metadata }) => onTrailers(metadata));
}
