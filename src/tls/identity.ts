import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { checkText } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import { checkAnchored, walkChain } from './certificate-chain.ts';
import {
  badCertificate,
  type CertificateNeeds,
  checkLeaf,
  checkSound,
  endOf,
  warningsOf,
} from './certificate-checks.ts';
import { checkKeyFile } from './key-file.ts';
import { readPemFile, revealKey, splitCertificates } from './pem-source.ts';

/** A certificate with its chain, leaf first, and its key: as files, or as PEM text. */
export type IdentityOptions =
  | { readonly certFile: string; readonly keyFile: string }
  | { readonly cert: string; readonly key: string | Secret };

/** Names of {@link IdentityOptions}. */
export const IDENTITY_OPTIONS: readonly string[] = ['certFile', 'keyFile', 'cert', 'key'];

/** A certificate and key that fit each other and may be used. */
export interface Identity {
  readonly cert: string;
  readonly key: Secret;
  readonly leaf: X509Certificate;
  /** When the first certificate of the chain ends, milliseconds since the epoch. */
  readonly expiresAt: number;
  /** What wants doing, though it is no reason to refuse. */
  readonly warnings: readonly string[];
}

/** What is asked of an identity. */
export interface IdentityNeeds extends CertificateNeeds {
  /** CAs that peers trust, PEM: the chain must lead to one. */
  readonly anchors?: readonly string[] | undefined;
}

interface Material {
  readonly certName: string;
  readonly keyName: string;
  readonly cert: string;
  readonly key: string;
}

function readMaterial(where: string, options: IdentityOptions): Material {
  if ('certFile' in options) {
    checkKeyFile(`${where}.keyFile`, options.keyFile);
    return {
      certName: `${where}.certFile "${options.certFile}"`,
      keyName: `${where}.keyFile "${options.keyFile}"`,
      cert: readPemFile(`${where}.certFile`, options.certFile),
      key: readPemFile(`${where}.keyFile`, options.keyFile),
    };
  }
  return {
    certName: `${where}.cert`,
    keyName: `${where}.key`,
    cert: checkText(`${where}.cert`, options.cert),
    key: checkText(`${where}.key`, revealKey(options.key)),
  };
}

function parseCertificates({ cert, certName }: Material): readonly X509Certificate[] {
  const texts = splitCertificates(cert);
  if (texts.length === 0) {
    const swapped = cert.includes('PRIVATE KEY');
    throw badCertificate(
      `${certName} holds no PEM certificate${swapped ? ' but a private key; are the two swapped?' : ''}`,
    );
  }
  return texts.map((text) => {
    try {
      return new X509Certificate(text);
    } catch (cause) {
      throw badCertificate(`${certName} cannot be parsed as a certificate`, cause);
    }
  });
}

function parseKey({ key, keyName }: Material): KeyObject {
  try {
    return createPrivateKey(key);
  } catch (cause) {
    const encrypted = key.includes('ENCRYPTED');
    throw badCertificate(
      `${keyName} ${encrypted ? 'is encrypted; decrypt it with "openssl pkey"' : 'holds no PEM private key'}`,
      cause,
    );
  }
}

/**
 * Loads a certificate with its chain and key, and checks that they can and may be used: dates, signatures and key sizes
 * of the whole chain, its order and end, purpose, names and key of the leaf, and who else can read the key.
 *
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` or `ERR_FILE_UNREADABLE` naming the file and the remedy.
 */
export function loadIdentity(
  where: string,
  options: IdentityOptions,
  needs: IdentityNeeds,
): Identity {
  const material = readMaterial(where, options);
  const certificates = parseCertificates(material);
  const key = parseKey(material);
  const [leaf] = certificates;
  if (leaf?.checkPrivateKey(key) !== true) {
    throw badCertificate(
      `${material.keyName} does not belong to ${material.certName}; give the key it was issued for`,
    );
  }
  const named = { name: material.certName, certificate: leaf };
  // The leaf first: what is wrong with it is what its owner can mend.
  checkSound(named, needs.now);
  checkLeaf(named, needs);
  const chain = walkChain(material.certName, certificates);
  for (const certificate of chain.certificates.slice(1)) checkSound(certificate, needs.now);
  return Object.freeze({
    cert: material.cert,
    key: new Secret(material.key),
    leaf,
    expiresAt: Math.min(...chain.certificates.map(({ certificate }) => endOf(certificate))),
    warnings: Object.freeze([
      ...chain.warnings,
      ...checkAnchored(chain, needs.anchors),
      ...chain.certificates.flatMap((certificate) => warningsOf(certificate, needs.now)),
    ]),
  });
}

/** An identity as context options. */
export function identityContextOptions(identity: Identity): SecureContextOptions {
  return { cert: identity.cert, key: identity.key.reveal() };
}
