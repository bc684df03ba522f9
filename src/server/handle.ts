import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type StatusObject,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { readMessages } from '../core/read-messages.ts';
import type { MethodDefinition } from '../core/service-definition.ts';
import { ServiceError } from '../core/service-error.ts';
import { HandlerContext, type SurfaceCall } from './call-context.ts';
import { type HiddenErrorSink, handlerStatus } from './handler-error.ts';
import { writeMessages } from './write-messages.ts';

/** What every handler of a server shares. */
export interface HandlerEnvironment {
  /** Aborts when the server shuts down. */
  readonly shutdown: AbortSignal;
  readonly onHidden: HiddenErrorSink;
}

/** A handler whose types were checked where it was given. */
export type UntypedHandler = (request: unknown, context: HandlerContext) => unknown;

interface Reply {
  readonly ok: (response: unknown, trailers: Metadata) => void;
  readonly failed: (status: StatusObject) => void;
}

interface Method {
  readonly path: string;
  readonly handler: UntypedHandler;
  readonly environment: HandlerEnvironment;
}

const cancelled = {
  event: 'cancelled',
  error: (): Error => new ServiceError('CANCELLED', 'the call was cancelled'),
};

/**
 * Runs a handler and replies exactly once. No throw and no rejection leaves this function: in grpc-js either would
 * end the process.
 */
async function run(
  method: Method,
  call: SurfaceCall,
  invoke: (context: HandlerContext) => Promise<unknown>,
  reply: Reply,
): Promise<void> {
  let context: HandlerContext | undefined;
  try {
    context = new HandlerContext(method.path, call, method.environment.shutdown);
    const response = await invoke(context);
    context.finish();
    reply.ok(response, context.trailers);
  } catch (error) {
    context?.finish();
    const trailers = context?.trailers ?? new Metadata();
    reply.failed(handlerStatus(method.path, error, trailers, method.environment.onHidden));
  }
}

function unary(method: Method): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    void run(method, call, async (context) => method.handler(call.request, context), {
      ok: (response, trailers) => callback(null, response, trailers),
      failed: (status) => callback(status),
    });
  };
}

function clientStream(method: Method): handleClientStreamingCall<unknown, unknown> {
  return (call, callback) => {
    const requests = readMessages(call, cancelled);
    void run(method, call, async (context) => method.handler(requests, context), {
      ok: (response, trailers) => callback(null, response, trailers),
      failed: (status) => callback(status),
    });
  };
}

function serverStream(method: Method): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    void run(
      method,
      call,
      (context) =>
        writeMessages(call, answers(method, call.request, context), () => call.cancelled),
      {
        ok: (_none, trailers) => call.end(trailers),
        failed: (status) => call.emit('error', status),
      },
    );
  };
}

function bidi(method: Method): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    const requests = readMessages(call, cancelled);
    void run(
      method,
      call,
      (context) => writeMessages(call, answers(method, requests, context), () => call.cancelled),
      {
        ok: (_none, trailers) => call.end(trailers),
        failed: (status) => call.emit('error', status),
      },
    );
  };
}

function answers(
  method: Method,
  request: unknown,
  context: HandlerContext,
): AsyncIterable<unknown> {
  const result = method.handler(request, context);
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result)) {
    throw new TypeError(`the handler of ${method.path} must return an async iterable`);
  }
  return result as AsyncIterable<unknown>;
}

/** Wraps a handler for grpc-js, by the kind of its method. */
export function wrapHandler(
  definition: MethodDefinition,
  path: string,
  handler: UntypedHandler,
  environment: HandlerEnvironment,
): UntypedHandleCall {
  const method: Method = { path, handler, environment };
  if (definition.requestStream) {
    return definition.responseStream ? bidi(method) : clientStream(method);
  }
  return definition.responseStream ? serverStream(method) : unary(method);
}
