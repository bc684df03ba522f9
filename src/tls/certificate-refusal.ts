import type { TLSSocket } from 'node:tls';
import { explainVerification, type HandshakeExplanation } from './handshake-failure.ts';
import type { ClientCertificateMode } from './server-tls.ts';

const WITHOUT_CERTIFICATE: HandshakeExplanation = {
  result: 'CERTIFICATE_VERIFICATION_FAILED',
  reason: 'the peer sent no client certificate',
};

/** Why the client certificate of a connection, or its absence, does not do; `undefined` when it does. */
export function certificateRefusal(
  socket: TLSSocket,
  mode: ClientCertificateMode,
): HandshakeExplanation | undefined {
  if (mode === 'none' || socket.authorized) return undefined;
  if (socket.getPeerX509Certificate() === undefined) {
    // Optional means: none is fine, a bad one is not.
    return mode === 'optional' ? undefined : WITHOUT_CERTIFICATE;
  }
  return explainVerification(String(socket.authorizationError ?? 'unknown'));
}
