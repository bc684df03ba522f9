import type { MessageCodec } from '../core/service-definition.ts';
import type { CallContext } from './handler-types.ts';

/** A decoded message. */
export type Message = object;

/** A call between the gate and its handler. */
export interface InterceptedCall {
  /** Path of the method, for example `/orders.v1.OrdersService/GetOrder`. */
  readonly method: string;
  /** Whether `request` is an `AsyncIterable` of messages. */
  readonly requestStream: boolean;
  /** Whether the reply is an `AsyncIterable` of messages. */
  readonly responseStream: boolean;
  readonly request: Message | AsyncIterable<Message>;
  /** Encodes and decodes the method's requests. */
  readonly requestType: MessageCodec;
  /** The handler's context; `callerOf` tells who is calling. */
  readonly context: CallContext;
}

/** Goes on: to the next interceptor, and in the end to the handler. Once. */
export type Proceed = (
  request?: InterceptedCall['request'],
) => Promise<Message | AsyncIterable<Message>>;

/**
 * Stands around the handlers of a server, behind the gate: it sees admitted calls alone, with the request decoded.
 *
 * Returns what `proceed` returned, something made of it, or an answer of its own; throws as a handler may.
 */
export type ServerInterceptor = (
  call: InterceptedCall,
  proceed: Proceed,
) => Promise<Message | AsyncIterable<Message>>;

/** Runs interceptors, the first outermost, around a handler. */
export function intercept(
  interceptors: readonly ServerInterceptor[],
  call: InterceptedCall,
  handle: (request: InterceptedCall['request']) => unknown,
): Promise<unknown> {
  const from = async (index: number, request: InterceptedCall['request']): Promise<unknown> => {
    const interceptor = interceptors[index];
    if (interceptor === undefined) return handle(request);
    let proceeded = false;
    return interceptor({ ...call, request }, async (changed = request) => {
      // A second handler run for one call would do its work twice, unseen.
      if (proceeded) throw new Error(`an interceptor of ${call.method} went on twice`);
      proceeded = true;
      return (await from(index + 1, changed)) as Message;
    });
  };
  return from(0, call.request);
}
