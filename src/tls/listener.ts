import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import { type Metrics, noMetrics } from '../core/metrics.ts';
import {
  type ClientCertificate,
  identityOfSocket,
  type TlsIdentity,
} from './connection-identity.ts';
import {
  explainHandshake,
  explainVerification,
  type HandshakeExplanation,
  type HandshakeFailure,
  type HandshakeResult,
} from './handshake-failure.ts';
import type { ServerTls } from './server-tls.ts';

/** What a listener is made of. */
export interface TlsListenerOptions {
  readonly tls: ServerTls;
  /** Receives each connection that passed: TLS by policy, HTTP/2 by ALPN, client certificate as asked for. */
  readonly accept: (socket: TLSSocket, identity: TlsIdentity) => void;
  readonly onHandshakeFailure: (failure: HandshakeFailure) => void;
  /** Counts handshakes by the names of gRFC A118. Default: not counted. */
  readonly metrics?: Metrics;
  /** Default: 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** Default: 10 000. */
  readonly maxConnections?: number;
}

/** Our own TLS listener: the only place where failed handshakes and refused certificates can be seen. */
export interface TlsListener {
  /** @throws ConfigError `ERR_LISTEN_FAILED` when the address cannot be had. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{
    readonly host: string;
    readonly port: number;
  }>;
  /** What TLS established about the connection from an address and port. */
  identityOf(address: string | undefined, port: number | undefined): TlsIdentity | undefined;
  /** Serves new connections with other material. The policy goes with it, since a reload resets what is left out. */
  reload(tls: ServerTls): void;
  /** Ends connections whose client certificate is revoked by now, or has expired. */
  dropInvalid(nowMs: number): void;
  /** Stops accepting; resolves when every connection has ended. Unfinished handshakes are cut. */
  close(): Promise<void>;
}

const WITHOUT_ALPN: HandshakeExplanation = {
  result: 'NO_APPLICATION_PROTOCOL',
  reason: 'the peer does not offer HTTP/2 (ALPN h2)',
};
const WITHOUT_CERTIFICATE: HandshakeExplanation = {
  result: 'CERTIFICATE_VERIFICATION_FAILED',
  reason: 'the peer sent no client certificate',
};

/** How long a refused connection may take to end before it is cut. */
const REFUSAL_LINGER_MS = 1000;

const peerKey = (address: string | undefined, port: number | undefined): string | undefined =>
  address === undefined || port === undefined ? undefined : `${address}:${port}`;

/** The raw connection below a TLS socket: the only way to the address of a failed handshake. */
function rawSocketOf(socket: TLSSocket): Socket | undefined {
  return (socket as { _parent?: Socket })._parent;
}

interface Connection {
  readonly socket: TLSSocket;
  readonly identity: TlsIdentity;
}

class OwnTlsListener implements TlsListener {
  readonly #options: TlsListenerOptions;
  readonly #server: Server;
  #tls: ServerTls;
  readonly #connections = new Map<string, Connection>();
  /** Connections whose handshake is not finished. */
  readonly #pending = new Set<Socket>();
  readonly #peers = new WeakMap<Socket, string>();

