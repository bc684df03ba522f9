export { type ClientSecretOptions, clientSecret } from '../acquire/client-secret.ts';
export type { SecretSource } from '../acquire/secret-source.ts';
export type { AccessToken, GetTokenOptions, TokenCredential } from '../acquire/token-credential.ts';
export { AcquisitionError, type AcquisitionErrorCode, ConfigError } from '../core/errors.ts';
export { Secret } from '../core/secret.ts';
export { ServiceError } from '../core/service-error.ts';
export type { StatusName } from '../core/status-code.ts';
export type { AuthorityOption, Cloud, EmulatorAuthority } from '../entra/authority.ts';
export type { ClientTlsOptions } from '../tls/client-tls.ts';
export type { CallOptions } from './call-method.ts';
export {
  type ChannelIdentity,
  type ChannelOptions,
  createChannel,
  type SecureChannel,
} from './channel.ts';
export {
  type ClientMethod,
  type ClientOptions,
  createClient,
  type PromiseClient,
} from './client.ts';
