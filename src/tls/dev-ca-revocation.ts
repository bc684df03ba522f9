import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { loadRevocationLists } from './crl.ts';
import { CONFIGURATION, openssl, type Workshop } from './dev-ca-workshop.ts';
import { splitCertificates } from './pem-source.ts';

/** Why a certificate is revoked (RFC 5280 section 5.3.1). */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'superseded'
  | 'cessationOfOperation';

/** The reasons there are. */
export const REVOCATION_REASONS: readonly RevocationReason[] = [
  'unspecified',
  'keyCompromise',
  'superseded',
  'cessationOfOperation',
];

/** The file with the lists of both CAs: what `clientCrlFile` takes. */
const crlFileOf = (shop: Workshop): string => join(shop.directory, 'crl.pem');

/** Writes the lists of root and issuing CA into one file, replaced as a whole. */
export async function writeLists(shop: Workshop): Promise<string> {
  const lists: string[] = [];
  for (const ca of ['issuing', 'root']) {
    const folder = join(shop.directory, ca);
    const args = ['-gencrl', '-config', CONFIGURATION, '-name', `${ca}_ca`, '-out', 'crl.new'];
    await openssl(shop, folder, shop.serverNames, ['ca', ...args]);
    lists.push(await readFile(join(folder, 'crl.new'), 'utf8'));
    await rm(join(folder, 'crl.new'));
  }
  const file = crlFileOf(shop);
  await writeFile(`${file}.new`, lists.join(''));
  await rename(`${file}.new`, file);
  shop.report(`made ${file}`);
  return file;
}

/** Writes new lists when there are some in the second half of their life. */
export async function renewLists(shop: Workshop): Promise<void> {
  const file = crlFileOf(shop);
  if (!existsSync(file)) return;
  const authorities = await Promise.all(
    ['issuing', 'root'].map((ca) => readFile(join(shop.directory, ca, 'ca.pem'), 'utf8')),
  );
  try {
    const { thisUpdate, nextUpdate } = loadRevocationLists(
      'crl',
      { file },
      authorities,
      Date.now(),
    );
    if (nextUpdate - Date.now() > (nextUpdate - thisUpdate) / 2) return;
  } catch {
    // Ended or spoilt: it is made anew from the index, which knows what is revoked.
  }
  await writeLists(shop);
}

/** Marks a certificate of the issuing CA as revoked. One that is revoked already stays so. */
export async function markRevoked(
  shop: Workshop,
  certFile: string,
  reason: RevocationReason,
): Promise<void> {
  const [leaf] = splitCertificates(await readFile(certFile, 'utf8'));
  if (leaf === undefined) {
    throw new ConfigError('ERR_CERTIFICATE_INVALID', `"${certFile}" holds no PEM certificate`);
  }
  const folder = join(shop.directory, 'issuing');
  // openssl would note down a stranger's certificate without a word.
  const issuer = new X509Certificate(await readFile(join(folder, 'ca.pem')));
  if (!new X509Certificate(leaf).checkIssued(issuer)) {
    throw new ConfigError(
      'ERR_CERTIFICATE_INVALID',
      `"${certFile}" was not issued by the CA in "${shop.directory}"; give one of its certificates`,
    );
  }
  await writeFile(join(folder, 'revoke.pem'), leaf);
  const args = ['-revoke', 'revoke.pem', '-crl_reason', reason, '-config', CONFIGURATION];
  try {
    await openssl(shop, folder, shop.serverNames, ['ca', ...args, '-name', 'issuing_ca']);
  } catch (error) {
    if (error instanceof ConfigError && /already revoked/i.test(error.message)) return;
    throw error;
  } finally {
    await rm(join(folder, 'revoke.pem'), { force: true });
  }
  shop.report(`revoked ${certFile}`);
}
