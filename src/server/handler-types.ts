import type { Metadata } from '@grpc/grpc-js';
import type { ProtoRules } from '../authorize/proto-rules.ts';
import type { AppAccess, PublicAccess, Rule, UserAccess } from '../authorize/rule.ts';
import type { AppCaller, Caller, UserCaller } from '../core/caller.ts';
import type { Secret } from '../core/secret.ts';
import type {
  MethodDefinition,
  RequestOf,
  ResponseInputOf,
  ServiceDefinition,
} from '../core/service-definition.ts';

/** What a handler knows about its call beside the request. */
export interface CallContext {
  /** Path of the method, for example `/orders.v1.OrdersService/GetOrder`. */
  readonly method: string;
  /** Aborts when the caller cancels, the deadline passes or the server shuts down; never on success. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, or `undefined`. */
  readonly deadline: Date | undefined;
  /** Request metadata, without `authorization`. */
  readonly metadata: Metadata;
  /** Sent before the first message of the answer; what is set later is not sent. */
  readonly initialMetadata: Metadata;
  /** Sent with the status. */
  readonly trailers: Metadata;
}

/** The same for a method whose callers are known. */
export interface CallerContext<C extends Caller = Caller> extends CallContext {
  /** Who is calling. Reading it on a method that is public by a proto's rule throws. */
  readonly caller: C;
  /**
   * The access token of the call, for `userToken` of a channel made with `onBehalfOf(...)`. Reading it throws unless the
   * server was made with `exposeTokens: true`.
   */
  readonly token: Secret;
}

/**
 * Context by rule: the caller's type follows from it, and a public method has none. In brackets, so that a rule known
 * only as some rule (read from a proto) is one case and not four.
 */
export type ContextOf<R> = [R] extends [PublicAccess]
  ? CallContext
  : [R] extends [AppAccess]
    ? CallerContext<AppCaller>
    : [R] extends [UserAccess]
      ? CallerContext<UserCaller>
      : CallerContext;

type Incoming<M extends MethodDefinition> = M['requestStream'] extends true
  ? AsyncIterable<RequestOf<M>>
  : RequestOf<M>;

type Outgoing<M extends MethodDefinition> = M['responseStream'] extends true
  ? AsyncIterable<ResponseInputOf<M>>
  : Promise<ResponseInputOf<M>>;

/** An async function, or an async generator where the method answers with a stream. */
export type Handler<M extends MethodDefinition, R> = (
  request: Incoming<M>,
  context: ContextOf<R>,
) => Outgoing<M>;

/** Rules in code: one for each method, so that a new rpc without a rule does not compile. */
export type CodeRules<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: Rule;
};

/** Rules of a service: read from its proto, or written in code. */
export type RulesFor<D extends ServiceDefinition> = ProtoRules | CodeRules<D>;

type RuleOf<R, K> = R extends ProtoRules ? Rule : K extends keyof R ? R[K] : never;

/** One handler for each method of a service. */
export type Handlers<D extends ServiceDefinition, R> = {
  readonly [K in keyof D['methods']]: Handler<D['methods'][K], RuleOf<R, K>>;
};
