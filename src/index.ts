export { clientSecret } from './acquire/client-secret.ts';
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
export { createServer } from './server/server.ts';
export { service } from './server/service.ts';
