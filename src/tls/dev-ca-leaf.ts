import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { CONFIGURATION, DAYS, makeKey, openssl, type Workshop } from './dev-ca-workshop.ts';
import { isIpAddress } from './host-names.ts';
import { splitCertificates } from './pem-source.ts';

const DAY_MS = 86_400_000;

/** Why a leaf must be issued anew, or `undefined` when it still serves. */
async function staleness(
  shop: Workshop,
  certFile: string,
  lifeDays: number,
  hosts: readonly string[],
): Promise<string | undefined> {
  if (!existsSync(certFile)) return 'missing';
  const [pem] = splitCertificates(await readFile(certFile, 'utf8'));
  const [issuerPem = ''] = splitCertificates(
    await readFile(join(shop.directory, 'issuing', 'ca.pem'), 'utf8'),
  );
  if (pem === undefined) return 'unreadable';
  const leaf = new X509Certificate(pem);
  if (!leaf.checkIssued(new X509Certificate(issuerPem))) {
    throw new ConfigError(
      'ERR_FILE_EXISTS',
      `"${certFile}" was not issued by the CA beside it and is not overwritten; move it away, or choose another folder`,
    );
  }
  if (Date.parse(leaf.validTo) - Date.now() < (lifeDays * DAY_MS) / 3) return 'near its end';
  const named = hosts.every((host) =>
    isIpAddress(host) ? leaf.checkIP(host) !== undefined : leaf.checkHost(host) !== undefined,
  );
  return named ? undefined : 'without all names';
}

/** The issuing CA signs only for the names it was made with, and openssl issues a certificate outside them all the same. */
async function checkConstraints(
  shop: Workshop,
  folder: string,
  name: string,
  certFile: string,
): Promise<void> {
  const root = join(shop.directory, 'root', 'ca.pem');
  try {
    await openssl(shop, folder, shop.serverNames, [
      'verify',
      '-x509_strict',
      '-CAfile',
      root,
      '-untrusted',
      'ca.pem',
      `${name}.pem`,
    ]);
  } catch (cause) {
    throw new ConfigError(
      'ERR_FILE_EXISTS',
      `the CA in "${shop.directory}" was made for other names and may not sign "${certFile}"; choose another folder for these hosts`,
      { cause },
    );
  }
}

/** A leaf to be made. */
export interface Leaf {
  /** Of its files: `<name>.pem` and `<name>.key`. */
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** As OpenSSL writes them in a subject alternative name. */
  readonly names: string;
  /** Names and addresses that the certificate must hold to be still of use. */
  readonly hosts: readonly string[];
}

/** Where a leaf is. */
export interface LeafFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Issues a leaf where it is missing, near its end or without a name. */
export async function makeLeaf(
  shop: Workshop,
  { name, kind, names, hosts }: Leaf,
): Promise<LeafFiles> {
  const certFile = join(shop.directory, `${name}.pem`);
  const keyFile = join(shop.directory, `${name}.key`);
  const reason = await staleness(shop, certFile, DAYS[kind], hosts);
  if (reason === undefined && existsSync(keyFile)) return { certFile, keyFile };
  const folder = join(shop.directory, 'issuing');
  if (!existsSync(keyFile)) {
    await makeKey(shop, folder, `${name}.key.new`);
    await rename(join(folder, `${name}.key.new`), keyFile);
  }
  await openssl(shop, folder, names, [
    'req',
    '-new',
    '-key',
    keyFile,
    '-config',
    CONFIGURATION,
    '-subj',
    '/',
    '-out',
    `${name}.csr`,
  ]);
  await openssl(shop, folder, names, [
    'ca',
    '-batch',
    '-notext',
    '-config',
    CONFIGURATION,
    '-name',
    'issuing_ca',
    '-extensions',
    `${kind}_leaf`,
    '-days',
    String(DAYS[kind]),
    '-in',
    `${name}.csr`,
    '-out',
    `${name}.pem`,
  ]);
  await checkConstraints(shop, folder, name, certFile);
  const chain = await Promise.all([
    readFile(join(folder, `${name}.pem`), 'utf8'),
    readFile(join(folder, 'ca.pem'), 'utf8'),
  ]);
  // Whole or not at all: a server that reads meanwhile must not see half a chain.
  await writeFile(`${certFile}.new`, chain.join(''));
  await rename(`${certFile}.new`, certFile);
  await Promise.all(
    ['csr', 'pem'].map((end) => rm(join(folder, `${name}.${end}`), { force: true })),
  );
  shop.report(`made ${certFile} (${reason ?? 'its key was missing'}; valid ${DAYS[kind]} days)`);
  return { certFile, keyFile };
}
