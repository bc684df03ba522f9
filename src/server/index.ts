export { type AllowOptions, allow } from '../authorize/allow.ts';
export { type ProtoMetadataLike, ProtoRules, rulesFromProto } from '../authorize/proto-rules.ts';
export {
  type AppAccess,
  type AppRule,
  describeRule,
  type EitherAccess,
  type PublicAccess,
  type Rule,
  type UserAccess,
  type UserRule,
} from '../authorize/rule.ts';
export type { AppCaller, Caller, UserCaller } from '../core/caller.ts';
export type {
  BadRequest,
  ErrorDetail,
  ErrorInfo,
  Help,
  LocalizedMessage,
  OtherDetail,
  PreconditionFailure,
  QuotaFailure,
  RequestInfo,
  ResourceInfo,
  RetryInfo,
} from '../core/error-details.ts';
export { AuthorizationError, ConfigError, ConnectionError, TokenError } from '../core/errors.ts';
export type { LogFields, Logger } from '../core/log.ts';
export type { MetricLabels, Metrics } from '../core/metrics.ts';
export { Secret } from '../core/secret.ts';
export { ServiceError, type ServiceErrorOptions } from '../core/service-error.ts';
export type { StatusName } from '../core/status-code.ts';
export type { AuthorityOption, Cloud, EmulatorAuthority } from '../entra/authority.ts';
export type { B2cAuthority, CiamAuthority } from '../entra/customer-authority.ts';
export type { ServerTlsOptions } from '../tls/server-tls.ts';
export {
  type AuditEvent,
  type AuditedCaller,
  type AuditSink,
  auditToStderr,
  type CallEvent,
  type HandshakeEvent,
} from './audit.ts';
export { callerOf, tokenOf } from './caller-of.ts';
export type { CallContext, CallerContext, Handler, Handlers } from './handler-types.ts';
export type { InterceptedCall, Message, Proceed, ServerInterceptor } from './interceptor.ts';
export type { PathRules, RuleSource } from './method-rules.ts';
export { describeMethods } from './method-table.ts';
export {
  type SecureCredentialsOptions,
  type SecureServerCredentials,
  secureCredentials,
} from './secure-credentials.ts';
export { createServer, type Server } from './server.ts';
export type { ServerLimits, ServerOptions } from './server-options.ts';
export { type BoundService, type RuledMethod, service } from './service.ts';
export { statusOf } from './status-of.ts';
