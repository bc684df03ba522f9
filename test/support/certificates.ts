import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { createDevelopmentCertificates, type DevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { runOpenssl } from '#src/tls/openssl.ts';
import { type TempDir, tempDir } from './temp-dir.ts';

/** Development certificates for one test file, made before its tests and removed after them. */
export function developmentCertificates(): {
  readonly files: DevelopmentCertificates;
  readonly dir: TempDir;
} {
  const dir = tempDir();
  let files: DevelopmentCertificates | undefined;
  before(async () => {
    files = await createDevelopmentCertificates({ directory: dir.path });
  });
  after(() => dir[Symbol.dispose]());
  return {
    dir,
    get files() {
      if (files === undefined) throw new Error('certificates are made before the tests');
      return files;
    },
  };
}

/** What a test wants to be wrong, or right, with a certificate. */
export interface CertificateWish {
  /** Arguments of `openssl genpkey`. Default: EC P-256. */
  readonly key?: readonly string[];
  /** Extensions in place of those of a good server leaf. */
  readonly extensions?: Readonly<Record<string, string | undefined>>;
  /** Common name. Default: `test leaf`. */
  readonly subject?: string;
  /** Start and end as days from now. Default: -1 to 30. */
  readonly days?: readonly [number, number];
  /** Digest of the signature. Default: sha256. */
  readonly digest?: string;
  /** Signs with another certificate issued here, in place of a CA of its own. */
  readonly issuer?: IssuedCertificate;
}

/** A certificate and where it is. */
export interface IssuedCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  /** The certificate that signed it. */
  readonly caFile: string;
  readonly caKeyFile: string;
  /** Folder where revocation lists of that CA are made. */
  readonly caFolder: string;
}

/** Extensions of a CA. */
export const CA_EXTENSIONS: NonNullable<CertificateWish['extensions']> = {
  basicConstraints: 'critical,CA:TRUE',
  keyUsage: 'critical,keyCertSign,cRLSign',
  extendedKeyUsage: undefined,
  subjectAltName: undefined,
};

const GOOD = {
  basicConstraints: 'critical,CA:FALSE',
  keyUsage: 'critical,digitalSignature',
  extendedKeyUsage: 'serverAuth',
  subjectAltName: 'DNS:localhost,IP:127.0.0.1',
  // CAs of these tests share a name, as a CA and its successor may: keys tell them apart.
  subjectKeyIdentifier: 'hash',
  authorityKeyIdentifier: 'keyid:always',
};

/** A date as `openssl ca` takes it: YYYYMMDDHHMMSSZ. */
function opensslDate(daysFromNow: number): string {
  const date = new Date(Date.now() + daysFromNow * 86_400_000);
  return `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

let serial = 0;

/**
 * Issues a certificate that is good but for what the wish says, from a CA of its own in `dir`.
 *
 * @returns Paths of certificate, key and CA.
 */
export async function issueCertificate(
  dir: TempDir,
  wish: CertificateWish = {},
): Promise<IssuedCertificate> {
  serial += 1;
  const name = `issued-${serial}`;
  const { writeFileSync, mkdirSync } = await import('node:fs');
  const folder = dir.file(name);
  mkdirSync(folder);
  const key = wish.key ?? ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const extensions = Object.entries({ ...GOOD, ...wish.extensions }).filter(
    ([, value]) => value !== undefined,
  );
  writeFileSync(
    join(folder, 'ca.cnf'),
    [
      '[ca]',
      'default_ca=test',
      '[test]',
      'database=index.txt',
      'new_certs_dir=.',
      'rand_serial=yes',
      'default_md=sha256',
      'policy=any',
      'unique_subject=no',
      'default_crl_days=7',
      'crl_extensions=crl',
      '[crl]',
      'authorityKeyIdentifier=keyid:always',
      '[any]',
      'commonName=optional',
      '[leaf]',
      ...extensions.map(([extension, value]) => `${extension}=${value}`),
      '[req]',
      'distinguished_name=dn',
      '[dn]',
    ].join('\n'),
  );
  writeFileSync(join(folder, 'index.txt'), '');
  const openssl = (...args: readonly string[]) => runOpenssl(args, { cwd: folder });
  const caFile = wish.issuer?.certFile ?? join(folder, 'ca.pem');
  const caKeyFile = wish.issuer?.keyFile ?? join(folder, 'ca.key');
  if (wish.issuer === undefined)
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-noenc',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=test CA',
      '-days',
      '90',
      '-config',
      'ca.cnf',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'subjectKeyIdentifier=hash',
    );
  await openssl('genpkey', ...key, '-out', 'leaf.key');
  await openssl(
    'req',
    '-new',
    '-key',
    'leaf.key',
    '-out',
    'leaf.csr',
    '-subj',
    `/CN=${wish.issuer === undefined ? 'test leaf' : name}`,
    '-config',
    'ca.cnf',
  );
  const [from, to] = wish.days ?? [-1, 30];
  await openssl(
    'ca',
    '-batch',
    '-notext',
    '-config',
    'ca.cnf',
    '-cert',
    caFile,
    '-keyfile',
    caKeyFile,
    '-md',
    wish.digest ?? 'sha256',
    '-extensions',
    'leaf',
    '-startdate',
    opensslDate(from),
    '-enddate',
    opensslDate(to),
    '-in',
    'leaf.csr',
    '-out',
    'leaf.pem',
  );
  const certFile = join(folder, 'leaf.pem');
  return {
    certFile,
    keyFile: join(folder, 'leaf.key'),
    cert: readFileSync(certFile, 'utf8'),
    caFile,
    caKeyFile,
    caFolder: folder,
  };
}

/** What a revocation list of a test is to say. */
export interface CrlWish {
  readonly revoked?: readonly IssuedCertificate[];
  /** Begin and end as days from now. Default: -1 to 7. */
  readonly days?: readonly [number, number];
}

/** Makes the revocation list of the CA that signed a certificate. */
export async function issueCrl(
  { caFile, caKeyFile, caFolder }: IssuedCertificate,
  { revoked = [], days: [from, to] = [-1, 7] }: CrlWish = {},
): Promise<string> {
  const openssl = (...args: readonly string[]) =>
    runOpenssl(['ca', '-config', 'ca.cnf', '-cert', caFile, '-keyfile', caKeyFile, ...args], {
      cwd: caFolder,
    });
  for (const { certFile } of revoked) await openssl('-revoke', certFile);
  const times = ['-crl_lastupdate', opensslDate(from), '-crl_nextupdate', opensslDate(to)];
  await openssl('-gencrl', ...times, '-out', 'crl.pem');
  return readFileSync(join(caFolder, 'crl.pem'), 'utf8');
}
