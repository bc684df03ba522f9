import { X509Certificate } from 'node:crypto';
import { badCertificate, type NamedCertificate } from './certificate-checks.ts';

const subjectOf = (certificate: X509Certificate): string =>
  certificate.subject === undefined || certificate.subject === ''
    ? 'a certificate without subject'
    : `"${certificate.subject.replaceAll('\n', ', ')}"`;

/** Whether a CA signed a certificate: by names, and by the signature itself. */
function issued(ca: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
}

/** What a walk up a chain found. */
export interface Chain {
  /** Leaf first, each followed by its issuer. */
  readonly certificates: readonly NamedCertificate[];
  readonly warnings: readonly string[];
}

/**
 * Walks from the leaf to the last certificate that is given.
 *
 * @param name - What the certificates are called in messages.
 * @param certificates - As they stand in the file, leaf first.
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` when one of them did not issue what stands below it.
 */
export function walkChain(name: string, certificates: readonly X509Certificate[]): Chain {
  const [leaf, ...rest] = certificates;
  if (leaf === undefined) throw badCertificate(`${name} holds no PEM certificate`);
  const chain: NamedCertificate[] = [{ name, certificate: leaf }];
  const warnings: string[] = [];
  let current = leaf;
  while (rest.length > 0) {
    const at = rest.findIndex((candidate) => issued(candidate, current));
    const issuer = rest[at];
    if (issuer === undefined) {
      throw badCertificate(
        `${name} breaks off: none of the certificates after it issued ${subjectOf(current)}, and clients would answer ` +
          '"unable to verify the first certificate"; put the leaf first, then the CA that issued it, then that CA\'s issuer',
      );
    }
    if (at > 0) {
      warnings.push(`${name} is out of order; put each certificate before its issuer`);
    }
    rest.splice(at, 1);
    chain.push({ name: `${name}, certificate of ${subjectOf(issuer)}`, certificate: issuer });
    current = issuer;
  }
  if (chain.length > 1 && issued(current, current)) {
    warnings.push(`${name} includes the root, which clients ignore; leave it out`);
  }
  return { certificates: chain, warnings };
}

/**
 * Checks that a chain leads to a CA that peers trust.
 *
 * @param anchors - Trusted CAs, PEM; without them only a doubt can be told.
 * @returns Warnings.
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` when no anchor issued the last certificate of the chain.
 */
export function checkAnchored(
  { certificates }: Chain,
  anchors: readonly string[] | undefined,
): readonly string[] {
  const [leaf] = certificates;
  const last = certificates.at(-1);
  if (leaf === undefined || last === undefined) return [];
  if (anchors === undefined) {
    const alone = certificates.length === 1 && !issued(leaf.certificate, leaf.certificate);
    return alone
      ? [
          `${leaf.name} holds a leaf alone; if an intermediate CA issued it, append that CA. ` +
            'Give trustAnchorFile to have it checked',
        ]
      : [];
  }
  const trusted = anchors.map((pem) => new X509Certificate(pem));
  const leads = trusted.some(
    (anchor) => anchor.raw.equals(last.certificate.raw) || issued(anchor, last.certificate),
  );
  if (leads) return [];
  throw badCertificate(
    `${leaf.name} does not lead to a certificate of trustAnchorFile: the issuer of ${subjectOf(last.certificate)} is ` +
      'missing, and clients would answer "unable to verify the first certificate"; append it to the file',
  );
}
