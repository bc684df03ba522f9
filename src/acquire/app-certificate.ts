import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { checkString, checkText } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import { checkKeyFile } from '../tls/key-file.ts';
import { splitCertificates } from '../tls/pem-source.ts';

/** A certificate with its key: in two files, in one, or as PEM text. */
export type CertificateSource =
  | { readonly certFile: string; readonly keyFile: string }
  | { readonly pemFile: string }
  | { readonly cert: string; readonly key: string | Secret };

/** Names of {@link CertificateSource}. */
export const CERTIFICATE_OPTIONS: readonly string[] = [
  'certFile',
  'keyFile',
  'pemFile',
  'cert',
  'key',
];

/** A certificate that was registered for the application, and what assertions say of it. */
export interface AppCertificate {
  readonly key: KeyObject;
  /** Thumbprints, base64url. */
  readonly sha1: string;
  readonly sha256: string;
  /** Leaf and issuers, base64 DER (RFC 7515 section 4.1.6). */
  readonly chain: readonly string[];
  /** When it ends, milliseconds since the epoch. */
  readonly expiresAt: number;
}

const SMALLEST_RSA_BITS = 2048;
const MONTH_MS = 30 * 86_400_000;

const bad = (message: string, cause?: unknown): ConfigError =>
  new ConfigError('ERR_CERTIFICATE_INVALID', message, { cause });

interface Texts {
  readonly certName: string;
  readonly keyName: string;
  readonly cert: string;
  readonly key: string;
}

function read(where: string, file: unknown): string {
  const path = checkString(where, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      'ERR_FILE_UNREADABLE',
      `${where} "${path}" cannot be read; check that the file exists and that this user may read it`,
      { cause },
    );
  }
}

function textsOf(where: string, source: CertificateSource): Texts {
  if ('pemFile' in source) {
    const name = `${where} pemFile "${source.pemFile}"`;
    checkKeyFile(`${where} pemFile`, source.pemFile);
    const pem = read(`${where} pemFile`, source.pemFile);
    return { certName: name, keyName: name, cert: pem, key: pem };
  }
  if ('certFile' in source) {
    checkKeyFile(`${where} keyFile`, source.keyFile);
    return {
      certName: `${where} certFile "${source.certFile}"`,
      keyName: `${where} keyFile "${source.keyFile}"`,
      cert: read(`${where} certFile`, source.certFile),
      key: read(`${where} keyFile`, source.keyFile),
    };
  }
  const key = source.key instanceof Secret ? source.key.reveal() : source.key;
  return {
    certName: `${where} cert`,
    keyName: `${where} key`,
    cert: checkText(`${where} cert`, source.cert),
    key: checkText(`${where} key`, key),
  };
}

function parseKey({ key, keyName }: Texts): KeyObject {
  let parsed: KeyObject;
  try {
    parsed = createPrivateKey(key);
  } catch (cause) {
    const encrypted = key.includes('ENCRYPTED');
    throw bad(
      `${keyName} ${encrypted ? 'is encrypted; decrypt it with "openssl pkey"' : 'holds no PEM private key'}`,
      cause,
    );
  }
  if (parsed.asymmetricKeyType !== 'rsa') {
    throw bad(`${keyName} is no RSA key; Entra takes assertions of RSA keys only (PS256)`);
  }
  const bits = parsed.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < SMALLEST_RSA_BITS) {
    throw bad(`${keyName} has ${bits} bits, wanted at least ${SMALLEST_RSA_BITS}`);
  }
  return parsed;
}

/**
 * Reads the certificate of an application and checks it: a certificate, its RSA key of 2048 bits or more, not expired.
 *
 * @param now - Wall-clock milliseconds.
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` or `ERR_FILE_UNREADABLE` naming the file and the remedy.
 */
export function loadAppCertificate(
  where: string,
  source: CertificateSource,
  now: number,
): AppCertificate {
  const texts = textsOf(where, source);
  let certificates: readonly X509Certificate[];
  try {
    certificates = splitCertificates(texts.cert).map((pem) => new X509Certificate(pem));
  } catch (cause) {
    throw bad(`${texts.certName} cannot be parsed as a certificate`, cause);
  }
  const [leaf] = certificates;
  if (leaf === undefined) throw bad(`${texts.certName} holds no PEM certificate`);
  const key = parseKey(texts);
  if (!leaf.checkPrivateKey(key)) {
    throw bad(`${texts.keyName} does not belong to ${texts.certName}`);
  }
  const expiresAt = Date.parse(leaf.validTo);
  if (expiresAt <= now) {
    throw bad(
      `${texts.certName} expired on ${new Date(expiresAt).toISOString()}; register a new one with the application`,
    );
  }
  const thumbprint = (algorithm: string): string =>
    createHash(algorithm).update(leaf.raw).digest('base64url');
  return Object.freeze({
    key,
    sha1: thumbprint('sha1'),
    sha256: thumbprint('sha256'),
    chain: certificates.map(({ raw }) => raw.toString('base64')),
    expiresAt,
  });
}

/**
 * The certificate of an application, read anew for each token request so that a rotated one comes into use. While a file
 * is half written or spoilt, the last good one serves (rule C16).
 */
export class AppCertificateReader {
  readonly #where: string;
  readonly #source: CertificateSource;
  readonly #now: () => number;
  readonly #logger: Logger;
  #good: AppCertificate;
  #warned = '';

  constructor(where: string, source: CertificateSource, now: () => number, logger: Logger) {
    this.#where = where;
    this.#source = source;
    this.#now = now;
    this.#logger = logger;
    this.#good = loadAppCertificate(where, source, now());
  }

  /** The certificate to use now. */
  current(): AppCertificate {
    try {
      this.#good = loadAppCertificate(this.#where, this.#source, this.#now());
    } catch (error) {
      this.#warnOnce('the certificate cannot be read; the last good one serves', {
        error: error instanceof Error ? error.message : 'unknown',
      });
      return this.#good;
    }
    if (this.#good.expiresAt - this.#now() < MONTH_MS) {
      this.#warnOnce('the certificate of the application nears its end; register a new one', {
        expiresAt: new Date(this.#good.expiresAt).toISOString(),
      });
    } else this.#warned = '';
    return this.#good;
  }

  #warnOnce(message: string, fields: Readonly<Record<string, string>>): void {
    if (this.#warned === message) return;
    this.#warned = message;
    this.#logger.warn(message, fields);
  }
}
