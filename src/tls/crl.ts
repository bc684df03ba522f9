import { Buffer } from 'node:buffer';
import { constants, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { checkText } from '../core/options.ts';
import { type DerValue, derChildren, derTags, derTime, readDer } from './der.ts';
import { readPemFile } from './pem-source.ts';
import { isStrongSignature, signatureAlgorithm } from './signature-algorithm.ts';

const PEM_CRL = /-----BEGIN X509 CRL-----([\s\S]*?)-----END X509 CRL-----/g;

/** Certificate revocation lists, checked against the CAs that must have issued them. */
export interface RevocationLists {
  /** One PEM each: Node loads only the first of several in one text. */
  readonly pem: readonly string[];
  /** When the first of them ends, milliseconds since the epoch. From then on every client is refused. */
  readonly nextUpdate: number;
  /** When that one was issued. */
  readonly thisUpdate: number;
  /** Revoked certificates, as {@link certificateId} writes them. */
  readonly revoked: ReadonlySet<string>;
}

interface ParsedCrl {
  readonly pem: string;
  readonly raw: Buffer;
  readonly signedPart: Buffer;
  readonly issuer: Buffer;
  readonly signature: Buffer;
  readonly algorithm: string;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly serials: readonly string[];
}

const isTime = (value: DerValue | undefined): value is DerValue =>
  value?.tag === derTags.utcTime || value?.tag === derTags.generalizedTime;

const hexOf = (integer: DerValue): string => integer.content.toString('hex').replace(/^(00)+/, '');

/** Reads TBSCertList (RFC 5280 section 5.1): what is optional is told by its tag. */
function parseCrl(pem: string, body: string): ParsedCrl {
  const raw = Buffer.from(body, 'base64');
  const [list, , bits] = derChildren(readDer(raw));
  if (list === undefined || bits === undefined) throw new RangeError('not a CRL');
  const fields = [...derChildren(list)];
  if (fields[0]?.tag === derTags.integer) fields.shift();
  const [, issuer, thisUpdate, next, ...rest] = fields;
  if (issuer === undefined || !isTime(thisUpdate)) throw new RangeError('not a CRL');
  const entries = isTime(next) ? rest[0] : next;
  const revoked = entries?.tag === derTags.sequence ? derChildren(entries) : [];
  return {
    pem,
    raw,
    signedPart: list.encoded,
    issuer: issuer.encoded,
    // A bit string begins with the number of bits to ignore, which is none.
    signature: bits.content.subarray(1),
    algorithm: signatureAlgorithm(raw),
    thisUpdate: derTime(thisUpdate),
    nextUpdate: isTime(next) ? derTime(next) : undefined,
    serials: revoked.map((entry) => {
      const [serial] = derChildren(entry);
      if (serial === undefined) throw new RangeError('not a CRL');
      return hexOf(serial);
    }),
  };
}

interface CertificateNames {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly serial: string;
}

/** Issuer, subject and serial number as they are encoded (RFC 5280 section 4.1). */
function namesOf(raw: Buffer): CertificateNames {
  const [certificate] = derChildren(readDer(raw));
  if (certificate === undefined) throw new RangeError('not a certificate');
  const fields = [...derChildren(certificate)];
  if (fields[0]?.tag === derTags.context0) fields.shift();
  const [serial, , issuer, , subject] = fields;
  if (serial === undefined || issuer === undefined || subject === undefined) {
    throw new RangeError('not a certificate');
  }
  return { issuer: issuer.encoded, subject: subject.encoded, serial: hexOf(serial) };
}

const idOf = (issuer: Buffer, serial: string): string => `${issuer.toString('base64')} ${serial}`;

/** What a certificate is revoked by: its issuer's name and its serial number. */
export function certificateId(raw: Buffer): string {
  const { issuer, serial } = namesOf(raw);
  return idOf(issuer, serial);
}

/** Whether a key made a CRL's signature. Digest and padding follow from the algorithm. */
function isSignedBy(crl: ParsedCrl, key: KeyObject): boolean {
  const digest = /sha(256|384|512)/i.exec(crl.algorithm)?.[0].toLowerCase();
  const pss = {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_AUTO,
  };
  try {
    const how = crl.algorithm.startsWith('RSASSA-PSS') ? pss : key;
    return verify(digest, crl.signedPart, how, crl.signature);
  } catch {
    return false;
  }
}

function bad(message: string, cause?: unknown): ConfigError {
  return new ConfigError('ERR_CERTIFICATE_INVALID', message, { cause });
}

const day = (ms: number): string => new Date(ms).toISOString();

function checkCurrent(name: string, crl: ParsedCrl, now: number): number {
  if (crl.nextUpdate === undefined) {
    throw bad(`${name} holds a CRL without nextUpdate; issue it with -crldays`);
  }
  if (crl.nextUpdate <= now) {
    throw bad(
      `${name} holds a CRL that ended on ${day(crl.nextUpdate)}, and every client would be refused; issue a new one ` +
        '(openssl ca -gencrl)',
    );
  }
  if (crl.thisUpdate > now) {
    throw bad(
      `${name} holds a CRL that begins on ${day(crl.thisUpdate)}; check the clock of this machine`,
    );
  }
  return crl.nextUpdate;
}

function parseAll(name: string, pem: string): readonly ParsedCrl[] {
  const found = [...pem.matchAll(PEM_CRL)];
  if (found.length === 0) {
    throw bad(
      `${name} holds no PEM CRL; an empty list would switch the check off. Write one with openssl ca -gencrl, or leave ` +
        'the option out',
    );
  }
  return found.map(([text, body = '']) => {
    try {
      return parseCrl(text, body);
    } catch (cause) {
      throw bad(`${name} holds a CRL that cannot be parsed`, cause);
    }
  });
}

/** Checks that a CA signed one of the lists. A CA and its successor may share a name, so the name alone says nothing. */
function checkHasList(name: string, authority: X509Certificate, crls: readonly ParsedCrl[]): void {
  const { subject } = namesOf(authority.raw);
  const named = crls.filter((crl) => crl.issuer.equals(subject));
  const called = `"${authority.subject.replaceAll('\n', ', ')}"`;
  if (named.length === 0) {
    throw bad(
      `${name} has no CRL of the CA ${called}, and every client would be refused; ` +
        'append one for each CA, root included (openssl ca -gencrl)',
    );
  }
  const signed = named.some(
    (crl) => isStrongSignature(crl.algorithm) && isSignedBy(crl, authority.publicKey),
  );
  if (!signed) {
    throw bad(`${name} holds a CRL in the name of the CA ${called} that this CA did not sign`);
  }
}

/**
 * Reads revocation lists, and checks that every CA has a current one that it signed: OpenSSL refuses everybody when a
 * list is missing for any CA of a chain.
 *
 * @param authorities - The client CAs, PEM.
 * @param now - Wall-clock milliseconds.
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` or `ERR_FILE_UNREADABLE`, naming the file and the CA.
 */
export function loadRevocationLists(
  where: string,
  source: { readonly file: string } | { readonly pem: string },
  authorities: readonly string[],
  now: number,
): RevocationLists {
  const name = 'file' in source ? `${where}File "${source.file}"` : where;
  const pem =
    'file' in source ? readPemFile(`${where}File`, source.file) : checkText(where, source.pem);
  const crls = parseAll(name, pem);
  for (const text of authorities) checkHasList(name, new X509Certificate(text), crls);
  // Also those of issuing CAs that clients bring themselves: OpenSSL goes by them, so we must not know less. One that is not
  // genuine can only refuse more.
  const ends = crls.map((crl) => ({ crl, nextUpdate: checkCurrent(name, crl, now) }));
  const [first] = ends.sort((a, b) => a.nextUpdate - b.nextUpdate);
  if (first === undefined) throw bad(`${where} needs the CA that issued the list`);
  return Object.freeze({
    pem: crls.map((crl) => crl.pem),
    thisUpdate: first.crl.thisUpdate,
    nextUpdate: first.nextUpdate,
    revoked: new Set(crls.flatMap(({ issuer, serials }) => serials.map((s) => idOf(issuer, s)))),
  });
}
