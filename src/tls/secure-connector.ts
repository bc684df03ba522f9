import { createHash, X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls';
import type { ClientTls } from './client-tls.ts';
import {
  type ConnectionFacts,
  explainConnectionFailure,
  TlsConnectionError,
} from './connection-failure.ts';

/** gRPC's own bound for a connection attempt (connection backoff, MIN_CONNECT_TIMEOUT). */
const CONNECT_TIMEOUT_MS = 20_000;

/** SHA-256 of a certificate's SubjectPublicKeyInfo, base64. What Node calls `pubkey` is not that for every kind. */
function pinOf({ raw }: PeerCertificate): string {
  const key = new X509Certificate(raw).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

/** Name first, then pin: a pin never stands in for the name. */
function verifier(tls: ClientTls): NonNullable<ConnectionOptions['checkServerIdentity']> {
  return (host, certificate) => {
    // Without its common name, which Node goes by where there is no other name and RFC 9525 section 6.3 forbids.
    const { CN: _commonName, ...subject } = certificate.subject ?? {};
    const mismatch = checkServerIdentity(host, {
      ...certificate,
      subject: subject as PeerCertificate['subject'],
    });
    if (mismatch !== undefined) return mismatch;
    if (tls.pins.length === 0 || tls.pins.includes(pinOf(certificate))) return undefined;
    return new TlsConnectionError(
      'CERTIFICATE_VERIFICATION_FAILED',
      'the server certificate is valid, but its key is not one of those pinned',
    );
  };
}

/** Resolves when the server has shown that it took the connection: by the first bytes after the handshake. */
function firstBytes(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    // Only looked at, never read: HTTP/2 takes over what is waiting. A connection that ends is readable, too.
    const look = (): void => {
      if (socket.readableLength === 0) return;
      socket.off('readable', look);
      resolve();
    };
    socket.on('readable', look);
    look();
    socket.once('end', () => reject(new Error('closed')));
    socket.once('close', () => reject(new Error('closed')));
    socket.once('error', reject);
  });
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('close', () => reject(new Error('closed')));
    socket.once('error', reject);
  });
}

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new TlsConnectionError('HANDSHAKE_TIMEOUT', `the server did not answer within ${ms} ms`),
      );
    }, ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Secures a TCP connection by the policy: TLS with the CA, names and pins asked for, HTTP/2 by ALPN, and a server that
 * goes on talking afterwards. Nothing but the TLS handshake is sent before all of that holds.
 *
 * @param host - Name or address that was dialled; it must be in the certificate unless the options name another.
 * @throws TlsConnectionError saying why not.
 */
export async function secureConnection(
  socket: Socket,
  host: string,
  tls: ClientTls,
): Promise<TLSSocket> {
  const name = tls.serverName ?? host;
  const secured = connect({
    socket,
    host: name,
    // An address is no server name (RFC 6066 section 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    secureContext: tls.secureContext,
    ALPNProtocols: ['h2'],
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing.
    rejectUnauthorized: true,
    checkServerIdentity: verifier(tls),
  });
  let facts: ConnectionFacts = {
    host: name,
    hasCertificate: tls.identity !== undefined,
    handshakeDone: false,
  };
  // For its whole life: an error without a listener would end the process.
  secured.on('error', () => {});
  const until = performance.now() + CONNECT_TIMEOUT_MS;
  try {
    await within(handshake(secured), CONNECT_TIMEOUT_MS);
    facts = { ...facts, handshakeDone: true };
    if (!secured.authorized) throw secured.authorizationError;
    if (secured.alpnProtocol !== 'h2') {
      throw new TlsConnectionError(
        'NO_APPLICATION_PROTOCOL',
        'the server speaks TLS but does not agree to HTTP/2 (ALPN h2): it is no gRPC server, or a proxy in between ends TLS',
      );
    }
    await within(firstBytes(secured), Math.max(1, Math.round(until - performance.now())));
    return secured;
  } catch (error) {
    secured.destroy();
    throw explainConnectionFailure(error, facts);
  }
}
