import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { exportJWK } from 'jose';
import { createSelfSignedCertificate } from '../tls/self-signed.ts';

/** A key that signs tokens, with the certificate it is published under. */
export interface SigningKey {
  /** Base64url SHA-1 of the certificate, as Entra names its keys. */
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** Entry of the key document, without its issuer. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** Makes an RSA-2048 signing key with a self-signed certificate. */
export async function createSigningKey(): Promise<SigningKey> {
  const { cert, key } = await createSelfSignedCertificate({
    commonName: 'grpc-entra emulator token signing',
    hosts: [],
    key: 'rsa-2048',
    days: 365,
  });
  const certificate = new X509Certificate(cert);
  const kid = createHash('sha1').update(certificate.raw).digest('base64url');
  const { kty, n, e } = await exportJWK(certificate.publicKey);
  return Object.freeze({
    kid,
    privateKey: createPrivateKey(key.reveal()),
    // No `alg`, as in Entra's own documents (trap T12).
    jwk: Object.freeze({
      kty,
      use: 'sig',
      kid,
      x5t: kid,
      n,
      e,
      x5c: [certificate.raw.toString('base64')],
    }),
  });
}
