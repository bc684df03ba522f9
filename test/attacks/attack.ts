import type { TokenReason } from '#src/core/token-reason.ts';
import type { TokenValidatorOptions } from '#src/token/policy.ts';
import type { FakeAuthority } from '../support/token-world.ts';
import { type Claims, mint, TENANT } from '../support/tokens.ts';

/** A token that breaks one rule and keeps all others. */
export interface Attack {
  /** Number of the rule. */
  readonly rule: string;
  readonly name: string;
  readonly reason: TokenReason;
  /** Which of several checks with this reason it meets, counted from 0. */
  readonly index?: number;
  readonly token: () => string;
  readonly options?: Partial<TokenValidatorOptions>;
  readonly authority?: (authority: FakeAuthority) => void;
  /** What happens without the check, where it is not acceptance: another rule stands behind this one. */
  readonly without?: TokenReason | 'TypeError';
}

/** Issuer of a tenant's v2.0 tokens. */
export const issuerOf = (tenant: string): string =>
  `https://login.microsoftonline.com/${tenant}/v2.0`;

/** A good token but for some claims. */
export const withClaims = (claims: Claims) => (): string => mint({ claims });

/** Accepts both versions. */
export const BOTH_VERSIONS: Partial<TokenValidatorOptions> = {
  tokenVersions: ['1.0', '2.0'],
  v1Audiences: ['api://orders'],
};
/** Accepts every tenant, by one key set that serves all. */
export const ANY_TENANT: Partial<TokenValidatorOptions> = { tenantId: { allowAnyTenant: true } };
/** More tenants than get documents of their own, so that one key set serves them all. */
export const MANY_TENANTS: Partial<TokenValidatorOptions> = {
  tenantId: {
    allowedTenants: [
      TENANT,
      ...Array.from({ length: 20 }, (_, i) => `00000000-0000-4000-8000-0000000000${10 + i}`),
    ],
  },
};
/** Accepts tokens of an External ID tenant. */
export const CIAM: Partial<TokenValidatorOptions> = { authority: { ciam: 'contoso' } };
/** Accepts tokens of a B2C tenant, made by one policy. */
export const B2C: Partial<TokenValidatorOptions> = {
  authority: { b2c: 'contoso', policies: ['B2C_1_SignIn'] },
};
