import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../core/secret.ts';
import { checkHostName, isIpAddress } from './host-names.ts';
import { checkOpenssl, runOpenssl } from './openssl.ts';

/** What a self-signed certificate is to be. */
export interface SelfSignedOptions {
  /** Letters, digits, space, dot and hyphen. */
  readonly commonName: string;
  /** DNS names and IP addresses it is for. */
  readonly hosts: readonly string[];
  readonly key: 'ec-p256' | 'rsa-2048';
  /** Life in days. */
  readonly days: number;
}

/** A certificate and its key, PEM, in memory alone. */
export interface SelfSignedCertificate {
  readonly cert: string;
  readonly key: Secret;
}

const KEY_ARGUMENTS = {
  'ec-p256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'rsa-2048': ['-newkey', 'rsa:2048'],
} as const;

/**
 * Makes a self-signed leaf certificate (CA:FALSE) with the openssl command. Trusting it means trusting this one
 * certificate and nothing it could sign, because it can sign nothing.
 *
 * @throws ConfigError `ERR_OPENSSL_UNUSABLE` without OpenSSL 3, `ERR_OPTION_INVALID` for a host that is no name.
 */
export async function createSelfSignedCertificate(
  options: SelfSignedOptions,
): Promise<SelfSignedCertificate> {
  await checkOpenssl();
  const names = options.hosts.map((host) =>
    isIpAddress(host) ? `IP:${host}` : `DNS:${checkHostName('hosts', host)}`,
  );
  const commonName = options.commonName.replace(/[^A-Za-z0-9 .-]/g, '-');
  // mkdtemp makes the folder 0700; the key is removed with it even when openssl fails half-way.
  const directory = await mkdtemp(join(tmpdir(), 'grpc-entra-'));
  try {
    await runOpenssl(
      [
        'req',
        '-x509',
        '-sha256',
        '-noenc',
        ...KEY_ARGUMENTS[options.key],
        '-keyout',
        'key.pem',
        '-out',
        'cert.pem',
        '-days',
        String(options.days),
        '-subj',
        `/CN=${commonName}`,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
        '-addext',
        'keyUsage=critical,digitalSignature',
        '-addext',
        'extendedKeyUsage=serverAuth',
        ...(names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`]),
      ],
      { cwd: directory },
    );
    const [cert, key] = await Promise.all([
      readFile(join(directory, 'cert.pem'), 'utf8'),
      readFile(join(directory, 'key.pem'), 'utf8'),
    ]);
    return { cert, key: new Secret(key) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
