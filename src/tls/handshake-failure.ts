/** Results of a TLS handshake by the names of gRFC A118. */
export type HandshakeResult =
  | 'SUCCESS'
  | 'UNKNOWN_FAILURE'
  | 'CERTIFICATE_VERIFICATION_FAILED'
  | 'CERTIFICATE_REVOKED'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_NOT_YET_VALID'
  | 'CERTIFICATE_AUTHORITY_INVALID'
  | 'CERTIFICATE_HOSTNAME_MISMATCH'
  | 'CERTIFICATE_MALFORMED'
  | 'CIPHER_SUITE_MISMATCH'
  | 'PROTOCOL_VERSION_UNSUPPORTED'
  | 'INAPPROPRIATE_FALLBACK'
  | 'NO_APPLICATION_PROTOCOL'
  | 'SIGNATURE_VERIFICATION_FAILED'
  | 'DECRYPTION_FAILED'
  | 'KEY_EXCHANGE_FAILURE'
  | 'UNEXPECTED_MESSAGE'
  | 'HANDSHAKE_TIMEOUT'
  | 'PEER_CONNECTION_CLOSED';

/** Why a connection did not come about. */
export interface HandshakeFailure {
  readonly result: HandshakeResult;
  /** What happened, in words, for the operator. Nothing in it comes from the peer. */
  readonly reason: string;
  /** Address and port of the peer, or `unknown`. */
  readonly peer: string;
}

/** The same without the peer. */
export type HandshakeExplanation = Pick<HandshakeFailure, 'result' | 'reason'>;

const byCode: ReadonlyMap<string, HandshakeExplanation> = new Map<string, HandshakeExplanation>([
  [
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    {
      result: 'PROTOCOL_VERSION_UNSUPPORTED',
      reason: 'the peer offers no TLS version of this policy',
    },
  ],
  [
    'ERR_SSL_NO_SHARED_CIPHER',
    { result: 'CIPHER_SUITE_MISMATCH', reason: 'the peer offers no cipher suite of this policy' },
  ],
  [
    'ERR_SSL_NO_SUITABLE_KEY_SHARE',
    { result: 'KEY_EXCHANGE_FAILURE', reason: 'the peer offers no group of this policy' },
  ],
  [
    'ERR_SSL_NO_SUITABLE_GROUPS',
    { result: 'KEY_EXCHANGE_FAILURE', reason: 'the peer offers no group of this policy' },
  ],
  [
    'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM',
    {
      result: 'CIPHER_SUITE_MISMATCH',
      reason: 'the peer accepts no signature algorithm of this policy',
    },
  ],
  [
    'ERR_SSL_NO_APPLICATION_PROTOCOL',
    {
      result: 'NO_APPLICATION_PROTOCOL',
      reason: 'the peer speaks TLS but does not offer HTTP/2 (ALPN h2)',
    },
  ],
  [
    'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    { result: 'CERTIFICATE_VERIFICATION_FAILED', reason: 'the peer sent no client certificate' },
  ],
  [
    'ERR_TLS_HANDSHAKE_TIMEOUT',
    { result: 'HANDSHAKE_TIMEOUT', reason: 'the peer did not finish the handshake in time' },
  ],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    { result: 'UNEXPECTED_MESSAGE', reason: 'plaintext: the peer does not speak TLS' },
  ],
  [
    'ERR_SSL_HTTP_REQUEST',
    {
      result: 'UNEXPECTED_MESSAGE',
      reason: 'plaintext: the peer sent an HTTP request without TLS',
    },
  ],
  [
    'ERR_SSL_UNEXPECTED_MESSAGE',
    { result: 'UNEXPECTED_MESSAGE', reason: 'the peer does not speak TLS' },
  ],
]);

/** Reasons OpenSSL gives for a client certificate it does not accept. */
const byVerification: ReadonlyMap<string, HandshakeExplanation> = new Map<
  string,
  HandshakeExplanation
