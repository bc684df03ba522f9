import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import {
  altNames,
  CLIENT_ZONE,
  makeCas,
  makeLeaf,
  permittedNames,
  type Workshop,
} from './dev-ca-workshop.ts';
import { withFolderLock } from './folder-lock.ts';
import { checkOpenssl } from './openssl.ts';

/** Options of {@link createDevelopmentCertificates}. */
export interface DevelopmentCertificatesOptions {
  /** Folder for everything that is made; created with mode 0700. */
  readonly directory: string;
  /** Names and addresses of the server. Default: `localhost`, `127.0.0.1`, `::1`. */
  readonly hosts?: readonly string[];
  /** Receives one line for each file that is made. */
  readonly report?: (line: string) => void;
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
 * life is left. EC P-256 throughout; keys have mode 0600.
 *
 * @throws ConfigError `ERR_OPENSSL_UNUSABLE` without OpenSSL 3, `ERR_FILE_EXISTS` when a foreign certificate is in
 * the way, `ERR_OPTION_INVALID` for a host that is no name or address.
 */
export async function createDevelopmentCertificates(
  options: DevelopmentCertificatesOptions,
): Promise<DevelopmentCertificates> {
  const hosts = options.hosts ?? LOCAL_HOSTS;
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
  const caFile = join(directory, 'ca.pem');
  if (existsSync(caFile) && !existsSync(join(directory, 'root'))) {
    throw new ConfigError(
      'ERR_FILE_EXISTS',
      `"${caFile}" is not of this tool and is not overwritten; move it away, or choose another folder`,
    );
  }
  await withFolderLock(directory, async () => {
    await makeCas(shop);
    if (!existsSync(caFile)) await copyFile(join(directory, 'root', 'ca.pem'), caFile);
    await makeLeaf(shop, 'server', serverNames, hosts);
    await makeLeaf(
      shop,
      'client',
      `DNS:client.${CLIENT_ZONE},URI:spiffe://${CLIENT_ZONE}/client`,
      [],
    );
  });
  return {
    caFile,
    serverCertFile: join(directory, 'server.pem'),
    serverKeyFile: join(directory, 'server.key'),
    clientCertFile: join(directory, 'client.pem'),
    clientKeyFile: join(directory, 'client.key'),
  };
}
