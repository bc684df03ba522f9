import { X509Certificate } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { checkText } from '../core/options.ts';
import { readPemFile, splitCertificates } from './pem-source.ts';

/**
 * Reads CA certificates to trust, from a file or from PEM text.
 *
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` when there is none, or one cannot be parsed.
 */
export function loadTrust(
  where: string,
  source: { readonly file: string } | { readonly pem: string },
): readonly string[] {
  const fromFile = 'file' in source;
  const name = fromFile ? `${where}File "${source.file}"` : where;
  const pem = fromFile ? readPemFile(`${where}File`, source.file) : checkText(where, source.pem);
  const certificates = splitCertificates(pem);
  if (certificates.length === 0) {
    throw new ConfigError('ERR_CERTIFICATE_INVALID', `${name} holds no PEM certificate`);
  }
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw new ConfigError(
        'ERR_CERTIFICATE_INVALID',
        `${name} holds a certificate that cannot be parsed`,
        {
          cause,
        },
      );
    }
  }
  return certificates;
}
