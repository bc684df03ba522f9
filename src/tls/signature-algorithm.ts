import type { Buffer } from 'node:buffer';
import { type DerValue, derChildren, derOid, derTags, readDer } from './der.ts';

const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.1': 'ecdsa-with-SHA224',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
};
const RSA_PSS = '1.2.840.113549.1.1.10';
const SHA1 = '1.3.14.3.2.26';
const HASHES: Readonly<Record<string, string>> = {
  [SHA1]: 'SHA-1',
  '2.16.840.1.101.3.4.2.1': 'SHA256',
  '2.16.840.1.101.3.4.2.2': 'SHA384',
  '2.16.840.1.101.3.4.2.3': 'SHA512',
};
const ACCEPTED = /sha(256|384|512)|^Ed/i;

/** The hash of an RSA-PSS signature, whose default is SHA-1 (RFC 4055 section 3.1). */
function pssName(parameters: DerValue | undefined): string {
  const [hash] = parameters === undefined ? [] : derChildren(parameters);
  const [algorithm] =
    hash?.tag === derTags.context0 ? derChildren(readDer(hash.content)) : [undefined];
  const oid = algorithm === undefined ? SHA1 : derOid(algorithm);
  return `RSASSA-PSS with ${HASHES[oid] ?? oid}`;
}

/**
 * Names the algorithm a certificate or CRL is signed with. Node says it from version 24 only.
 *
 * @param raw - DER of a Certificate or CertificateList: to be signed, algorithm, signature.
 * @throws RangeError when the bytes are neither.
 */
export function signatureAlgorithm(raw: Buffer): string {
  const [, algorithm] = derChildren(readDer(raw));
  if (algorithm === undefined) throw new RangeError('no signature algorithm');
  const [identifier, parameters] = derChildren(algorithm);
  if (identifier === undefined) throw new RangeError('no signature algorithm');
  const oid = derOid(identifier);
  return oid === RSA_PSS ? pssName(parameters) : (NAMES[oid] ?? oid);
}

/** Whether a signature algorithm withstands collisions: SHA-2 of 256 bits and more, and EdDSA. */
export function isStrongSignature(algorithm: string): boolean {
  return ACCEPTED.test(algorithm);
}
