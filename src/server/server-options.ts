import type { ServerTlsOptions } from '../tls/server-tls.ts';
import type { TokenValidatorOptions } from '../token/policy.ts';
import type { ServerInterceptor } from './interceptor.ts';
import type { BoundService } from './service.ts';
import type { SinkOptions } from './sinks.ts';

/** Bounds on what one peer can make the server hold. */
export interface ServerLimits {
  /** Open connections. Default: 10 000. */
  readonly connections?: number;
  /** Calls at once on one connection. Default: 100. */
  readonly streamsPerConnection?: number;
  /** Largest request message, bytes. Default: 4 194 304, gRPC's own. */
  readonly receiveBytes?: number;
  /** Time for a TLS handshake, milliseconds. Default: 10 000. */
  readonly handshakeMs?: number;
  /** Age at which a connection is asked to reconnect, milliseconds. Default: 1 800 000. */
  readonly connectionAgeMs?: number;
  /** How long calls that run then may go on, milliseconds; they are cut after that. Default: 300 000. */
  readonly connectionGraceMs?: number;
  /** Time for one token verification, a fetch of keys included, milliseconds. Default: 5000. */
  readonly verificationMs?: number;
}

/** Options of {@link createServer}. */
export interface ServerOptions extends SinkOptions {
  /** Whose tokens are accepted: tenant, and the application (client) id of this API. */
  readonly entra: Omit<TokenValidatorOptions, 'logger'>;
  /** Certificate, key, and what is asked of clients. */
  readonly tls: ServerTlsOptions;
  /** At least one, from {@link service}. */
  readonly services: readonly BoundService[];
  /** Around every handler, the first outermost; they see admitted calls alone. Default: none. */
  readonly interceptors?: readonly ServerInterceptor[];
  readonly limits?: ServerLimits;
  /**
   * Lets handlers have their caller's access token (`context.token`, `tokenOf(call)`), to call other services on behalf of
   * the same user. Default: false, because a handler without the token cannot leak it.
   */
  readonly exposeTokens?: boolean;
  /**
   * Lets streams go on when the token they began with has expired. Default: false; they end UNAUTHENTICATED a minute
   * after its expiry, and their callers come back with a fresh one.
   */
  readonly dangerouslyLetStreamsOutliveTokens?: boolean;
}
