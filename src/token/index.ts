export type { AppCaller, Caller, UserCaller } from '../core/caller.ts';
export { TokenError, type TokenErrorCode } from '../core/errors.ts';
export { type TokenReason, type TokenReasonFacts, tokenReasons } from '../core/token-reason.ts';
export type { AuthorityOption, Cloud, EmulatorAuthority } from '../entra/authority.ts';
export { bearerToken } from './bearer.ts';
export type {
  KeyOptions,
  TenantOption,
  TokenCacheOptions,
  TokenValidatorOptions,
  TokenVersion,
} from './policy.ts';
export { createTokenValidator, type TokenValidator } from './validator.ts';
