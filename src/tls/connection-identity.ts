import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { certificateId } from './crl.ts';
import type { HandshakeExplanation } from './handshake-failure.ts';
import { parseSubjectAltName } from './subject-alt-names.ts';

/** A verified client certificate. */
export interface ClientCertificate {
  /** SHA-256 of the certificate, base64url: what `cnf` of a bound token holds (RFC 8705 section 3.1). */
  readonly x5tS256: string;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  /** The SPIFFE id, if the certificate has exactly one URI name and it is one (gRFC A87). */
  readonly spiffeId: string | undefined;
  /** When it or one of the CAs above it expires, milliseconds since the epoch. */
  readonly notAfterMs: number;
  /** What revocation lists name it and the CAs above it by. */
  readonly chainIds: readonly string[];
}

/** What TLS established about one connection; made once, because it is too dear to make for each call. */
export interface TlsIdentity {
  /** Address and port, for example `127.0.0.1:4711`. */
  readonly peer: string;
  readonly protocol: 'TLSv1.2' | 'TLSv1.3';
  /** Name of the suite as in the standard, for example `TLS_AES_128_GCM_SHA256`. */
  readonly cipherSuite: string;
  /** Absent when the client showed none, or one that was refused. */
  readonly certificate: ClientCertificate | undefined;
  /** Why the client certificate was refused, where refusals are explained: each call is answered with it. */
  readonly refusal: HandshakeExplanation | undefined;
}

function certificateOf(
  socket: TLSSocket,
  known: readonly X509Certificate[],
): ClientCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined || !socket.authorized) return undefined;
  return clientCertificateOf(certificate, known);
}

/** OpenSSL accepts no longer ones by default. */
const LONGEST_CHAIN = 100;

const issued = (certificate: X509Certificate, ca: X509Certificate): boolean =>
  certificate.checkIssued(ca) && certificate.verify(ca.publicKey);

/**
 * The certificate and those above it: what the peer sent, as far as Node tells (version 24 tells nothing on servers), and
 * CAs that are known here.
 */
function chainOf(
  certificate: X509Certificate,
  known: readonly X509Certificate[],
): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next: X509Certificate | undefined = certificate; next !== undefined; ) {
    if (chain.length === LONGEST_CHAIN) break;
    chain.push(next);
    const current: X509Certificate = next;
    const above: X509Certificate | undefined =
      current.issuerCertificate ?? known.find((ca) => issued(current, ca));
    next = above === undefined || above.raw.equals(current.raw) ? undefined : above;
  }
  return chain;
}

/** Whether one of the CAs issued a certificate of the chain that a peer showed. */
export function isIssuedBelow(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): boolean {
  return chainOf(certificate, authorities).some((one) => authorities.some((ca) => issued(one, ca)));
}

/** Trust domain and path (SPIFFE ID, section 2). */
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]+)*$/;

/**
 * What a certificate says about its holder. Whether it is to be believed was decided before.
 *
 * @param known - CAs that may stand above it. Default: none but those the peer sent.
 */
export function clientCertificateOf(
  certificate: X509Certificate,
  known: readonly X509Certificate[] = [],
): ClientCertificate {
  const { dnsNames, uris } = parseSubjectAltName(certificate.subjectAltName) ?? {
    dnsNames: [],
    uris: [],
  };
  const [uri] = uris;
  const chain = chainOf(certificate, known);
  return Object.freeze({
    x5tS256: createHash('sha256').update(certificate.raw).digest('base64url'),
    dnsNames: Object.freeze([...dnsNames]),
    uris: Object.freeze([...uris]),
    spiffeId: uris.length === 1 && uri !== undefined && SPIFFE_ID.test(uri) ? uri : undefined,
    notAfterMs: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
    chainIds: Object.freeze(chain.map(({ raw }) => certificateId(raw))),
  });
}

/** Reads the identity of a connection whose handshake is complete and whose peer was accepted. */
export function identityOfSocket(
  socket: TLSSocket,
  peer: string,
  refusal: HandshakeExplanation | undefined,
  known: readonly X509Certificate[] = [],
): TlsIdentity {
  return Object.freeze({
    peer,
    // The policy lets nothing else through.
    protocol: socket.getProtocol() === 'TLSv1.2' ? 'TLSv1.2' : 'TLSv1.3',
    cipherSuite: socket.getCipher().standardName,
    certificate: refusal === undefined ? certificateOf(socket, known) : undefined,
    refusal,
  });
}
