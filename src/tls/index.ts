export type { ClientTlsOptions } from './client-tls.ts';
export type { ClientCertificate, TlsIdentity } from './connection-identity.ts';
export {
  type ClientCertificateFiles,
  createDevelopmentCertificates,
  type DevelopmentCaOptions,
  type DevelopmentCertificates,
  type DevelopmentCertificatesOptions,
  issueClientCertificate,
  revokeCertificate,
  writeRevocationLists,
} from './dev-ca.ts';
export type { RevocationReason } from './dev-ca-revocation.ts';
export type { HandshakeFailure, HandshakeResult } from './handshake-failure.ts';
export type { IdentityOptions } from './identity.ts';
export type { TlsProfile, TlsVersion } from './profiles.ts';
export {
  createSelfSignedCertificate,
  type SelfSignedCertificate,
  type SelfSignedOptions,
} from './self-signed.ts';
export type { ClientCertificateOptions, ServerTlsOptions } from './server-tls.ts';
export { resolveTlsPolicy, type TlsPolicy, type TlsPolicyOptions } from './settings.ts';