>([
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    {
      result: 'CERTIFICATE_AUTHORITY_INVALID',
      reason: 'the client certificate is of another CA, or the peer did not send its intermediate',
    },
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    { result: 'CERTIFICATE_AUTHORITY_INVALID', reason: 'the client certificate is of another CA' },
  ],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    { result: 'CERTIFICATE_AUTHORITY_INVALID', reason: 'the client certificate is of another CA' },
  ],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    { result: 'CERTIFICATE_AUTHORITY_INVALID', reason: 'the client certificate is self-signed' },
  ],
  [
    'CERT_HAS_EXPIRED',
    { result: 'CERTIFICATE_EXPIRED', reason: 'the client certificate has expired' },
  ],
  [
    'CERT_NOT_YET_VALID',
    {
      result: 'CERTIFICATE_NOT_YET_VALID',
      reason: 'the client certificate is not valid yet, or the clock of this machine is behind',
    },
  ],
  [
    'UNABLE_TO_GET_CRL',
    {
      result: 'CERTIFICATE_VERIFICATION_FAILED',
      reason: 'there is no revocation list of a CA above the client certificate',
    },
  ],
  [
    'CRL_HAS_EXPIRED',
    {
      result: 'CERTIFICATE_VERIFICATION_FAILED',
      reason: 'the revocation list has ended, so that every client is refused; renew it',
    },
  ],
  ['CERT_REVOKED', { result: 'CERTIFICATE_REVOKED', reason: 'the client certificate is revoked' }],
  [
    'INVALID_PURPOSE',
    {
      result: 'CERTIFICATE_VERIFICATION_FAILED',
      reason: 'the certificate is not for client use (extendedKeyUsage clientAuth)',
    },
  ],
]);

/** Reasons for which the peer refused our certificate, by TLS alert number. */
const byAlert: ReadonlyMap<number, HandshakeExplanation> = new Map<number, HandshakeExplanation>([
  [
    42,
    {
      result: 'CERTIFICATE_VERIFICATION_FAILED',
      reason: 'the peer refuses our certificate (alert 42)',
    },
  ],
  [
    45,
    { result: 'CERTIFICATE_EXPIRED', reason: 'the peer finds our certificate expired (alert 45)' },
  ],
  [
    46,
    {
      result: 'CERTIFICATE_VERIFICATION_FAILED',
      reason: 'the peer refuses our certificate (alert 46)',
    },
  ],
  [
    48,
    {
      result: 'CERTIFICATE_AUTHORITY_INVALID',
      reason: 'the peer does not trust the CA of our certificate (alert 48)',
    },
  ],
]);

/** The reason why OpenSSL did not accept a client certificate, in words. */
export function explainVerification(code: string): HandshakeExplanation {
  return (
    byVerification.get(code) ?? {
      result: 'CERTIFICATE_VERIFICATION_FAILED',
      reason: `the client certificate was not accepted (${code})`,
    }
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
}

/**
 * Explains a failed handshake.
 *
 * @param error - What `tlsClientError` was emitted with.
 * @param verification - The socket's `authorizationError`: for a refused client certificate the error itself is
 * only "socket hang up".
 */
export function explainHandshake(
  error: unknown,
  verification: string | undefined,
): HandshakeExplanation {
  if (verification !== undefined) return explainVerification(verification);
  const code = codeOf(error);
  const known = byCode.get(code);
  if (known !== undefined) return known;
  // Alerts by number: Node 24 renamed the codes.
  const alert = error instanceof Error && /alert number (\d+)/.exec(error.message)?.[1];
  const refused = byAlert.get(Number(alert));
  if (refused !== undefined) return refused;
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return {
      result: 'PEER_CONNECTION_CLOSED',
      reason: 'the peer closed the connection during the handshake',
    };
  }
  return { result: 'UNKNOWN_FAILURE', reason: `the handshake failed (${code})` };
}
