import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import { checkString } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import { readPemFile, revealKey, splitCertificates } from './pem-source.ts';

/** A certificate with its chain, leaf first, and its key: as files, or as PEM text. */
export type IdentityOptions =
  | { readonly certFile: string; readonly keyFile: string }
  | { readonly cert: string; readonly key: string | Secret };

/** Names of {@link IdentityOptions}. */
export const IDENTITY_OPTIONS: readonly string[] = ['certFile', 'keyFile', 'cert', 'key'];

/** A certificate and key that fit each other and may be used. */
export interface Identity {
  readonly cert: string;
  readonly key: Secret;
  readonly leaf: X509Certificate;
}

/** What a certificate is for; the extended key usage must allow it. */
export type IdentityPurpose = 'server' | 'client';

const EXTENDED_KEY_USAGE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
const PURPOSE_NAME = { server: 'serverAuth', client: 'clientAuth' } as const;
const SMALLEST_RSA_BITS = 2048;

interface Material {
  readonly certName: string;
  readonly keyName: string;
  readonly cert: string;
  readonly key: string;
}

function bad(message: string, cause?: unknown): ConfigError {
  return new ConfigError('ERR_CERTIFICATE_INVALID', message, { cause });
}

function readMaterial(where: string, options: IdentityOptions): Material {
  if ('certFile' in options) {
    checkKeyMode(`${where}.keyFile`, options.keyFile);
    return {
      certName: `${where}.certFile "${options.certFile}"`,
      keyName: `${where}.keyFile "${options.keyFile}"`,
      cert: readPemFile(`${where}.certFile`, options.certFile),
      key: readPemFile(`${where}.keyFile`, options.keyFile),
    };
  }
  return {
    certName: `${where}.cert`,
    keyName: `${where}.key`,
    cert: checkString(`${where}.cert`, options.cert?.trim()),
    key: checkString(`${where}.key`, revealKey(options.key)?.trim()),
  };
}

/** A key that others on the machine can read is not a secret. */
function checkKeyMode(where: string, file: unknown): void {
  if (process.platform === 'win32' || typeof file !== 'string') return;
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || (stat.mode & 0o077) === 0) return;
  throw bad(
    `${where} "${file}" can be read by others (mode ${(stat.mode & 0o777).toString(8)}); run: chmod 600 "${file}"`,
  );
}

function parseLeaf(material: Material): X509Certificate {
  const [first] = splitCertificates(material.cert);
  if (first === undefined) {
    const swapped = material.cert.includes('PRIVATE KEY');
    throw bad(
      `${material.certName} holds no PEM certificate${swapped ? ' but a private key; are the two swapped?' : ''}`,
    );
  }
  try {
    return new X509Certificate(first);
  } catch (cause) {
    throw bad(`${material.certName} cannot be parsed as a certificate`, cause);
  }
}

function parseKey(material: Material): KeyObject {
  try {
    return createPrivateKey(material.key);
  } catch (cause) {
    const encrypted = material.key.includes('ENCRYPTED');
    throw bad(
      `${material.keyName} ${encrypted ? 'is encrypted; decrypt it with "openssl pkey"' : 'holds no PEM private key'}`,
      cause,
    );
  }
}

function checkUsable(
  name: string,
  leaf: X509Certificate,
  purpose: IdentityPurpose,
  now: number,
): void {
  if (Date.parse(leaf.validTo) <= now) {
    throw bad(
      `${name} expired on ${new Date(leaf.validTo).toISOString()}; renew it (for development: npm run certs)`,
    );
  }
  if (Date.parse(leaf.validFrom) > now) {
    throw bad(
      `${name} is not valid before ${new Date(leaf.validFrom).toISOString()}; check the clock of this machine`,
    );
  }
  if (leaf.ca) throw bad(`${name} is a CA certificate; issue a leaf from it and use that`);
  // Node's `keyUsage` holds the extended key usage's identifiers.
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(EXTENDED_KEY_USAGE[purpose])) {
    throw bad(
      `${name} is not for ${purpose} use; issue one with extendedKeyUsage ${PURPOSE_NAME[purpose]}`,
    );
  }
  if (purpose === 'server' && leaf.subjectAltName === undefined) {
    throw bad(
      `${name} has no subject alternative name, and clients ignore the common name; add DNS or IP names`,
    );
  }
  const bits = leaf.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < SMALLEST_RSA_BITS) {
    throw bad(
      `${name} has an RSA key of ${bits} bits, wanted at least ${SMALLEST_RSA_BITS}; better: EC P-256`,
    );
  }
}

/**
 * Loads a certificate and key and checks that they can and may be used: dates, match, purpose, names, key size,
 * file mode.
 *
 * @param now - Wall-clock milliseconds.
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` or `ERR_FILE_UNREADABLE` naming the file and the remedy.
 */
export function loadIdentity(
  where: string,
  options: IdentityOptions,
  purpose: IdentityPurpose,
  now: number,
): Identity {
  const material = readMaterial(where, options);
  const leaf = parseLeaf(material);
  const key = parseKey(material);
  checkUsable(material.certName, leaf, purpose, now);
  if (!leaf.checkPrivateKey(key)) {
    throw bad(
      `${material.keyName} does not belong to ${material.certName}; give the key it was issued for`,
    );
  }
  return Object.freeze({ cert: material.cert, key: new Secret(material.key), leaf });
}

/** An identity as context options. */
export function identityContextOptions(identity: Identity): SecureContextOptions {
  return { cert: identity.cert, key: identity.key.reveal() };
}
