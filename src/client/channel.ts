import {
  type CallCredentials,
  Channel,
  type ChannelCredentials,
  Client,
  type ClientOptions,
} from '@grpc/grpc-js';
import { followScopes } from '../core/call-scope.ts';
import { systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { guardedLogger, type Logger, silentLogger } from '../core/log.ts';
import { guardedMetrics, type Metrics, noMetrics } from '../core/metrics.ts';
import { checkInteger, checkOptionNames, checkString } from '../core/options.ts';
import type { Secret } from '../core/secret.ts';
import { ServiceError } from '../core/service-error.ts';
import { systemTimers } from '../core/timers.ts';
import type { ClientTlsOptions } from '../tls/client-tls.ts';
import { PolicyChannelCredentials } from '../tls/credentials.ts';
import type { ReloadResult } from '../tls/reload.ts';
import { watchClientTls } from '../tls/watched-tls.ts';
import { answerChallenge } from './answer-challenge.ts';
import { tokenCallCredentials } from './call-credentials.ts';
import {
  type ChannelIdentity,
  type ResolvedIdentity,
  resolveIdentity,
  userCallCredentials,
} from './channel-identity.ts';
import { type ChannelTuning, grpcChannelOptions, TUNING_OPTIONS } from './channel-tuning.ts';
import { conflictGuard } from './conflict-guard.ts';
import { inheritScope } from './inherit-scope.ts';

/** Options of {@link createChannel}. */
export type ChannelOptions = ChannelIdentity &
  ChannelTuning & {
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
   * For the call option `credentials` of a generated client, on a channel that calls on behalf of users.
   *
   * @param userToken - The access token the user's call came with.
   * @throws ConfigError when the channel has an identity of its own.
   */
  forUser(userToken: string | Secret): CallCredentials;
  /**
   * Connects, and obtains the token, so that the first call waits for neither.
   *
   * @param options - `deadlineMs` bounds the wait. Default: 10 000.
   * @throws ServiceError UNAVAILABLE when the connection does not come about in time; AcquisitionError without a token.
   */
  ready(options?: { readonly deadlineMs?: number }): Promise<void>;
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

/** Composed with TLS credentials: grpc-js has no way to send a token over anything else. */
function withIdentity(tls: ChannelCredentials, identity: ResolvedIdentity): ChannelCredentials {
  return identity.kind === 'own' ? tls.compose(tokenCallCredentials(identity.source)) : tls;
}

function connected(client: Client, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + deadlineMs, (error) => {
      if (error === undefined) resolve();
      else {
        reject(
          new ServiceError('UNAVAILABLE', `no connection within ${deadlineMs} ms`, {
            cause: error,
          }),
        );
      }
    });
  });
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
    'enableCae',
    'logger',
    'metrics',
    ...TUNING_OPTIONS,
  ]);
  const address = checkTarget(target);
  const sinks = {
    logger: guardedLogger(options.logger ?? silentLogger),
    metrics: guardedMetrics(options.metrics ?? noMetrics),
  };
  const grpcOptions = grpcChannelOptions('createChannel', options);
  const identity = resolveIdentity(options, sinks);
  const tls = watchClientTls('createChannel tls', options.tls, {
    clock: systemClock,
    timers: systemTimers,
    ...sinks,
  });
  const secure = new PolicyChannelCredentials(() => tls.current, sinks.metrics);
  const credentials = withIdentity(secure, identity);
  followScopes();
  const channel = new Channel(address, credentials, grpcOptions);
  tls.start();
  const interceptors = [
    inheritScope,
    conflictGuard,
    ...(identity.kind === 'own' ? [answerChallenge(identity.source)] : []),
  ];
  const forGeneratedClient = (): [string, ChannelCredentials, ClientOptions] => [
    address,
    credentials,
    { channelOverride: channel, interceptors },
  ];
  return {
    target: address,
    forGeneratedClient,
    forUser: (userToken) => userCallCredentials(identity, userToken),
    ready: async ({ deadlineMs } = {}) => {
      const bound = checkInteger('ready deadlineMs', deadlineMs, {
        min: 1,
        max: 2 ** 31 - 1,
        default: 10_000,
      });
      const token = identity.kind === 'own' ? identity.source.get() : undefined;
      await Promise.all([connected(new Client(...forGeneratedClient()), bound), token]);
    },
    reloadTls: () => tls.reload(),
    close: () => {
      tls.close();
      channel.close();
    },
  };
}
