import { createHash, X509Certificate } from 'node:crypto';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type ClientCertificate, clientCertificateOf } from '../tls/connection-identity.ts';

/** The client certificate of a call in a host's server; there is none unless it was verified. */
function peerOf(call: ServerInterceptingCallInterface): Buffer | undefined {
  return call.getAuthContext().sslPeerCertificate?.raw;
}

/**
 * The thumbprint of the client certificate of a call in a host's server (RFC 8705 section 3.1), or `undefined` when there
 * is none that was verified. Dear: grpc-js reads the certificate anew for each call.
 */
export function thumbprintOf(call: ServerInterceptingCallInterface): string | undefined {
  const raw = peerOf(call);
  return raw === undefined ? undefined : createHash('sha256').update(raw).digest('base64url');
}

/** Names and thumbprint of the client certificate of a call in a host's server. Dearer still. */
export function peerCertificateOf(
  call: ServerInterceptingCallInterface,
): ClientCertificate | undefined {
  const raw = peerOf(call);
  return raw === undefined ? undefined : clientCertificateOf(new X509Certificate(raw));
}
