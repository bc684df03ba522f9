import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { checkString } from '../core/options.ts';

/** A certificate registered for an application. */
export interface AppCertificate {
  readonly publicKey: KeyObject;
  /** Thumbprint as `x5t`, 20 bytes. */
  readonly sha1: Buffer;
  /** Thumbprint as `x5t#S256`, 32 bytes. */
  readonly sha256: Buffer;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

const invalid = (message: string, cause?: unknown): ConfigError =>
  new ConfigError('ERR_CERTIFICATE_INVALID', message, { cause });

function parse(where: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw invalid(`${where}: cannot be read; give the PEM text of one certificate`, cause);
  }
}

/**
 * Resolves a certificate for assertions, with the demands Entra makes.
 *
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` for text that is no certificate or comes with its private key, and
 * for keys other than RSA of at least 2048 bits.
 */
export function resolveAppCertificate(where: string, pem: string): AppCertificate {
  const text = checkString(where, typeof pem === 'string' ? pem.trim() : pem);
  if (text.includes('PRIVATE KEY')) {
    throw invalid(
      `${where}: holds a private key, which stays with the application; give the certificate alone`,
    );
  }
  const certificate = parse(where, text);
  const { publicKey } = certificate;
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== 'rsa' || bits < 2048) {
    throw invalid(
      `${where}: has a key of type ${publicKey.asymmetricKeyType}${bits === 0 ? '' : `, ${bits} bits`}; ` +
        'Entra takes RSA keys of at least 2048 bits for assertions',
    );
  }
  const digest = (algorithm: string): Buffer =>
    createHash(algorithm).update(certificate.raw).digest();
  return Object.freeze({
    publicKey,
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  });
}
