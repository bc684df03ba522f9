import type { Writable } from 'node:stream';
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type StatusObject,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { runInScope } from '../core/call-scope.ts';
import { readMessages } from '../core/read-messages.ts';
import type { MessageCodec } from '../core/service-definition.ts';
import { ServiceError } from '../core/service-error.ts';
import { HandlerContext, type SurfaceCall } from './call-context.ts';
import { type HiddenErrorSink, handlerStatus } from './handler-error.ts';
import { type InterceptedCall, intercept, type ServerInterceptor } from './interceptor.ts';
import { writeMessages } from './write-messages.ts';

/** What every handler of a server shares. */
export interface HandlerEnvironment {
  /** Aborts when the server shuts down. */
  readonly shutdown: AbortSignal;
  readonly onHidden: HiddenErrorSink;
  /** Around each handler, the first outermost. */
  readonly interceptors: readonly ServerInterceptor[];
}

/** A handler whose types were checked where it was given. */
export type UntypedHandler = (request: unknown, context: HandlerContext) => unknown;

interface Reply {
  readonly ok: (response: Buffer | undefined, trailers: Metadata | undefined) => void;
  readonly failed: (status: StatusObject) => void;
}

/** A method with its handler. */
export interface HandledMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestType: MessageCodec;
  /** Encodes what the handler gave. Here and not in grpc-js, which tells callers what went wrong. */
  readonly serialize: (response: unknown) => Buffer;
  readonly handler: UntypedHandler;
  readonly environment: HandlerEnvironment;
}

const cancelled = {
  event: 'cancelled',
  error: (): Error => new ServiceError('CANCELLED', 'the call was cancelled'),
};

/** Checks what kind of thing a handler answered. @throws TypeError */
function checkAnswer(method: HandledMethod, response: unknown): unknown {
  const { path, responseStream } = method;
  if (typeof response !== 'object' || response === null) {
    throw new TypeError(`the handler of ${path} answered nothing; it must return a message`);
  }
  if (responseStream !== Symbol.asyncIterator in response) {
    throw new TypeError(
      `the handler of ${path} must answer with ${responseStream ? 'an async iterable, for example as async function*' : 'one message'}`,
    );
  }
  return response;
}

/**
 * Calls the handler of a method, through all interceptors, and checks what kind of thing it answers.
 *
 * @throws What the handler or an interceptor throws; TypeError for an answer of the wrong kind.
 */
export async function invoke(
  method: HandledMethod,
  request: unknown,
  context: HandlerContext,
): Promise<unknown> {
  const { environment, path, requestStream, responseStream, requestType, handler } = method;
  const { interceptors } = environment;
  if (interceptors.length === 0) return checkAnswer(method, await handler(request, context));
  const call = {
    method: path,
    requestStream,
    responseStream,
    requestType,
    request: request as InterceptedCall['request'],
    context,
  };
  const response = await intercept(interceptors, call, (changed) => handler(changed, context));
  return checkAnswer(method, response);
}

/**
 * Runs a handler and replies exactly once. No throw and no rejection leaves this function: in grpc-js either would
 * end the process.
 */
async function run(
  method: HandledMethod,
  call: SurfaceCall,
  work: (context: HandlerContext) => Promise<Buffer | undefined>,
  reply: Reply,
): Promise<void> {
  let context: HandlerContext | undefined;
  try {
    context = new HandlerContext(method.path, call, method.environment.shutdown);
    const known = context;
    const response = await runInScope(known, () => work(known));
    context.finish();
    reply.ok(response, context.trailersToSend);
  } catch (error) {
    context?.finish();
    const trailers = context?.trailers ?? new Metadata();
    reply.failed(handlerStatus(method.path, error, trailers, method.environment.onHidden));
  }
}

async function answerOnce(
  method: HandledMethod,
  request: unknown,
  context: HandlerContext,
): Promise<Buffer> {
  const response = method.serialize(await invoke(method, request, context));
  context.begin();
  return response;
}

async function answerMany(
  method: HandledMethod,
  request: unknown,
  context: HandlerContext,
  call: Writable & { readonly cancelled: boolean },
): Promise<undefined> {
  const messages = (await invoke(method, request, context)) as AsyncIterable<unknown>;
  const serialize = (message: unknown): Buffer => {
    const bytes = method.serialize(message);
    context.begin();
    return bytes;
  };
  await writeMessages(call, messages, serialize, () => call.cancelled);
  // A stream without messages has initial metadata, too.
  if (!call.cancelled) context.begin();
}

function unary(method: HandledMethod): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    void run(method, call, (context) => answerOnce(method, call.request, context), {
      ok: (response, trailers) => callback(null, response, trailers),
      failed: (status) => callback(status),
    });
  };
}

function clientStream(method: HandledMethod): handleClientStreamingCall<unknown, unknown> {
  return (call, callback) => {
    const requests = readMessages(call, cancelled);
    void run(method, call, (context) => answerOnce(method, requests, context), {
      ok: (response, trailers) => callback(null, response, trailers),
      failed: (status) => callback(status),
    });
  };
}

function serverStream(method: HandledMethod): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    void run(method, call, (context) => answerMany(method, call.request, context, call), {
      ok: (_none, trailers) => call.end(trailers),
      failed: (status) => call.emit('error', status),
    });
  };
}

function bidi(method: HandledMethod): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    const requests = readMessages(call, cancelled);
    void run(method, call, (context) => answerMany(method, requests, context, call), {
      ok: (_none, trailers) => call.end(trailers),
      failed: (status) => call.emit('error', status),
    });
  };
}

/** Makes of a method what grpc-js calls, by the kind of the method. */
export function grpcHandler(method: HandledMethod): UntypedHandleCall {
  if (method.requestStream) {
    return method.responseStream ? bidi(method) : clientStream(method);
  }
  return method.responseStream ? serverStream(method) : unary(method);
}
