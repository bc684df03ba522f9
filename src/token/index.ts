export type { AppCaller, Caller, CallerGroups, UserCaller } from '../core/caller.ts';
export type { DenialReason } from '../core/denial-reason.ts';
export {
  AuthorizationError,
  type AuthorizationErrorCode,
  TokenError,
  type TokenErrorCode,
} from '../core/errors.ts';
export type { MetricLabels, Metrics } from '../core/metrics.ts';
export { type TokenReason, type TokenReasonFacts, tokenReasons } from '../core/token-reason.ts';
export type { AuthorityOption, Cloud, EmulatorAuthority } from '../entra/authority.ts';
export type { B2cAuthority, CiamAuthority } from '../entra/customer-authority.ts';
export { bearerToken } from './bearer.ts';
export type { CallConnection } from './binding-checks.ts';
export {
  describeExplanation,
  type ExplainInput,
  explainRejection,
  type Finding,
  type RejectionExplanation,
} from './explain.ts';
export type { TokenFacts } from './explain-facts.ts';
export type {
  Admission,
  CertificateBinding,
  KeyOptions,
  RevocationCheck,
  TenantOption,
  TokenCacheOptions,
  TokenValidatorOptions,
  TokenVersion,
} from './policy.ts';
export type { KeySetState, ValidatorState } from './state.ts';
export { createTokenValidator, type TokenValidator } from './validator.ts';
