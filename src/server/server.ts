import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import type { Rule } from '../authorize/rule.ts';
import { systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
} from '../core/listen-address.ts';
import type { Logger } from '../core/log.ts';
import {
  checkBoolean,
  checkFunctions,
  checkInteger,
  checkOptionNames,
  invalidOption,
} from '../core/options.ts';
import { sharedSignal } from '../core/shared-signal.ts';
import { LONGEST_TIMER_MS, systemTimers } from '../core/timers.ts';
import { createTlsListener, type TlsListener } from '../tls/listener.ts';
import type { Reloader, ReloadResult } from '../tls/reload.ts';
import type { ServerTls } from '../tls/server-tls.ts';
import { watchServerTls } from '../tls/watched-tls.ts';
import { createTokenValidator, type TokenValidator } from '../token/validator.ts';
import { createGate } from './gate.ts';
import { installGrpcLogger } from './grpc-log.ts';
import { grpcHandler } from './handle.ts';
import { handshakeAudit } from './handshake-audit.ts';
import type { MethodRules } from './method-rules.ts';
import { describeMethods } from './method-table.ts';
import { checkRuleNeeds } from './rule-needs.ts';
import { type Limits, resolveLimits } from './server-limits.ts';
import type { ServerOptions } from './server-options.ts';
import type { BoundService, RuledMethod } from './service.ts';
import { resolveSinks, SINK_OPTIONS, type Sinks } from './sinks.ts';
import { showUnknownMethodsToGate } from './unknown-methods.ts';

