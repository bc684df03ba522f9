import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../core/errors.ts';
import { checkHostName, isIpAddress } from './host-names.ts';
import { runOpenssl } from './openssl.ts';
import { splitCertificates } from './pem-source.ts';

/** Zone of client names, and of the SPIFFE ids in them. */
export const CLIENT_ZONE = 'dev.grpc-entra.internal';
const DAYS = { root: 3650, issuing: 730, server: 30, client: 7 } as const;
const DAY_MS = 86_400_000;
const CONFIGURATION = fileURLToPath(new URL('../../certs/openssl.cnf', import.meta.url));

/** Where certificates are made, and for whom. */
export interface Workshop {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly serverNames: string;
  readonly report: (line: string) => void;
}

/** Names as OpenSSL writes them in a subject alternative name. */
export function altNames(hosts: readonly string[]): readonly string[] {
  return hosts.map((host) =>
    isIpAddress(host) ? `IP:${host}` : `DNS:${checkHostName('hosts', host)}`,
  );
}

/** Every name the issuing CA may sign for. Addresses are given with a mask, loopback as a whole. */
export function permittedNames(hosts: readonly string[]): string {
  const networks = hosts.map((host) => {
    if (!isIpAddress(host)) return `DNS:${checkHostName('hosts', host)}`;
    if (host.startsWith('127.')) return 'IP:127.0.0.0/255.0.0.0';
    const mask = host.includes(':') ? 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' : '255.255.255.255';
    return `IP:${host}/${mask}`;
  });
  return [
    ...new Set([...networks, `DNS:${CLIENT_ZONE}`, `DNS:.${CLIENT_ZONE}`, `URI:${CLIENT_ZONE}`]),
  ]
    .map((name) => `permitted;${name}`)
    .join(',');
}

async function openssl(
  shop: Workshop,
  cwd: string,
  names: string,
  args: readonly string[],
): Promise<void> {
  await runOpenssl(args, { cwd, env: { ...shop.env, GRPC_ENTRA_SAN: names } });
}

async function makeKey(shop: Workshop, cwd: string, file: string): Promise<void> {
  // Written by a process whose umask lets nobody else read it: openssl creates key files with mode 0600.
  await openssl(shop, cwd, shop.serverNames, [
    'genpkey',
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-out',
    file,
  ]);
}

/** Lays out a CA's folder: issued certificates and an index, so that revocation works from day one. */
async function makeCaFolder(folder: string): Promise<void> {
  await mkdir(join(folder, 'issued'), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'index.txt'), '');
  await writeFile(join(folder, 'crlnumber'), '01\n');
}

/**
 * Makes a CA in a folder of its own and moves the folder into place when it is complete, so that a run that is cut
 * off leaves no half-made CA.
 */
async function makeCa(
  shop: Workshop,
  name: string,
  sign: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = join(shop.directory, name);
  if (existsSync(join(folder, 'ca.key'))) return;
  const unfinished = join(shop.directory, `.${name}-unfinished`);
  // Of a run that was cut off.
  await rm(unfinished, { recursive: true, force: true });
  try {
    await makeCaFolder(unfinished);
    await makeKey(shop, unfinished, 'ca.key');
    await sign(unfinished);
    await rename(unfinished, folder);
    shop.report(`made ${join(folder, 'ca.pem')}`);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Makes the root and the issuing CA, where they are missing. */
export async function makeCas(shop: Workshop): Promise<void> {
  await makeCa(shop, 'root', (folder) =>
    openssl(shop, folder, shop.serverNames, [
      'req',
      '-x509',
      '-new',
      '-key',
      'ca.key',
      '-config',
      CONFIGURATION,
      '-extensions',
      'root_extensions',
      '-subj',
      '/O=grpc-entra development/CN=grpc-entra development root',
      '-days',
      String(DAYS.root),
      '-out',
      'ca.pem',
    ]),
  );
  await makeCa(shop, 'issuing', async (folder) => {
    await openssl(shop, folder, shop.serverNames, [
      'req',
      '-new',
      '-key',
      'ca.key',
      '-config',
      CONFIGURATION,
      '-subj',
      '/O=grpc-entra development/CN=grpc-entra development issuing CA',
      '-out',
      'ca.csr',
    ]);
    await openssl(shop, join(shop.directory, 'root'), shop.serverNames, [
      'ca',
      '-batch',
      '-notext',
      '-config',
      CONFIGURATION,
      '-name',
      'root_ca',
      '-extensions',
      'issuing_extensions',
      '-days',
      String(DAYS.issuing),
      '-in',
      join(folder, 'ca.csr'),
      '-out',
      join(folder, 'ca.pem'),
    ]);
  });
}

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
  kind: string,
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
      `${kind}.pem`,
    ]);
  } catch (cause) {
    throw new ConfigError(
      'ERR_FILE_EXISTS',
      `the CA in "${shop.directory}" was made for other names and may not sign "${certFile}"; choose another folder for these hosts`,
      { cause },
    );
  }
}

/** Issues a leaf where it is missing, near its end or without a name. */
export async function makeLeaf(
  shop: Workshop,
  kind: 'server' | 'client',
  names: string,
  hosts: readonly string[],
): Promise<void> {
  const certFile = join(shop.directory, `${kind}.pem`);
  const keyFile = join(shop.directory, `${kind}.key`);
  const reason = await staleness(shop, certFile, DAYS[kind], hosts);
  if (reason === undefined && existsSync(keyFile)) return;
  const folder = join(shop.directory, 'issuing');
  if (!existsSync(keyFile)) {
    await makeKey(shop, folder, `${kind}.key.new`);
    await rename(join(folder, `${kind}.key.new`), keyFile);
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
    `${kind}.csr`,
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
    `${kind}.csr`,
    '-out',
    `${kind}.pem`,
  ]);
  await checkConstraints(shop, folder, kind, certFile);
  const chain = await Promise.all([
    readFile(join(folder, `${kind}.pem`), 'utf8'),
    readFile(join(folder, 'ca.pem'), 'utf8'),
  ]);
  // Whole or not at all: a server that reads meanwhile must not see half a chain.
  await writeFile(`${certFile}.new`, chain.join(''));
  await rename(`${certFile}.new`, certFile);
  await Promise.all(
    ['csr', 'pem'].map((end) => rm(join(folder, `${kind}.${end}`), { force: true })),
  );
  shop.report(`made ${certFile} (${reason ?? 'its key was missing'}; valid ${DAYS[kind]} days)`);
}