  constructor(options: TlsListenerOptions) {
    this.#options = options;
    const { tls } = options;
    this.#tls = tls;
    this.#server = createServer({
      ...tls.context,
      ALPNProtocols: ['h2'],
      handshakeTimeout: options.handshakeTimeoutMs ?? 10_000,
      requestCert: tls.clientCertificates !== 'none',
      // With `required` Node itself refuses. With `optional`, and to explain, the decision is ours, in #accept.
      rejectUnauthorized: tls.clientCertificates === 'required' && !tls.explainRefusals,
    });
    this.#server.maxConnections = options.maxConnections ?? 10_000;
    this.#server.on('connection', (socket: Socket) => this.#connected(socket));
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    // After listening, errors of the listening socket (out of file descriptors) pass; the server keeps running.
    this.#server.on('error', () => {});
  }

  #connected(socket: Socket): void {
    // Read now: of a connection that was reset Node no longer knows the address.
    const peer = peerKey(socket.remoteAddress, socket.remotePort) ?? 'unknown';
    this.#peers.set(socket, peer);
    this.#pending.add(socket);
    socket.once('close', () => this.#pending.delete(socket));
    // Without a listener of its own, an error would end the process.
    socket.on('error', () => {});
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', () => {});
    try {
      this.#accept(socket);
    } catch {
      socket.destroy();
    }
  }

  #accept(socket: TLSSocket): void {
    const raw = rawSocketOf(socket);
    if (raw !== undefined) this.#pending.delete(raw);
    const peer = peerKey(socket.remoteAddress, socket.remotePort);
    if (peer === undefined) {
      socket.destroy();
      return;
    }
    if (socket.alpnProtocol !== 'h2') {
      this.#refuse(socket, { ...WITHOUT_ALPN, peer });
      return;
    }
    const refusal = this.#certificateRefusal(socket);
    if (refusal !== undefined && !this.#tls.explainRefusals) {
      this.#refuse(socket, { ...refusal, peer });
      return;
    }
    const identity = identityOfSocket(socket, peer, refusal);
    // The handshake may have begun under an older revocation list.
    if (identity.certificate !== undefined && this.#isRevoked(identity.certificate)) {
      this.#refuse(socket, { ...explainVerification('CERT_REVOKED'), peer });
      return;
    }
    if (refusal === undefined) this.#count('SUCCESS');
    else this.#report({ ...refusal, peer });
    this.#admit(socket, identity);
  }

  #admit(socket: TLSSocket, identity: TlsIdentity): void {
    const connection = { socket, identity };
    this.#connections.set(identity.peer, connection);
    socket.once('close', () => {
      // The same address and port may already belong to a newer connection.
      if (this.#connections.get(identity.peer) === connection)
        this.#connections.delete(identity.peer);
    });
    this.#options.accept(socket, identity);
  }

  /** Why the client certificate, or its absence, does not do. */
  #certificateRefusal(socket: TLSSocket): HandshakeExplanation | undefined {
    const { clientCertificates } = this.#tls;
    if (clientCertificates === 'none' || socket.authorized) return undefined;
    if (socket.getPeerX509Certificate() === undefined) {
      // Optional means: none is fine, a bad one is not.
      return clientCertificates === 'optional' ? undefined : WITHOUT_CERTIFICATE;
    }
    return explainVerification(String(socket.authorizationError ?? 'unknown'));
  }

  /** Ends rather than destroys: a destroyed TLS 1.2 connection loses its last message and looks like a reset. */
  #refuse(socket: TLSSocket, failure: HandshakeFailure): void {
    socket.end();
    const cut = setTimeout(() => socket.destroy(), REFUSAL_LINGER_MS);
    socket.once('close', () => clearTimeout(cut));
    this.#report(failure);
  }

  #failed(error: unknown, socket: TLSSocket): void {
    const raw = rawSocketOf(socket);
    const peer =
      (raw && this.#peers.get(raw)) ??
      peerKey(socket.remoteAddress, socket.remotePort) ??
      'unknown';
    // Typed as an Error, it is the code as text.
    const verification: unknown = socket.authorizationError;
    const code = typeof verification === 'string' ? verification : undefined;
    this.#report({ ...explainHandshake(error, code), peer });
    socket.destroy();
  }

  #count(result: HandshakeResult): void {
    const { metrics = noMetrics } = this.#options;
    metrics.counter('grpc.server.tls.handshakes', { 'grpc.tls.handshake.result': result });
  }

  #report(failure: HandshakeFailure): void {
    try {
      this.#count(failure.result);
      this.#options.onHandshakeFailure(failure);
    } catch {
      // A reporter that fails must not end the process.
    }
  }

  listen(address: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ host: string; port: number }> {
    return new Promise((resolve, reject) => {
      const onError = (cause: Error): void => reject(listenFailed(address, cause));
      this.#server.once('error', onError);
      this.#server.listen(address.port, address.host, () => {
        this.#server.off('error', onError);
        const bound = this.#server.address();
        resolve({
          host: address.host,
          port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
        });
      });
    });
  }

  identityOf(address: string | undefined, port: number | undefined): TlsIdentity | undefined {
    const key = peerKey(address, port);
    return key === undefined ? undefined : this.#connections.get(key)?.identity;
  }

  reload(tls: ServerTls): void {
    this.#server.setSecureContext(tls.context);
    this.#tls = tls;
  }

  #isRevoked({ id }: ClientCertificate): boolean {
    return this.#tls.revocation?.revoked.has(id) === true;
  }

  dropInvalid(nowMs: number): void {
    for (const { socket, identity } of this.#connections.values()) {
      const { certificate } = identity;
      if (certificate === undefined) continue;
      if (certificate.notAfter.getTime() <= nowMs || this.#isRevoked(certificate)) {
        socket.destroy();
      }
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#pending) socket.destroy();
    });
  }
}

const LISTEN_HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; choose another port, or 0 for any',
  EACCES: 'ports below 1024 need privileges; choose a higher one',
  EADDRNOTAVAIL: 'this machine has no such address; use 127.0.0.1, 0.0.0.0 or one of its own',
  ENOTFOUND: 'the host name is not known; use an IP address',
};

function listenFailed(address: { host: string; port: number }, cause: Error): ConfigError {
  const code = 'code' in cause ? String(cause.code) : 'no code';
  return new ConfigError(
    'ERR_LISTEN_FAILED',
    `cannot listen on ${address.host} port ${address.port} (${code}); ${LISTEN_HINTS[code] ?? 'see the cause'}`,
    { cause },
  );
}

/** Makes a listener; it accepts nothing before {@link TlsListener.listen}. */
export function createTlsListener(options: TlsListenerOptions): TlsListener {
  return new OwnTlsListener(options);
}
