export type { CertificateSource } from '../acquire/app-certificate.ts';
export {
  type AssertionSource,
  type ClientAssertionOptions,
  clientAssertion,
} from '../acquire/client-assertion.ts';
export {
  type CertificateAssertionOptions,
  type ClientCertificateOptions,
  clientCertificate,
} from '../acquire/client-certificate.ts';
export { type ClientSecretOptions, clientSecret } from '../acquire/client-secret.ts';
export type { ClientOptions as ConfidentialClientOptions } from '../acquire/confidential-client.ts';
export { type FromEnvironmentOptions, fromEnvironment } from '../acquire/from-environment.ts';
export { type ManagedIdentityOptions, managedIdentity } from '../acquire/managed-identity.ts';
export {
  type ApplicationProof,
  type OnBehalfOf,
  type OnBehalfOfOptions,
  onBehalfOf,
} from '../acquire/on-behalf-of.ts';
export type { SecretSource } from '../acquire/secret-source.ts';
export type { AccessToken, GetTokenOptions, TokenCredential } from '../acquire/token-credential.ts';
export type { ErrorDetail } from '../core/error-details.ts';
export { AcquisitionError, type AcquisitionErrorCode, ConfigError } from '../core/errors.ts';
export { Secret } from '../core/secret.ts';
export { ServiceError } from '../core/service-error.ts';
export type { StatusName } from '../core/status-code.ts';
export type { AuthorityOption, Cloud, EmulatorAuthority } from '../entra/authority.ts';
export type { CiamAuthority } from '../entra/customer-authority.ts';
export type { ClientTlsOptions } from '../tls/client-tls.ts';
export type { CallOptions } from './call-options.ts';
export { type ChannelOptions, createChannel, type SecureChannel } from './channel.ts';
export type { ChannelIdentity } from './channel-identity.ts';
export type { ChannelTuning } from './channel-tuning.ts';
export {
  type ClientMethod,
  type ClientOptions,
  createClient,
  type PromiseClient,
} from './client.ts';
export type { ClientInterceptor, Message, OutgoingCall, Send } from './interceptor.ts';
