import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { checkChoice, checkString } from '../core/options.ts';
import { type Leaf, type LeafFiles, makeLeaf } from './dev-ca-leaf.ts';
import {
  markRevoked,
  REVOCATION_REASONS,
  type RevocationReason,
  renewLists,
  writeLists,
} from './dev-ca-revocation.ts';
import {
  altNames,
  CLIENT_ZONE,
  makeCas,
  permittedNames,
  type Workshop,
} from './dev-ca-workshop.ts';
import { withFolderLock } from './folder-lock.ts';
import { checkHostName } from './host-names.ts';
import { checkOpenssl } from './openssl.ts';

/** Where a development CA is, and who hears of what is done. */
export interface DevelopmentCaOptions {
  /** Folder for everything that is made; created with mode 0700. */
  readonly directory: string;
  /** Receives one line for each file that is made. */
  readonly report?: (line: string) => void;
}

/** Options of {@link createDevelopmentCertificates}. */
export interface DevelopmentCertificatesOptions extends DevelopmentCaOptions {
  /** Names and addresses of the server. Default: `localhost`, `127.0.0.1`, `::1`. */
  readonly hosts?: readonly string[];
}

/** Paths of what a server and its clients need. */
export interface DevelopmentCertificates {
  /** The root: what clients and servers trust. */
  readonly caFile: string;
  /** Server certificate followed by its issuing CA. */
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  /** Client certificate followed by its issuing CA. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

const LOCAL_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/**
 * Makes what is missing of a development CA and of server and client certificates, with the openssl command.
 *
 * Safe to repeat: keys and CAs are never overwritten; leafs are issued anew for the same key when a third of their
 * life is left, and revocation lists, where there are some, in the second half of theirs. EC P-256 throughout; keys have mode 0600.
 *
 * @throws ConfigError `ERR_OPENSSL_UNUSABLE` without OpenSSL 3, `ERR_FILE_EXISTS` when a foreign certificate is in
 * the way, `ERR_OPTION_INVALID` for a host that is no name or address.
 */
export async function createDevelopmentCertificates(
  options: DevelopmentCertificatesOptions,
): Promise<DevelopmentCertificates> {
  const hosts = options.hosts ?? LOCAL_HOSTS;
  const serverNames = altNames(hosts).join(',');
  return inWorkshop(options, hosts, async (shop) => {
    const caFile = join(shop.directory, 'ca.pem');
    if (existsSync(caFile) && !existsSync(join(shop.directory, 'root'))) {
      throw new ConfigError(
        'ERR_FILE_EXISTS',
        `"${caFile}" is not of this tool and is not overwritten; move it away, or choose another folder`,
      );
    }
    await makeCas(shop);
    if (!existsSync(caFile)) await copyFile(join(shop.directory, 'root', 'ca.pem'), caFile);
    const server = await makeLeaf(shop, {
      name: 'server',
      kind: 'server',
      names: serverNames,
      hosts,
    });
    const client = await makeLeaf(shop, clientLeaf('client'));
    await renewLists(shop);
    return {
      caFile,
      serverCertFile: server.certFile,
      serverKeyFile: server.keyFile,
      clientCertFile: client.certFile,
      clientKeyFile: client.keyFile,
    };
  });
}

/** A client certificate and its key. */
export type ClientCertificateFiles = LeafFiles;

/**
 * Makes a further client certificate of a development CA, or renews it in the last third of its life.
 *
 * @param name - Of its files, of its SPIFFE id `spiffe://dev.grpc-entra.internal/NAME` and of its DNS name.
 * @throws ConfigError `ERR_OPTION_INVALID` for a name that is none, `ERR_FILE_UNREADABLE` without a CA there.
 */
export async function issueClientCertificate(
  options: DevelopmentCaOptions & { readonly name: string },
): Promise<ClientCertificateFiles> {
  const name = checkHostName('name', options.name);
  if (RESERVED.includes(name)) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `name "${name}" is taken; choose one for the client`,
    );
  }
  return inExisting(options, (shop) => makeLeaf(shop, clientLeaf(name)));
}

/**
 * Revokes a certificate of a development CA, and writes the revocation lists of both its CAs.
 *
 * @returns The file that `clientCrlFile` takes. The list of the issuing CA lasts 7 days; run this, `npm run certs` or
 * {@link writeRevocationLists} before.
 */
export async function revokeCertificate(
  options: DevelopmentCaOptions & {
    readonly certFile: string;
    /** Default: `unspecified`. */
    readonly reason?: RevocationReason;
  },
): Promise<{ readonly crlFile: string }> {
  const reason = checkChoice('reason', options.reason, REVOCATION_REASONS, 'unspecified');
  const certFile = resolve(checkString('certFile', options.certFile));
  return inExisting(options, async (shop) => {
    await markRevoked(shop, certFile, reason);
    return { crlFile: await writeLists(shop) };
  });
}

/** Writes new revocation lists of both CAs of a development CA, whoever is revoked. */
export async function writeRevocationLists(
  options: DevelopmentCaOptions,
): Promise<{ readonly crlFile: string }> {
  return inExisting(options, async (shop) => ({ crlFile: await writeLists(shop) }));
}

const RESERVED: readonly string[] = ['ca', 'server', 'crl'];

function clientLeaf(name: string): Leaf {
  const names = `DNS:${name}.${CLIENT_ZONE},URI:spiffe://${CLIENT_ZONE}/${name}`;
  return { name, kind: 'client', names, hosts: [] };
}

/** Works in a folder with its CAs, one process at a time. */
async function inWorkshop<T>(
  options: DevelopmentCaOptions,
  hosts: readonly string[],
  work: (shop: Workshop) => Promise<T>,
): Promise<T> {
  const serverNames = altNames(hosts).join(',');
  await checkOpenssl();
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const shop: Workshop = {
    directory,
    env: { GRPC_ENTRA_PERMITTED: permittedNames(hosts) },
    serverNames,
    report: options.report ?? (() => {}),
  };
  return withFolderLock(directory, () => work(shop));
}

async function inExisting<T>(
  options: DevelopmentCaOptions,
  work: (shop: Workshop) => Promise<T>,
): Promise<T> {
  if (!existsSync(join(options.directory, 'issuing', 'ca.key'))) {
    throw new ConfigError(
      'ERR_FILE_UNREADABLE',
      `"${options.directory}" holds no development CA; make one first with "npm run certs"`,
    );
  }
  return inWorkshop(options, LOCAL_HOSTS, work);
}
