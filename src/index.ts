export { clientAssertion } from './acquire/client-assertion.ts';
export { clientCertificate } from './acquire/client-certificate.ts';
export { clientSecret } from './acquire/client-secret.ts';
export { fromEnvironment } from './acquire/from-environment.ts';
export { managedIdentity } from './acquire/managed-identity.ts';
export { onBehalfOf } from './acquire/on-behalf-of.ts';
export { allow } from './authorize/allow.ts';
export { rulesFromProto } from './authorize/proto-rules.ts';
export { createChannel } from './client/channel.ts';
export { createClient } from './client/client.ts';
export {
  AcquisitionError,
  AuthorizationError,
  ConfigError,
  type ErrorCode,
  GrpcEntraError,
  TokenError,
} from './core/errors.ts';
export { Secret } from './core/secret.ts';
export { ServiceError } from './core/service-error.ts';
export { secureCredentials } from './server/secure-credentials.ts';
export { createServer } from './server/server.ts';
export { service } from './server/service.ts';
