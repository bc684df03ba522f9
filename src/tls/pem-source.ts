import { readFileSync } from 'node:fs';
import { ConfigError } from '../core/errors.ts';
import { checkString } from '../core/options.ts';
import { Secret } from '../core/secret.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Reads a PEM file.
 *
 * @throws ConfigError `ERR_FILE_UNREADABLE` naming file and option.
 */
export function readPemFile(where: string, file: unknown): string {
  const path = checkString(where, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new ConfigError(
      'ERR_FILE_UNREADABLE',
      `${where} "${path}" cannot be read${code}; check the path, or make development certificates with "npm run certs"`,
      { cause },
    );
  }
}

/** The certificates of a PEM text, one string each. */
export function splitCertificates(pem: string): readonly string[] {
  return pem.match(CERTIFICATE) ?? [];
}

/** The text of a key given as text or as a secret. */
export function revealKey(key: string | Secret): string {
  return key instanceof Secret ? key.reveal() : key;
}
