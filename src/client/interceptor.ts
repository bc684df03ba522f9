import type { CallOptions } from './call-options.ts';

/** A message before it is encoded, or after it was decoded. */
export type Message = object;

/** A call before it is made. */
export interface OutgoingCall {
  /** Path of the method, for example `/orders.v1.OrdersService/GetOrder`. */
  readonly method: string;
  /** Whether `request` is an iterable of messages. */
  readonly requestStream: boolean;
  /** Whether the reply is an `AsyncIterable` of messages. */
  readonly responseStream: boolean;
  readonly request: Message | Iterable<Message> | AsyncIterable<Message>;
  readonly options: CallOptions;
}

/** Makes the call, perhaps with another request or other options; again for a further attempt. */
export type Send = (
  request?: OutgoingCall['request'],
  options?: CallOptions,
) => Promise<Message | AsyncIterable<Message>>;

/**
 * Stands around the calls of a client. Sees what the caller gave and gets, not the token: that is attached underneath.
 *
 * Returns what `send` returned, something made of it, or an answer of its own.
 */
export type ClientInterceptor = (
  call: OutgoingCall,
  send: Send,
) => Promise<Message | AsyncIterable<Message>>;

type CallFunction = (input: never, options?: CallOptions) => unknown;

async function* opened(stream: Promise<unknown>): AsyncGenerator<unknown, void, undefined> {
  yield* (await stream) as AsyncIterable<unknown>;
}

/** Puts interceptors, the first outermost, around the function that calls a method. */
export function intercepted(
  interceptors: readonly ClientInterceptor[],
  method: Pick<OutgoingCall, 'method' | 'requestStream' | 'responseStream'>,
  call: CallFunction,
): CallFunction {
  if (interceptors.length === 0) return call;
  const from = async (
    index: number,
    request: OutgoingCall['request'],
    options: CallOptions,
  ): Promise<unknown> => {
    const interceptor = interceptors[index];
    if (interceptor === undefined) return call(request as never, options);
    return interceptor(
      { ...method, request, options },
      async (changed = request, changedOptions = options) =>
        (await from(index + 1, changed, changedOptions)) as Message,
    );
  };
  return (request: OutgoingCall['request'], options = {}) => {
    const reply = from(0, request, options);
    if (!method.responseStream) return reply;
    // Whoever iterates hears of it.
    reply.catch(() => {});
    return opened(reply);
  };
}