/** A running or startable server. */
export interface Server {
  /**
   * Starts to accept connections.
   *
   * @param address - `host:port`; port 0 lets the system choose.
   * @returns The address in use.
   * @throws ConfigError `ERR_LISTEN_FAILED` when it cannot be had.
   * @throws TokenError `ERR_KEYS_UNAVAILABLE` when `entra.keys.failFast` is set and there are no signing keys.
   */
  listen(address: string): Promise<string>;
  /** Every method with its rule and the rule's source. */
  readonly methods: readonly RuledMethod[];
  /**
   * Reads certificate, key, client CA and revocation lists again now; new connections use them, and connections whose
   * client certificate is revoked end. The files are looked at now and then anyway.
   *
   * @throws ConfigError when they must not be used; what was in use stays in use.
   */
  reloadTls(): ReloadResult;
  /** Resolves when signing keys are loaded: before that, calls with a token answer UNAVAILABLE. */
  ready(): Promise<void>;
  /**
   * Stops accepting, lets running calls finish, and ends those that are left after `graceMs` (default 10 000).
   * Resolves when everything is closed. Safe to call more than once.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

function collectRules(services: readonly BoundService[]): readonly RuledMethod[] {
  if (!Array.isArray(services) || services.length === 0) {
    throw invalidOption('createServer services', 'a list with at least one service(...)', services);
  }
  const seen = new Set<string>();
  for (const { name } of services) {
    if (seen.has(name)) {
      throw new ConfigError('ERR_OPTION_INVALID', `createServer services holds ${name} twice`);
    }
    seen.add(name);
  }
  return services.flatMap((service) => service.methods);
}

const KEEPALIVE_MS = 300_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

function grpcServer(limits: Limits, gate: ReturnType<typeof createGate>): GrpcServer {
  return new GrpcServer({
    interceptors: [gate],
    'grpc.max_concurrent_streams': limits.streamsPerConnection,
    'grpc.max_receive_message_length': limits.receiveBytes,
    'grpc.max_connection_age_ms': limits.connectionAgeMs,
    // Without it a peer stays for ever by leaving one call open, refused or not.
    'grpc.max_connection_age_grace_ms': limits.connectionGraceMs,
    // A peer that is gone without a word is found out, and its connection given back.
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    // Exposes addresses and counts of callers to anyone who can reach an admin service in this process.
    'grpc.enable_channelz': 0,
  });
}

class SecureServer implements Server {
  readonly methods: readonly RuledMethod[];
  readonly #grpc: GrpcServer;
  readonly #listener: TlsListener;
  readonly #tls: Reloader<ServerTls>;
  readonly #validator: TokenValidator;
  readonly #shutdown = new AbortController();
  readonly #logger: Logger;
  readonly #failFast: boolean;
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions, limits: Limits, sinks: Sinks) {
    const { audit, logger, metrics } = sinks;
    this.methods = collectRules(options.services);
    this.#logger = logger;
    const rules: MethodRules = new Map<string, Rule>(
      this.methods.map(({ path, rule }) => [path, rule]),
    );
    this.#validator = createTokenValidator({ metrics, ...options.entra, logger });
    this.#failFast = options.entra.keys?.failFast === true;
    const clock = options.entra.clock ?? systemClock;
    this.#tls = watchServerTls(
      'createServer tls',
      options.tls,
      {
        apply: (tls) => {
          this.#listener.reload(tls);
          this.#listener.dropInvalid(clock.now());
        },
        looked: () => this.#listener.dropInvalid(clock.now()),
      },
      { clock, timers: systemTimers, logger, metrics },
    );
    checkRuleNeeds(
      this.methods.map(({ path, rule }) => [path, rule] as const),
      {
        clientCertificates: this.#tls.current.clientCertificates,
        binding: this.#validator.binding,
      },
    );
    const gate = createGate({
      validator: this.#validator,
      rules,
      logger,
      ownListener: true,
      timers: systemTimers,
      exposeTokens: checkBoolean('createServer exposeTokens', options.exposeTokens, false),
      streamsOutliveTokens: checkBoolean(
        'createServer dangerouslyLetStreamsOutliveTokens',
        options.dangerouslyLetStreamsOutliveTokens,
        false,
      ),
      serves: (path) => rules.get(path) !== undefined,
      verificationDeadlineMs: limits.verificationMs,
      recorder: {
        audit,
        clock,
        identityOf: (ends) => this.#listener.identityOf(ends),
      },
    });
    const interceptors = checkFunctions('createServer interceptors', options.interceptors);
    this.#grpc = grpcServer(limits, gate);
    showUnknownMethodsToGate(this.#grpc);
    for (const service of options.services) {
      const methods = service.bind({
        shutdown: sharedSignal(this.#shutdown.signal),
        onHidden: (method, error) => logger.error('a handler failed', { method, error }),
        interceptors,
      });
      this.#grpc.addService(
        Object.fromEntries(methods.map(({ name, definition }) => [name, definition])),
        Object.fromEntries(methods.map(({ name, handled }) => [name, grpcHandler(handled)])),
      );
    }
    // Plaintext credentials for the injector alone: it receives sockets that our listener has already secured, and
    // it has no port of its own.
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = createTlsListener({
      tls: this.#tls.current,
      metrics,
      handshakeTimeoutMs: limits.handshakeMs,
      maxConnections: limits.connections,
      accept: (socket) => injector.injectConnection(socket),
      onHandshakeFailure: handshakeAudit(audit, clock),
    });
  }

  reloadTls(): ReloadResult {
    return this.#tls.reload();
  }

  async listen(address: string): Promise<string> {
    const wanted: ListenAddress = parseListenAddress(address);
    if (this.#closing !== undefined) {
      throw new ConfigError('ERR_LISTEN_FAILED', 'the server is closed; create a new one');
    }
    if (this.#failFast) await this.ready();
    // Not awaited: an authority that is down delays calls (UNAVAILABLE), not the start of the service.
    this.ready().catch((error: unknown) => {
      this.#logger.warn('signing keys are not available yet; calls answer UNAVAILABLE', { error });
    });
    const bound = formatListenAddress(await this.#listener.listen(wanted));
    this.#tls.start();
    this.#logger.info(
      `listening on ${bound}; who may call what:\n${describeMethods(this.methods)}`,
    );
    return bound;
  }

  ready(): Promise<void> {
    return this.#validator.ready();
  }

  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const graceMs = checkInteger('close graceMs', options.graceMs, {
      min: 0,
      max: LONGEST_TIMER_MS,
      default: 10_000,
    });
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ graceMs: 0 });
  }

  async #close(graceMs: number): Promise<void> {
    const force = setTimeout(() => {
      // Handlers hear of it first; those that do not listen are cut.
      this.#shutdown.abort();
      setImmediate(() => this.#grpc.forceShutdown());
    }, graceMs);
    try {
      // Both, and both awaited: either alone returns while streams are still running on some Node version.
      await Promise.all([
        this.#listener.close(),
        new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve())),
      ]);
    } finally {
      clearTimeout(force);
      this.#shutdown.abort();
      this.#validator.close();
      this.#tls.close();
    }
  }
}

/**
 * Builds a server in which every call runs over enforced TLS and passes the gate. It refuses to be built wrong:
 * certificate, key, tenant, audience and the rule of every method are checked here.
 *
 * @throws ConfigError saying what was found, what was wanted and what to do next.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  checkOptionNames('createServer options', options, [
    'entra',
    'tls',
    'services',
    'interceptors',
    ...SINK_OPTIONS,
    'exposeTokens',
    'dangerouslyLetStreamsOutliveTokens',
    'limits',
  ]);
  const sinks = resolveSinks(options);
  const server = new SecureServer(options, resolveLimits(options.limits), sinks);
  installGrpcLogger(sinks.logger);
  return server;
}
