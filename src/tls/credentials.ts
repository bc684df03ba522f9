import type { Socket } from 'node:net';
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js';
import type { Metrics } from '../core/metrics.ts';
import type { ClientTls } from './client-tls.ts';
import { TlsConnectionError } from './connection-failure.ts';
import { secureConnection } from './secure-connector.ts';

type Target = Parameters<ChannelCredentials['_createSecureConnector']>[0];

/** The host of a target, as it stands in the server's certificate: without port, brackets and further addresses. */
export function hostOf(path: string): string {
  const [first = ''] = path.replace(/^\/+/, '').split(',');
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(first)?.[1];
  if (bracketed !== undefined) return bracketed;
  // More than one colon without brackets is a bare IPv6 address.
  return first.split(':').length === 2 ? first.replace(/:\d+$/, '') : first;
}

/**
 * Channel credentials whose connections are secured by our policy: the TLS of the moment is asked for at every
 * connection, so that renewed certificates come into use without a new channel.
 *
 * A token composed with them can leave on no other connection: grpc-js asks the connection's credentials for it.
 */
export class PolicyChannelCredentials extends ChannelCredentials {
  readonly #current: () => ClientTls;
  readonly #metrics: Metrics;

  constructor(current: () => ClientTls, metrics: Metrics) {
    super();
    this.#current = current;
    this.#metrics = metrics;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    target: Target,
    options: Readonly<Record<string, unknown>>,
    callCredentials: CallCredentials = CallCredentials.createEmpty(),
  ): experimental.SecureConnector {
    const proxied = options['grpc.http_connect_target'];
    const host = hostOf(
      typeof proxied === 'string' ? proxied.replace(/^[a-z0-9]+:\/*/i, '') : target.path,
    );
    return {
      connect: async (socket: Socket) => ({
        socket: await this.#connect(socket, host),
        secure: true,
      }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials,
      destroy: () => {},
    };
  }

  async #connect(socket: Socket, host: string): Promise<Socket> {
    const count = (result: string): void =>
      this.#metrics.counter('grpc.client.tls.handshakes', { 'grpc.tls.handshake.result': result });
    try {
      const secured = await secureConnection(socket, host, this.#current());
      count('SUCCESS');
      return secured;
    } catch (error) {
      count(error instanceof TlsConnectionError ? error.result : 'UNKNOWN_FAILURE');
      throw error;
    }
  }
}
