import type { Client, ServiceError as GrpcServiceError } from '@grpc/grpc-js';
import { decodeStatusDetails } from '../core/error-details-codec.ts';
import { readMessages } from '../core/read-messages.ts';
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
import {
  bindSignal,
  type CallDefaults,
  type CallOptions,
  type Cancellable,
  grpcOptions,
  observe,
  requestMetadata,
} from './call-options.ts';
import type { SecureChannel } from './channel.ts';

interface Method extends CallDefaults {
  readonly client: Client;
  readonly path: string;
  readonly serialize: (value: unknown) => Buffer;
  readonly deserialize: (bytes: Buffer) => unknown;
}

type Requests = Iterable<unknown> | AsyncIterable<unknown>;

function isGrpcError(error: unknown): error is GrpcServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

/** What grpc-js puts before the text of credentials that fail; it says nothing. */
const CREDENTIAL_PREFIX = /^Getting metadata from plugin failed with error: /;

function toServiceError(error: unknown): unknown {
  if (!isGrpcError(error)) return error;
  const status = statusName(error.code);
  if (status === 'OK') return error;
  const challenge = error.metadata?.get('www-authenticate')[0];
  const details = error.metadata?.get('grpc-status-details-bin')[0];
  return receivedError(status, error.details.replace(CREDENTIAL_PREFIX, ''), {
    cause: error,
    challenge: typeof challenge === 'string' ? challenge : undefined,
    details: Buffer.isBuffer(details) ? decodeStatusDetails(details) : [],
  });
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
  observe(call, options);
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
  observe(call, options);
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
  observe(call, options);
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
  observe(call, options);
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
