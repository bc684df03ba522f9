import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import { type Metrics, noMetrics } from '../core/metrics.ts';
import { certificateRefusal } from './certificate-refusal.ts';
import { type ConnectionEnds, peerOf } from './connection-ends.ts';
import {
  type ClientCertificate,
  identityOfSocket,
  isIssuedBelow,
  type TlsIdentity,
} from './connection-identity.ts';
import { ConnectionTable } from './connection-table.ts';
import {
  explainHandshake,
  explainVerification,
  type HandshakeExplanation,
  type HandshakeFailure,
  type HandshakeResult,
} from './handshake-failure.ts';
import { listenFailed } from './listen-failed.ts';
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
  /** What TLS established about a connection. */
  identityOf(ends: ConnectionEnds): TlsIdentity | undefined;
  /**
   * Serves new connections with other material. The policy goes with it, since a reload resets what is left out. When it
   * trusts other client CAs, connections whose client certificate none of them issued end.
   */
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
/** How long a refused connection may take to end before it is cut. */
const REFUSAL_LINGER_MS = 1000;

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
  readonly #connections = new ConnectionTable<Connection>();
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
    const peer = peerOf(socket) ?? 'unknown';
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
      // A certificate that OpenSSL takes and we cannot read, for one: refused, and not in silence.
      this.#report({
        result: 'CERTIFICATE_VERIFICATION_FAILED',
        reason: 'the connection could not be identified; is the client certificate encoded as DER?',
        peer: peerOf(socket) ?? 'unknown',
      });
      socket.destroy();
    }
  }

  #accept(socket: TLSSocket): void {
    const raw = rawSocketOf(socket);
    if (raw !== undefined) this.#pending.delete(raw);
    const peer = peerOf(socket);
    if (peer === undefined) {
      socket.destroy();
      return;
    }
    if (socket.alpnProtocol !== 'h2') {
      this.#refuse(socket, { ...WITHOUT_ALPN, peer });
      return;
    }
    const refusal = certificateRefusal(socket, this.#tls.clientCertificates);
    if (refusal !== undefined && !this.#tls.explainRefusals) {
      this.#refuse(socket, { ...refusal, peer });
      return;
    }
    const identity = identityOfSocket(socket, peer, refusal, this.#tls.clientCas);
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
    socket.once('close', this.#connections.add(socket, { socket, identity }));
    this.#options.accept(socket, identity);
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
    const peer = (raw && this.#peers.get(raw)) ?? peerOf(socket) ?? 'unknown';
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
      // Listening twice, or closing meanwhile, ends here, too.
      const onClose = (): void => reject(listenFailed(address, new Error('closed')));
      if (this.#server.listening) {
        throw new ConfigError(
          'ERR_LISTEN_FAILED',
          'the server listens already; create another for a second address',
        );
      }
      this.#server.once('error', onError);
      this.#server.once('close', onClose);
      this.#server.listen(address.port, address.host, () => {
        this.#server.off('error', onError);
        this.#server.off('close', onClose);
        const bound = this.#server.address();
        resolve({
          host: address.host,
          port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
        });
      });
    });
  }

  identityOf(ends: ConnectionEnds): TlsIdentity | undefined {
    return this.#connections.find(ends)?.identity;
  }

  reload(tls: ServerTls): void {
    const { clientCas: before } = this.#tls;
    this.#server.setSecureContext(tls.context);
    this.#tls = tls;
    // Whom a CA vouched for that is trusted no longer must not stay because they came in time. Where Node does not tell the
    // chain, nothing can be concluded, and the age of connections has to do.
    for (const { socket, identity } of this.#connections.values()) {
      const certificate = socket.getPeerX509Certificate();
      if (identity.certificate === undefined || certificate === undefined) continue;
      if (isIssuedBelow(certificate, before) && !isIssuedBelow(certificate, tls.clientCas)) {
        socket.destroy();
      }
    }
  }

  #isRevoked({ chainIds }: ClientCertificate): boolean {
    const revoked = this.#tls.revocation?.revoked;
    return revoked !== undefined && chainIds.some((id) => revoked.has(id));
  }

  dropInvalid(nowMs: number): void {
    for (const { socket, identity } of this.#connections.values()) {
      const { certificate } = identity;
      if (certificate === undefined) continue;
      if (certificate.notAfterMs <= nowMs || this.#isRevoked(certificate)) {
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

/** Makes a listener; it accepts nothing before {@link TlsListener.listen}. */
export function createTlsListener(options: TlsListenerOptions): TlsListener {
  return new OwnTlsListener(options);
}
