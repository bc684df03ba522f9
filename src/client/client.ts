import { Client } from '@grpc/grpc-js';
import { checkFunctions, checkInteger, checkOptionNames } from '../core/options.ts';
import {
  type MethodDefinition,
  methodPath,
  type RequestInputOf,
  type ResponseOf,
  type ServiceDefinition,
} from '../core/service-definition.ts';
import { callMethod } from './call-method.ts';
import type { CallOptions } from './call-options.ts';
import type { SecureChannel } from './channel.ts';
import { type ClientInterceptor, intercepted } from './interceptor.ts';

/** Defaults of a client's calls. */
export interface ClientOptions {
  /**
   * Deadline of calls that answer with one message, milliseconds. Default: 30 000, so that a lost peer cannot hold
   * a caller for ever. Calls that answer with a stream have none unless the call states one.
   */
  readonly deadlineMs?: number;
  /** Around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly ClientInterceptor[];
}

type Messages<T> = Iterable<T> | AsyncIterable<T>;

/** How a method is called: the request in, a promise or an async iterable out. */
export type ClientMethod<M extends MethodDefinition> = M['requestStream'] extends true
  ? M['responseStream'] extends true
    ? (requests: Messages<RequestInputOf<M>>, options?: CallOptions) => AsyncIterable<ResponseOf<M>>
    : (requests: Messages<RequestInputOf<M>>, options?: CallOptions) => Promise<ResponseOf<M>>
  : M['responseStream'] extends true
    ? (request: RequestInputOf<M>, options?: CallOptions) => AsyncIterable<ResponseOf<M>>
    : (request: RequestInputOf<M>, options?: CallOptions) => Promise<ResponseOf<M>>;

/** A client with one function for each method of the service. */
export type PromiseClient<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: ClientMethod<D['methods'][K]>;
};

const DEFAULT_DEADLINE_MS = 30_000;

/**
 * Makes a client from a service definition of ts-proto (`outputServices=generic-definitions`): promises for single
 * answers, async iterables for streams, requests with members left out.
 *
 * Calls reject with {@link ServiceError}.
 *
 * @param channel - From {@link createChannel}. The client shares its connections and does not close them.
 */
export function createClient<D extends ServiceDefinition>(
  definition: D,
  channel: SecureChannel,
  options: ClientOptions = {},
): PromiseClient<D> {
  checkOptionNames('createClient options', options, ['deadlineMs', 'interceptors']);
  const deadlineMs = checkInteger('createClient deadlineMs', options.deadlineMs, {
    min: 1,
    max: 2 ** 31 - 1,
    default: DEFAULT_DEADLINE_MS,
  });
  const interceptors = checkFunctions('createClient interceptors', options.interceptors);
  const client = new Client(...channel.forGeneratedClient());
  const methods: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(definition.methods)) {
    methods[name] = intercepted(
      interceptors,
      {
        method: methodPath(definition, method),
        requestStream: method.requestStream,
        responseStream: method.responseStream,
      },
      callMethod(client, definition, method, deadlineMs, channel),
    );
  }
  return Object.freeze(methods) as PromiseClient<D>;
}
