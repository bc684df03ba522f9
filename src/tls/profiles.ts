/** A named TLS policy. */
export type TlsProfile = 'modern' | 'intermediate' | 'fips' | 'pq-only';
/** Protocol versions that can be asked for; 1.0 and 1.1 are retired (RFC 8996). */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** What a profile stands for. */
export interface ProfileSettings {
  readonly minVersion: TlsVersion;
  readonly tls13Suites: readonly string[];
  readonly tls12Suites: readonly string[];
  readonly groups: readonly string[];
  readonly signatureAlgorithms: readonly string[];
  /** Whether the server's order of suites decides. */
  readonly serverOrder: boolean;
  /** Keys that the own certificate may have. */
  readonly certificateKeys: readonly CertificateKey[];
}

/** A kind of public key in a certificate. RSA means 2048 bits or more. */
export type CertificateKey = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'RSA';

// AEAD suites with ephemeral keys only: RFC 9113 appendix A bars the others for HTTP/2, RFC 9325 section 4.2
// recommends these.
const TLS13 = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const;
const TLS12_GCM = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
] as const;
const TLS12 = [
  ...TLS12_GCM,
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const;
const CLASSICAL_GROUPS = ['X25519', 'P-256', 'P-384'] as const;
/** Hybrid post-quantum groups, in OpenSSL from 3.5 (Node 24). */
export const HYBRID_GROUPS: readonly string[] = [
  'X25519MLKEM768',
  'SecP256r1MLKEM768',
  'SecP384r1MLKEM1024',
];
const SIGNATURES_WITHOUT_EDDSA = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'rsa_pss_pss_sha256',
  'rsa_pss_pss_sha384',
  'rsa_pss_pss_sha512',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
] as const;
const SIGNATURES = [...SIGNATURES_WITHOUT_EDDSA, 'ed25519'] as const;

/** The profiles; `intermediate` is the default. */
export const profiles: Readonly<Record<TlsProfile, ProfileSettings>> = Object.freeze({
  modern: {
    minVersion: 'TLSv1.3',
    tls13Suites: TLS13,
    tls12Suites: [],
    groups: ['X25519MLKEM768', ...CLASSICAL_GROUPS],
    signatureAlgorithms: SIGNATURES,
    serverOrder: false,
    certificateKeys: ['P-256', 'P-384'],
  },
  intermediate: {
    minVersion: 'TLSv1.2',
    tls13Suites: TLS13,
    tls12Suites: TLS12,
    groups: ['X25519MLKEM768', ...CLASSICAL_GROUPS],
    signatureAlgorithms: SIGNATURES,
    serverOrder: false,
    certificateKeys: ['P-256', 'P-384', 'P-521', 'Ed25519', 'RSA'],
  },
  fips: {
    minVersion: 'TLSv1.2',
    tls13Suites: TLS13.slice(0, 2),
    tls12Suites: TLS12_GCM,
    groups: ['P-256', 'P-384'],
    signatureAlgorithms: SIGNATURES_WITHOUT_EDDSA,
    serverOrder: true,
    certificateKeys: ['P-256', 'P-384', 'RSA'],
  },
  'pq-only': {
    minVersion: 'TLSv1.3',
    tls13Suites: TLS13,
    tls12Suites: [],
    groups: HYBRID_GROUPS,
    signatureAlgorithms: SIGNATURES,
    serverOrder: false,
    certificateKeys: ['P-256', 'P-384'],
  },
});
