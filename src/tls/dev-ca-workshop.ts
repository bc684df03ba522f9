import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkHostName, isIpAddress } from './host-names.ts';
import { runOpenssl } from './openssl.ts';

/** Zone of client names, and of the SPIFFE ids in them. */
export const CLIENT_ZONE = 'dev.grpc-entra.internal';
/** Life of what is made, days. */
export const DAYS = { root: 3650, issuing: 730, server: 30, client: 7 } as const;
/** The configuration that ships with the package. */
export const CONFIGURATION: string = fileURLToPath(
  new URL('../../certs/openssl.cnf', import.meta.url),
);

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

/** Runs openssl in the folder of a CA, with the variables that the configuration asks for. */
export async function openssl(
  shop: Workshop,
  cwd: string,
  names: string,
  args: readonly string[],
): Promise<void> {
  await runOpenssl(args, { cwd, env: { ...shop.env, GRPC_ENTRA_SAN: names } });
}

/** Makes an EC P-256 key. */
export async function makeKey(shop: Workshop, cwd: string, file: string): Promise<void> {
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
