import { ConfigError } from '../core/errors.ts';
import { checkOptionNames, invalidOption } from '../core/options.ts';
import type { Authority } from './authority.ts';

/** Microsoft Entra External ID: a tenant of customers (CIAM), with addresses of its own. */
export interface CiamAuthority {
  /** Sub-domain of the tenant: `contoso` where its addresses begin with `https://contoso.ciamlogin.com`. */
  readonly ciam: string;
}

/** Azure AD B2C: a tenant of customers whose tokens are made by policies. For token validation only. */
export interface B2cAuthority {
  /** Sub-domain of the tenant: `contoso` where its addresses begin with `https://contoso.b2clogin.com`. */
  readonly b2c: string;
  /** User flows and custom policies whose tokens are accepted, spelled as in claim `tfp`, at least one (rule I9). */
  readonly policies: readonly string[];
}

const CIAM_DOMAIN = 'ciamlogin.com';
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** User flows are named `B2C_1_...`, custom policies `B2C_1A_...`. The name becomes part of addresses. */
const POLICY = /^B2C_1A?_[A-Za-z0-9_-]{1,64}$/i;
/** Each policy has documents of its own, as each listed tenant has. */
const MAX_POLICIES = 20;

function checkLabel(where: string, value: unknown, domain: string): string {
  if (typeof value === 'string' && LABEL.test(value)) return value;
  throw invalidOption(where, `"contoso" where the tenant is at contoso.${domain}`, value);
}

function checkPolicies(where: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_POLICIES) {
    throw invalidOption(where, `an array of 1 to ${MAX_POLICIES} policy names`, value);
  }
  return value.map((item: unknown, i) => {
    if (typeof item === 'string' && POLICY.test(item)) return item;
    throw invalidOption(`${where}[${i}]`, 'a policy name such as "B2C_1_sign_in"', item);
  });
}

const common = {
  v1IssuerBase: undefined,
  // Not documented for these tenants; keys are still compared with what the metadata say (rule K5).
  cloudInstanceName: undefined,
  ca: undefined,
  isEmulator: false,
} as const;

/**
 * Resolves the authority of an External ID tenant.
 *
 * @throws {@link ConfigError} for a sub-domain that is none.
 */
export function resolveCiam(where: string, option: CiamAuthority): Authority {
  checkOptionNames(where, option, ['ciam']);
  const host = `${checkLabel(`${where}.ciam`, option.ciam, CIAM_DOMAIN)}.${CIAM_DOMAIN}`;
  return Object.freeze({
    ...common,
    profile: 'ciam',
    origin: `https://${host}`,
    hosts: [host],
    policies: [],
  });
}

/**
 * Resolves the authority of a B2C tenant.
 *
 * @throws {@link ConfigError} for a sub-domain or policy name that is none.
 */
export function resolveB2c(where: string, option: B2cAuthority): Authority {
  checkOptionNames(where, option, ['b2c', 'policies']);
  const host = `${checkLabel(`${where}.b2c`, option.b2c, 'b2clogin.com')}.b2clogin.com`;
  return Object.freeze({
    ...common,
    profile: 'b2c',
    origin: `https://${host}`,
    hosts: [host],
    policies: Object.freeze([...checkPolicies(`${where}.policies`, option.policies)]),
  });
}

/** Host that External ID names in issuers, whatever the sub-domain of the tenant's addresses. */
export function ciamHost(tenantId: string): string {
  return `${tenantId}.${CIAM_DOMAIN}`;
}

/** Refuses B2C where tokens are acquired: its token endpoint is for people who sign in. */
export function b2cAcquiresNothing(where: string): ConfigError {
  return new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} names Azure AD B2C, which is for validating tokens of people who signed in; ` +
      'acquire tokens from the cloud the API is registered in',
  );
}
