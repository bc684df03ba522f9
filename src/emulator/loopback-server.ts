import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { ConfigError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { resolveTlsPolicy, secureContextOptions } from '../tls/settings.ts';

/** Certificate and key of an HTTPS server, PEM. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string | Secret;
}

// Whoever reaches the emulator can have any token, so it is never reachable from another machine.
const LOOPBACK = '127.0.0.1';

const LIMITS = {
  requestTimeout: 10_000,
  headersTimeout: 5000,
  // How often the two bounds above are looked at; the default would make them half a minute.
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
  // Long enough that no client reuses a connection in the moment it is closed.
  keepAliveTimeout: 60_000,
};

function tlsOptions({ cert, key }: ServerIdentity) {
  return {
    ...secureContextOptions(resolveTlsPolicy('emulator tls', {})),
    cert,
    key: key instanceof Secret ? key.reveal() : key,
  };
}

/** A server on loopback that survives whatever its peers do. */
export class LoopbackServer {
  readonly #server: Server | HttpsServer;
  readonly #sockets = new Set<Socket>();
  #closing: Promise<void> | undefined;

  private constructor(server: Server | HttpsServer) {
    this.#server = server;
    // Known from their first byte on: `closeAllConnections` does not know those in a handshake, and would wait for them.
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    // Peers that break off a handshake or a request are their own problem.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Makes an HTTPS server. */
  static https(identity: ServerIdentity, onRequest: RequestListener): LoopbackServer {
    try {
      return new LoopbackServer(
        createHttpsServer(
          { ...tlsOptions(identity), ALPNProtocols: ['http/1.1'], ...LIMITS },
          onRequest,
        ),
      );
    } catch (cause) {
      throw new ConfigError(
        'ERR_CERTIFICATE_INVALID',
        'startEntraEmulator identity: certificate and key cannot be used; give a matching pair as PEM, or leave it out',
        { cause },
      );
    }
  }

  /** Makes a server without TLS, for the managed identity endpoints, which platforms serve without. */
  static plain(onRequest: RequestListener): LoopbackServer {
    return new LoopbackServer(createHttpServer(LIMITS, onRequest));
  }

  /**
   * Starts to listen.
   *
   * @returns The port.
   * @throws ConfigError `ERR_LISTEN_FAILED`
   */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, LOOPBACK);
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new ConfigError(
        'ERR_LISTEN_FAILED',
        `the emulator cannot listen on port ${port}; choose another, or leave it out for any`,
        { cause },
      );
    }
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no address');
    return address.port;
  }

  /** Presents another certificate on new connections, and ends those that are idle. */
  present(identity: ServerIdentity): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(tlsOptions(identity));
    this.#server.closeIdleConnections();
  }

  /** Stops, and ends all connections, whatever they are doing. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
    return this.#closing;
  }
}
