import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { ConfigError } from '../core/errors.ts';
import type { CertificateKey } from './profiles.ts';
import { isStrongSignature, signatureAlgorithm } from './signature-algorithm.ts';

/** What a certificate is for; the extended key usage must allow it. */
export type IdentityPurpose = 'server' | 'client';

/** What is asked of a certificate. */
export interface CertificateNeeds {
  readonly purpose: IdentityPurpose;
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Names and addresses under which it is presented; each must be in it. */
  readonly hosts?: readonly string[] | undefined;
  /** Keys the profile allows, and the profile's name for the message. */
  readonly keys: readonly CertificateKey[];
  readonly profile: string;
}

/** A certificate and what it is called in messages. */
export interface NamedCertificate {
  readonly name: string;
  readonly certificate: X509Certificate;
}

const EXTENDED_KEY_USAGE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
const PURPOSE_NAME = { server: 'serverAuth', client: 'clientAuth' } as const;
const SMALLEST_RSA_BITS = 2048;
/** Below this RSA does not reach the 128-bit level of the rest (NIST SP 800-57 part 1, table 2). */
const COMFORTABLE_RSA_BITS = 3072;
const DAY_MS = 86_400_000;

const CURVES: Readonly<Record<string, CertificateKey>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** The error for material that must not be used. */
export function badCertificate(message: string, cause?: unknown): ConfigError {
  return new ConfigError('ERR_CERTIFICATE_INVALID', message, { cause });
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const days = (ms: number): string => {
  const count = Math.floor(ms / DAY_MS);
  return count === 1 ? '1 day' : `${count} days`;
};

/** When a certificate ends, milliseconds since the epoch. */
export const endOf = (certificate: X509Certificate): number => Date.parse(certificate.validTo);
const startOf = (certificate: X509Certificate): number => Date.parse(certificate.validFrom);

/** Refuses what is out of its time, or made with what can be forged: asked of each certificate of a chain. */
export function checkSound({ name, certificate }: NamedCertificate, now: number): void {
  const [from, to] = [startOf(certificate), endOf(certificate)];
  if (to <= now) {
    throw badCertificate(
      `${name} expired ${days(now - to)} ago (${dayOf(to)}); renew it (for development: npm run certs)`,
    );
  }
  if (from > now) {
    throw badCertificate(
      `${name} is not valid before ${new Date(from).toISOString()}; check the clock of this machine`,
    );
  }
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < SMALLEST_RSA_BITS) {
    throw badCertificate(
      `${name} has an RSA key of ${bits} bits, wanted at least ${SMALLEST_RSA_BITS}; better: EC P-256`,
    );
  }
  // Nobody checks the signature a root made on itself.
  if (certificate.checkIssued(certificate)) return;
  const algorithm = signatureAlgorithm(certificate.raw);
  if (!isStrongSignature(algorithm)) {
    throw badCertificate(
      `${name} is signed with ${algorithm}, which can be forged; have it issued anew with SHA-256 (-md sha256)`,
    );
  }
}

function keyOf(certificate: X509Certificate): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'rsa' || type === 'rsa-pss') return 'RSA';
  if (type === 'ed25519') return 'Ed25519';
  if (type === 'ec') return CURVES[details?.namedCurve ?? ''] ?? `EC ${details?.namedCurve}`;
  return type ?? 'unknown';
}

function checkNames({ name, certificate }: NamedCertificate, hosts: readonly string[]): void {
  for (const host of hosts) {
    const found = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
    if (found !== undefined) continue;
    throw badCertificate(
      `${name} is not for "${host}" but for ${certificate.subjectAltName ?? 'no name'}; issue one that names it`,
    );
  }
}

/** Refuses a leaf that its peers would refuse, or that promises what it must not. */
export function checkLeaf(leaf: NamedCertificate, needs: CertificateNeeds): void {
  const { name, certificate } = leaf;
  const { purpose, keys, profile } = needs;
  if (certificate.ca) {
    throw badCertificate(`${name} is a CA certificate; issue a leaf from it and use that`);
  }
  // Node's `keyUsage` holds the extended key usage's identifiers.
  const usages = certificate.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(EXTENDED_KEY_USAGE[purpose])) {
    throw badCertificate(
      `${name} is not for ${purpose} use; issue one with extendedKeyUsage ${PURPOSE_NAME[purpose]}`,
    );
  }
  if (purpose === 'server' && certificate.subjectAltName === undefined) {
    throw badCertificate(
      `${name} has no subject alternative name, and clients ignore the common name; add DNS or IP names`,
    );
  }
  checkNames(leaf, needs.hosts ?? []);
  const key = keyOf(certificate);
  if (!keys.some((allowed) => allowed === key)) {
    throw badCertificate(
      `${name} has a key of kind ${key}; profile "${profile}" takes ${keys.join(', ')}: issue one with EC P-256`,
    );
  }
}

/** What is no reason to refuse a certificate today, but wants doing. */
export function warningsOf(
  { name, certificate }: NamedCertificate,
  now: number,
): readonly string[] {
  const [from, to] = [startOf(certificate), endOf(certificate)];
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  return [
    ...(to - now < (to - from) / 3
      ? [`${name} expires in ${days(to - now)} (${dayOf(to)}); renew it`]
      : []),
    ...(bits !== undefined && bits < COMFORTABLE_RSA_BITS
      ? [
          `${name} has an RSA key of ${bits} bits; ${COMFORTABLE_RSA_BITS} or EC P-256 would be better`,
        ]
      : []),
  ];
}
