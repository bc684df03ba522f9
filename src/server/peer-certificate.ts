import { createHash } from 'node:crypto';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

/**
 * The thumbprint of the client certificate of a call in a host's server (RFC 8705 section 3.1), or `undefined` when there
 * is none that was verified. Dear: grpc-js reads the certificate anew for each call.
 */
export function thumbprintOf(call: ServerInterceptingCallInterface): string | undefined {
  const certificate = call.getAuthContext().sslPeerCertificate;
  if (certificate === undefined || !('raw' in certificate)) return undefined;
  return createHash('sha256').update(certificate.raw).digest('base64url');
}
