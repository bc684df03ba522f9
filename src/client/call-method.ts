import {
  type Client,
  type CallOptions as GrpcCallOptions,
  type ServiceError as GrpcServiceError,
  Metadata,
} from '@grpc/grpc-js';
import { decodeStatusDetails } from '../core/error-details-codec.ts';
import { checkBoolean, checkInteger, checkOptionNames, invalidOption } from '../core/options.ts';
import { readMessages } from '../core/read-messages.ts';
import type { Secret } from '../core/secret.ts';
import {
  deserializer,
  type MethodDefinition,
  methodPath,
  type ServiceDefinition,
  serializer,
} from '../core/service-definition.ts';
import { receivedError } from '../core/service-error.ts';
import { statusName } from '../core/status-code.ts';
import { withResolvers } from '../core/with-resolvers.ts';
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
}

interface Cancellable {
  cancel(): void;
}

interface Method {
  readonly client: Client;
  readonly path: string;
  readonly serialize: (value: unknown) => Buffer;
  readonly deserialize: (bytes: Buffer) => unknown;
  readonly deadlineMs: number | undefined;
  readonly channel: Pick<SecureChannel, 'forUser'>;
}

type Requests = Iterable<unknown> | AsyncIterable<unknown>;

function isGrpcError(error: unknown): error is GrpcServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

function toServiceError(error: unknown): unknown {
  if (!isGrpcError(error)) return error;
  const status = statusName(error.code);
  if (status === 'OK') return error;
  const challenge = error.metadata?.get('www-authenticate')[0];
  const details = error.metadata?.get('grpc-status-details-bin')[0];
  return receivedError(status, error.details, {
    cause: error,
    challenge: typeof challenge === 'string' ? challenge : undefined,
    details: Buffer.isBuffer(details) ? decodeStatusDetails(details) : [],
  });
}

function requestMetadata(options: CallOptions): Metadata {
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

function grpcOptions(method: Method, options: CallOptions): GrpcCallOptions {
  checkOptionNames('call options', options, [
    'signal',
    'deadlineMs',
    'metadata',
    'userToken',
    'waitForReady',
  ]);
  const deadlineMs =
    options.deadlineMs === undefined
      ? method.deadlineMs
      : checkInteger('call option deadlineMs', options.deadlineMs, {
          min: 0,
          max: 2 ** 31 - 1,
          default: 0,
        });
  return {
    ...(deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }),
    ...(options.userToken === undefined
      ? {}
      : { credentials: method.channel.forUser(options.userToken) }),
  };
}

/** Cancels the call when the signal aborts; returns what forgets the signal. */
function bindSignal(call: Cancellable, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {};
  const cancel = (): void => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

interface Writable extends Cancellable {
  write(message: unknown): boolean;
  end(): void;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  readonly destroyed: boolean;
}

// Whatever ends the wait: the peer read on, or the call is over.
const WRITABLE_AGAIN = ['drain', 'status', 'error', 'close', 'finish'];

function writable(call: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of WRITABLE_AGAIN) call.off(event, done);
      resolve();
    };
    for (const event of WRITABLE_AGAIN) call.once(event, done);
  });
}

/** Writes requests as fast as the peer reads; a failing source cancels the call, and its error is kept. */
async function writeAll(call: Writable, requests: Requests, over: () => boolean): Promise<void> {
  try {
    for await (const request of requests) {
      if (over()) return;
      if (!call.write(request)) await writable(call);
    }
  } catch (error) {
    call.cancel();
    throw error;
  }
  if (!over()) call.end();
}

function callUnary(method: Method, request: unknown, options: CallOptions): Promise<unknown> {
  const { promise, resolve, reject } = withResolvers<unknown>();
  const call = method.client.makeUnaryRequest(
    method.path,
    method.serialize,
    method.deserialize,
    request,
    requestMetadata(options),
    grpcOptions(method, options),
    (error, response) => (error === null ? resolve(response) : reject(toServiceError(error))),
  );
  return promise.finally(bindSignal(call, options.signal));
}

function callClientStream(
  method: Method,
  requests: Requests,
  options: CallOptions,
): Promise<unknown> {
  const { promise, resolve, reject } = withResolvers<unknown>();
  let over = false;
  const call = method.client.makeClientStreamRequest(
    method.path,
    method.serialize,
    method.deserialize,
    requestMetadata(options),
    grpcOptions(method, options),
    (error, response) => {
      over = true;
      if (error === null) resolve(response);
      else reject(toServiceError(error));
    },
  );
  const unbind = bindSignal(call, options.signal);
  // An error of the source settles first and is what the caller sees, not the cancellation that follows.
  writeAll(call, requests, () => over).catch(reject);
  return promise.finally(unbind);
}

function readAnswers(
  call: Parameters<typeof readMessages>[0] & Cancellable,
  signal: AbortSignal | undefined,
  sourceError: () => unknown,
): AsyncGenerator<unknown, void, undefined> {
  const unbind = bindSignal(call, signal);
  const messages = readMessages<unknown>(call);
  async function* iterate(): AsyncGenerator<unknown, void, undefined> {
    try {
      yield* messages;
    } catch (error) {
      throw sourceError() ?? toServiceError(error);
    } finally {
      unbind();
      // Reached early when the consumer stops: the server should stop, too. After the end it does nothing.
      call.cancel();
    }
  }
  return iterate();
}

function callServerStream(
  method: Method,
  request: unknown,
  options: CallOptions,
): AsyncIterable<unknown> {
  const call = method.client.makeServerStreamRequest(
    method.path,
    method.serialize,
    method.deserialize,
    request,
    requestMetadata(options),
    grpcOptions(method, options),
  );
  return readAnswers(call, options.signal, () => undefined);
}

function callBidi(
  method: Method,
  requests: Requests,
  options: CallOptions,
): AsyncIterable<unknown> {
  const call = method.client.makeBidiStreamRequest(
    method.path,
    method.serialize,
    method.deserialize,
    requestMetadata(options),
    grpcOptions(method, options),
  );
  let sourceError: unknown;
  let over = false;
  call.on('status', () => {
    over = true;
  });
  writeAll(call, requests, () => over).catch((error: unknown) => {
    sourceError = error;
  });
  return readAnswers(call, options.signal, () => sourceError);
}

/** Builds the function that calls one method of a service. */
export function callMethod(
  client: Client,
  service: ServiceDefinition,
  definition: MethodDefinition,
  deadlineMs: number,
  channel: Pick<SecureChannel, 'forUser'>,
): (input: never, options?: CallOptions) => unknown {
  const method: Method = {
    client,
    path: methodPath(service, definition),
    serialize: serializer(definition.requestType),
    deserialize: deserializer(definition.responseType),
    deadlineMs: definition.responseStream ? undefined : deadlineMs,
    channel,
  };
  if (definition.requestStream) {
    return definition.responseStream
      ? (requests: Requests, options = {}) => callBidi(method, requests, options)
      : (requests: Requests, options = {}) => callClientStream(method, requests, options);
  }
  return definition.responseStream
    ? (request: unknown, options = {}) => callServerStream(method, request, options)
    : (request: unknown, options = {}) => callUnary(method, request, options);
}
