import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import {
  CA_EXTENSIONS,
  type IssuedCertificate,
  issueCertificate,
  issueCrl,
} from './certificates.ts';
import type { TempDir } from './temp-dir.ts';

/** A root and an issuing CA, from which a test issues what it needs. */
export interface TestPki {
  /** Root and issuing CA, PEM. */
  readonly ca: string;
  issue(purpose: 'server' | 'client'): Promise<IssuedCertificate>;
  /** Leaf and issuing CA, PEM: what a peer presents. */
  chainOf(certificate: IssuedCertificate): string;
  /** Lists of both CAs, PEM. */
  crl(revoked?: readonly IssuedCertificate[]): Promise<string>;
}

/** Makes a root and an issuing CA in a folder. */
export async function testPki(dir: TempDir): Promise<TestPki> {
  const issuing = await issueCertificate(dir, { extensions: CA_EXTENSIONS });
  // Revocation needs the folder in which the issuing CA signs: that of the first leaf.
  const first = await issueCertificate(dir, { issuer: issuing });
  return {
    ca: readFileSync(issuing.caFile, 'utf8') + issuing.cert,
    issue: (purpose) =>
      issueCertificate(dir, {
        issuer: issuing,
        extensions: { extendedKeyUsage: purpose === 'server' ? 'serverAuth' : 'clientAuth' },
      }),
    chainOf: ({ cert }) => cert + issuing.cert,
    crl: async (revoked = []) => (await issueCrl(issuing)) + (await issueCrl(first, { revoked })),
  };
}

/** Replaces a file as careful operators do: written beside it and moved into place. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
