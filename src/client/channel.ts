import { Channel, type ChannelCredentials, type ClientOptions } from '@grpc/grpc-js';
import { defaultRetryPolicy } from '../acquire/retry.ts';
import { checkDefaultScope } from '../acquire/scope.ts';
import type { TokenCredential } from '../acquire/token-credential.ts';
import { sharedSource } from '../acquire/token-sources.ts';
import { systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { guardedLogger, type Logger, silentLogger } from '../core/log.ts';
import { guardedMetrics, type Metrics, noMetrics } from '../core/metrics.ts';
import { checkOptionNames, checkString, invalidOption } from '../core/options.ts';
import { systemTimers } from '../core/timers.ts';
import type { ClientTlsOptions } from '../tls/client-tls.ts';
import { PolicyChannelCredentials } from '../tls/credentials.ts';
import type { ReloadResult } from '../tls/reload.ts';
import { watchClientTls } from '../tls/watched-tls.ts';
import { tokenCallCredentials } from './call-credentials.ts';

/** Which identity a channel's calls carry. There is no default: leaving it out is an error. */
export type ChannelIdentity =
  | {
      /** Where tokens come from: `clientSecret(...)`, or any credential of the Azure SDKs. */
      readonly credential: TokenCredential;
      /** What they are for, for example `api://orders/.default`. */
      readonly scope: string;
    }
  | {
      /** Calls carry no token; only methods that are public by rule will answer. */
      readonly credential: 'none';
    };

/** Options of {@link createChannel}. */
export type ChannelOptions = ChannelIdentity & {
  /** Whom to trust and with which TLS. */
  readonly tls: ClientTlsOptions;
  /** Told about token renewals that fail, and about certificates that change or near their end. Default: silent. */
  readonly logger?: Logger;
  /** Receives counts and times. Default: none. */
  readonly metrics?: Metrics;
};

/** A connection to one service address with TLS and identity built in. Share one between all clients. */
export interface SecureChannel {
  /** The address as given. */
  readonly target: string;
  /** Arguments for the constructor of a client that ts-proto generated with `outputServices=grpc-js`. */
  forGeneratedClient(): [address: string, credentials: ChannelCredentials, options: ClientOptions];
  /**
   * Reads certificates and CAs again now; new connections use them. They are looked at now and then anyway.
   *
   * @throws ConfigError when they must not be used; what was in use stays in use.
   */
  reloadTls(): ReloadResult;
  /** Closes the connections. Running calls end. */
  close(): void;
}

/**
 * One name for an address: `host:port`. Other schemes of gRPC name resolution (`dns:`, `ipv4:`, `xds:`) pass; a
 * web address is explained, because grpc-js would look up a host called `https`.
 */
function checkTarget(target: unknown): string {
  const text = checkString('createChannel address', target);
  if (/^https?:\/\//i.test(text)) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'createChannel address is a web address; write host:port, for example "orders.internal:8443"',
    );
  }
  if (/^unix(-abstract)?:/.test(text)) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'createChannel address is a Unix socket; this package speaks TLS over TCP: write host:port',
    );
  }
  if (!text.includes(':')) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `createChannel address "${text}" has no port; write host:port, for example "${text}:8443"`,
    );
  }
  return text;
}

function withIdentity(
  credentials: ChannelCredentials,
  options: ChannelOptions,
  metrics: Metrics,
): ChannelCredentials {
  if (options.credential === 'none') return credentials;
  if (typeof options.credential?.getToken !== 'function') {
    throw invalidOption(
      'createChannel credential',
      'a credential such as clientSecret({...}), or "none" for public methods only',
      options.credential,
    );
  }
  const source = sharedSource({
    credential: options.credential,
    scope: checkDefaultScope('createChannel scope', options.scope),
    clock: systemClock,
    logger: guardedLogger(options.logger ?? silentLogger),
    metrics,
    retry: defaultRetryPolicy,
  });
  // Composed with TLS credentials: grpc-js has no way to send these over anything else.
  return credentials.compose(tokenCallCredentials(source));
}

/**
 * Opens a channel whose every call goes over enforced TLS and carries a token.
 *
 * Connects with the first call. Tokens are fetched once for any number of calls, and renewed in the background.
 *
 * @param target - `host:port`; the host must be among the names of the server's certificate.
 * @throws ConfigError for a wrong option, an unreadable CA file or a scope that Entra would refuse.
 */
export function createChannel(target: string, options: ChannelOptions): SecureChannel {
  checkOptionNames('createChannel options', options, [
    'tls',
    'credential',
    'scope',
    'logger',
    'metrics',
  ]);
  const address = checkTarget(target);
  const metrics = guardedMetrics(options.metrics ?? noMetrics);
  const tls = watchClientTls('createChannel tls', options.tls, {
    clock: systemClock,
    timers: systemTimers,
    logger: guardedLogger(options.logger ?? silentLogger),
    metrics,
  });
  const secure = new PolicyChannelCredentials(() => tls.current, metrics);
  const credentials = withIdentity(secure, options, metrics);
  const channel = new Channel(address, credentials, {
    // Off: it exposes call counts and addresses to anyone who can reach an admin service in this process.
    'grpc.enable_channelz': 0,
  });
  tls.start();
  return {
    target: address,
    forGeneratedClient: () => [address, credentials, { channelOverride: channel }],
    reloadTls: () => tls.reload(),
    close: () => {
      tls.close();
      channel.close();
    },
  };
}
