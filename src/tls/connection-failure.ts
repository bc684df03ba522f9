import type { HandshakeResult } from './handshake-failure.ts';

/** Why a client's connection did not come about; its text reaches the status of the calls that waited for it. */
export class TlsConnectionError extends Error {
  /** Result name of gRFC A118. */
  readonly result: HandshakeResult;

  constructor(result: HandshakeResult, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TlsConnectionError';
    this.result = result;
  }
}

/** What the client knows of its own side when a connection fails. */
export interface ConnectionFacts {
  readonly host: string;
  /** Whether it had a certificate to show. */
  readonly hasCertificate: boolean;
  /** Whether the handshake was complete on this side. */
  readonly handshakeDone: boolean;
}

type Explanation = readonly [result: HandshakeResult, text: string];

const byCode: Readonly<Record<string, Explanation>> = {
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'CERTIFICATE_AUTHORITY_INVALID',
    'the server certificate was issued by a CA that is not in caFile',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'CERTIFICATE_AUTHORITY_INVALID',
    'the server certificate was issued by a CA that is not in caFile',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'CERTIFICATE_AUTHORITY_INVALID',
    'the server certificate is self-signed and not in caFile',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'CERTIFICATE_AUTHORITY_INVALID',
    'the server certificate leads to no CA in caFile: the server does not send its intermediate CA, or another CA issued it',
  ],
  CERT_HAS_EXPIRED: [
    'CERTIFICATE_EXPIRED',
    'the server certificate, or a CA above it, has expired',
  ],
  CERT_NOT_YET_VALID: [
    'CERTIFICATE_NOT_YET_VALID',
    'the server certificate is not valid yet; check the clock of this machine',
  ],
  CERT_REVOKED: ['CERTIFICATE_REVOKED', 'the server certificate is revoked'],
  UNABLE_TO_GET_CRL: [
    'CERTIFICATE_VERIFICATION_FAILED',
    'crlFile has no list of a CA that the server sent; append one for each CA',
  ],
  CRL_HAS_EXPIRED: ['CERTIFICATE_VERIFICATION_FAILED', 'a list in crlFile has ended; renew it'],
  INVALID_PURPOSE: [
    'CERTIFICATE_VERIFICATION_FAILED',
    'the server certificate is not for server use (extendedKeyUsage serverAuth)',
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'UNEXPECTED_MESSAGE',
    'the server does not speak TLS on this port',
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    'UNEXPECTED_MESSAGE',
    'the server does not speak TLS on this port',
  ],
  ERR_SSL_UNSUPPORTED_PROTOCOL: [
    'PROTOCOL_VERSION_UNSUPPORTED',
    'the server offers no TLS version of this policy',
  ],
};

const CERTIFICATE_ALERTS: Readonly<Record<number, Explanation>> = {
  42: ['CERTIFICATE_VERIFICATION_FAILED', 'the server finds the client certificate bad'],
  43: ['CERTIFICATE_VERIFICATION_FAILED', 'the server does not take this kind of certificate'],
  44: ['CERTIFICATE_REVOKED', 'the server finds the client certificate revoked'],
  45: ['CERTIFICATE_EXPIRED', 'the server finds the client certificate expired'],
  46: ['CERTIFICATE_VERIFICATION_FAILED', 'the server refuses the client certificate'],
  48: [
    'CERTIFICATE_AUTHORITY_INVALID',
    'the server does not trust the CA of the client certificate',
  ],
};

function byAlert(alert: number, facts: ConnectionFacts): Explanation | undefined {
  switch (alert) {
    case 40:
      return [
        'CIPHER_SUITE_MISMATCH',
        facts.hasCertificate
          ? 'the server shares no cipher suite or group with this policy'
          : 'the server shares no cipher suite or group with this policy, or requires a client certificate',
      ];
    case 70:
      return ['PROTOCOL_VERSION_UNSUPPORTED', 'the server accepts no TLS version of this policy'];
    case 116:
      return [
        'CERTIFICATE_VERIFICATION_FAILED',
        'the server requires a client certificate; give certFile and keyFile',
      ];
    case 120:
      return ['NO_APPLICATION_PROTOCOL', 'the server speaks TLS but not HTTP/2 (ALPN h2)'];
    default:
      return CERTIFICATE_ALERTS[alert];
  }
}

/** A server that refuses a certificate after the handshake only closes: the likeliest reason is told as such. */
function closed({ hasCertificate, handshakeDone }: ConnectionFacts): Explanation {
  if (!handshakeDone) {
    return ['PEER_CONNECTION_CLOSED', 'the server closed the connection during the TLS handshake'];
  }
  return [
    'PEER_CONNECTION_CLOSED',
    hasCertificate
      ? 'the server closed the connection right after the TLS handshake: it probably refused the client certificate ' +
        '(expired, revoked, or of a CA it does not trust); its audit says why'
      : 'the server closed the connection right after the TLS handshake: it probably requires a client certificate; ' +
        'give certFile and keyFile',
  ];
}

const CLOSED_CODES: readonly string[] = ['ECONNRESET', 'EPIPE', 'closed'];

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'closed';
}

function explain(error: unknown, facts: ConnectionFacts): Explanation {
  const code = codeOf(error);
  const known = byCode[code];
  if (known !== undefined) return known;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' && error instanceof Error) {
    const names = /^.*altnames: (.*)$/.exec(error.message)?.[1];
    return [
      'CERTIFICATE_HOSTNAME_MISMATCH',
      `the server certificate is not for "${facts.host}"${names === undefined ? '' : `: ${names}`}`,
    ];
  }
  const alert = error instanceof Error && /alert number (\d+)/.exec(error.message)?.[1];
  const alerted = typeof alert === 'string' ? byAlert(Number(alert), facts) : undefined;
  if (alerted !== undefined) return alerted;
  if (CLOSED_CODES.includes(code)) return closed(facts);
  return ['UNKNOWN_FAILURE', 'the TLS connection failed'];
}

/** Explains in words, with the code for a search. Nothing in it is secret: names stand in the server's certificate. */
export function explainConnectionFailure(
  error: unknown,
  facts: ConnectionFacts,
): TlsConnectionError {
  if (error instanceof TlsConnectionError) return error;
  const [result, text] = explain(error, facts);
  const code = codeOf(error);
  return new TlsConnectionError(result, code === 'closed' ? text : `${text} (${code})`, error);
}
