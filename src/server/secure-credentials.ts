import { ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js';
import { systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { checkBoolean, checkInteger, checkOptionNames } from '../core/options.ts';
import { systemTimers } from '../core/timers.ts';
import type { Reloader, ReloadResult } from '../tls/reload.ts';
import type { ServerTls, ServerTlsOptions } from '../tls/server-tls.ts';
import { watchServerTls } from '../tls/watched-tls.ts';
import type { TokenValidatorOptions } from '../token/policy.ts';
import { createTokenValidator, type TokenValidator } from '../token/validator.ts';
import { createGate } from './gate.ts';
import { installGrpcLogger } from './grpc-log.ts';
import { joinRules, type RuleSource } from './method-rules.ts';
import { checkRuleNeeds } from './rule-needs.ts';
import { resolveSinks, SINK_OPTIONS, type SinkOptions } from './sinks.ts';

/** Options of {@link secureCredentials}. */
export interface SecureCredentialsOptions extends SinkOptions {
  /** Whose tokens are accepted: tenant, and the application (client) id of this API. */
  readonly entra: Omit<TokenValidatorOptions, 'logger'>;
  /** Certificate, key, and what is asked of clients: `none` or `required`. */
  readonly tls: ServerTlsOptions;
  /** Rules of the host's methods. A method that none of them names is denied. */
  readonly rules: RuleSource | readonly RuleSource[];
  /** Time for one verification, a fetch of keys included, milliseconds. Default: 5000. */
  readonly verificationMs?: number;
  /** Time for a TLS handshake, milliseconds. Default: 10 000. */
  readonly handshakeMs?: number;
  /**
   * Lets handlers have their caller's access token (`tokenOf(call)`), to call other services on behalf of
   * the same user. Default: false, because a handler without the token cannot leak it.
   */
  readonly exposeTokens?: boolean;
  /** As for {@link createServer}. Default: false. */
  readonly dangerouslyLetStreamsOutliveTokens?: boolean;
}

/** Server credentials for a host that owns its server: enforced TLS, and the gate in front of every method. */
export interface SecureServerCredentials extends ServerCredentials {
  /** Resolves when signing keys are loaded. */
  ready(): Promise<void>;
  /**
   * Reads certificate, key, client CA and revocation lists again now; new connections use them.
   *
   * @throws ConfigError when they must not be used; what was in use stays in use.
   */
  reloadTls(): ReloadResult;
  /** Stops renewing keys and looking at files. Call it when the host's server has shut down. */
  close(): void;
}

/** What this listener of the host cannot tell apart, or cannot do. */
function checkHostCan(tls: ServerTlsOptions): void {
  if (tls.clientCertificates === 'optional') {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'secureCredentials tls.clientCertificates "optional" is not possible in a host\'s own server, where a bad ' +
        'certificate looks like none; write "required" or "none", or use createServer',
    );
  }
  if ('explainRefusals' in tls && tls.explainRefusals === true) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'secureCredentials tls.explainRefusals needs our own listener; leave it out, or use createServer',
    );
  }
}

class HostCredentials extends ServerCredentials implements SecureServerCredentials {
  readonly #tls: Reloader<ServerTls>;
  readonly #validator: TokenValidator;
  readonly #gate: ServerInterceptor;

  constructor(
    tls: Reloader<ServerTls>,
    handshakeTimeout: number,
    validator: TokenValidator,
    gate: ServerInterceptor,
  ) {
    const { context, clientCertificates } = tls.current;
    const required = clientCertificates === 'required';
    // Policy and material both stand in the context options, which a reload replaces as a whole.
    super({ handshakeTimeout, requestCert: required, rejectUnauthorized: required }, context);
    this.#tls = tls;
    this.#validator = validator;
    this.#gate = gate;
  }

  override _getInterceptors(): ServerInterceptor[] {
    return [this.#gate];
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }

  /** Puts reloaded TLS to use. */
  adopt({ context }: ServerTls): void {
    this.updateSecureContextOptions(context);
  }

  ready(): Promise<void> {
    return this.#validator.ready();
  }

  reloadTls(): ReloadResult {
    return this.#tls.reload();
  }

  close(): void {
    this.#tls.close();
    this.#validator.close();
  }
}

/**
 * Makes server credentials for a host that owns its server and its handlers: grpc-js, nice-grpc, NestJS. They bring the
 * TLS of {@link createServer} and the same gate; `callerOf(call)` tells a handler who is calling.
 *
 * Failed handshakes stay invisible here, because the host's listener tells nobody; createServer audits them.
 *
 * @throws ConfigError saying what was found, what was wanted and what to do next.
 */
export function secureCredentials(options: SecureCredentialsOptions): SecureServerCredentials {
  checkOptionNames('secureCredentials options', options, [
    'entra',
    'tls',
    'rules',
    'verificationMs',
    'handshakeMs',
    'exposeTokens',
    'dangerouslyLetStreamsOutliveTokens',
    ...SINK_OPTIONS,
  ]);
  const bounds = (name: 'verificationMs' | 'handshakeMs', max: number, fallback: number): number =>
    checkInteger(`secureCredentials ${name}`, options[name], { min: 1, max, default: fallback });
  const verificationDeadlineMs = bounds('verificationMs', 60_000, 5000);
  const handshakeMs = bounds('handshakeMs', 120_000, 10_000);
  const { logger, metrics, audit } = resolveSinks(options);
  const clock = options.entra.clock ?? systemClock;
  const rules = joinRules('secureCredentials rules', options.rules);
  let credentials: HostCredentials | undefined;
  const tls = watchServerTls(
    'secureCredentials tls',
    options.tls,
    { apply: (changed) => credentials?.adopt(changed), looked: () => {} },
    { clock, timers: systemTimers, logger, metrics },
  );
  checkHostCan(options.tls);
  const validator = createTokenValidator({ metrics, ...options.entra, logger });
  const { clientCertificates } = tls.current;
  checkRuleNeeds(rules.stated(), { clientCertificates, binding: validator.binding });
  const gate = createGate({
    validator,
    rules,
    logger,
    verificationDeadlineMs,
    ownListener: false,
    timers: systemTimers,
    exposeTokens: checkBoolean('secureCredentials exposeTokens', options.exposeTokens, false),
    streamsOutliveTokens: checkBoolean(
      'secureCredentials dangerouslyLetStreamsOutliveTokens',
      options.dangerouslyLetStreamsOutliveTokens,
      false,
    ),
    // What does not exist is answered by the host itself, so whatever comes here exists.
    serves: () => true,
    recorder: { audit, clock, identityOf: () => undefined },
  });
  credentials = new HostCredentials(tls, handshakeMs, validator, gate);
  tls.start();
  installGrpcLogger(logger);
  // Not awaited: an authority that is down delays calls (UNAVAILABLE), not the start of the service.
  validator.ready().catch((error: unknown) => {
    logger.warn('signing keys are not available yet; calls answer UNAVAILABLE', { error });
  });
  return credentials;
}
