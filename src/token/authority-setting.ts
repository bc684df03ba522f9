import { ConfigError } from '../core/errors.ts';
import { invalidOption } from '../core/options.ts';
import { type Authority, type AuthorityProfile, resolveAuthority } from '../entra/authority.ts';
import { resolveB2c } from '../entra/customer-authority.ts';
import type { TenantPolicy, TokenValidatorOptions, TokenVersion } from './policy.ts';

/** Resolves the option that says who issues tokens, B2C among them. */
export function resolveTokenAuthority(option: TokenValidatorOptions['authority']): Authority {
  return typeof option === 'object' && option !== null && 'b2c' in option
    ? resolveB2c('authority', option)
    : resolveAuthority('authority', option);
}

/** Settings that ask for what tokens of a profile never have: with them every call would be refused, or none judged. */
const NOT_IN: Readonly<Record<AuthorityProfile, readonly (keyof TokenValidatorOptions)[]>> = {
  workforce: [],
  ciam: [],
  b2c: ['tokenVersions', 'requireIdtyp', 'requireCertificateClient', 'useAppSpecificKeys'],
};

const NAMES = { ciam: 'External ID', b2c: 'Azure AD B2C' } as const;

/**
 * Checks that the other settings go with the authority.
 *
 * @throws {@link ConfigError} for a tenant of customers with more than one tenant, or with settings that its tokens
 * cannot satisfy.
 */
export function checkProfile(
  { profile }: Authority,
  tenants: TenantPolicy,
  options: TokenValidatorOptions,
): void {
  if (profile === 'workforce') return;
  const name = NAMES[profile];
  if (tenants.kind !== 'one') {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `tenantId names several tenants, but the authority is one tenant of ${name}; give its GUID as tenantId`,
    );
  }
  const pointless = NOT_IN[profile].find((option) => (options[option] ?? false) !== false);
  if (pointless !== undefined) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${pointless} is given, but tokens of ${name} do not tell what it asks for; leave it out`,
    );
  }
}

function listedVersions(value: unknown): ReadonlySet<TokenVersion> {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const versions = items.filter((item) => item === '1.0' || item === '2.0');
  if (versions.length === 0 || versions.length !== items.length) {
    throw invalidOption('tokenVersions', "an array of '1.0' and '2.0', at least one", value);
  }
  return new Set(versions);
}

/**
 * Resolves the formats accepted (rule I2). B2C tokens all say 1.0, and External ID has no others than 2.0.
 *
 * @throws {@link ConfigError} for what is no version, or none that the authority issues.
 */
export function resolveVersions(
  value: TokenValidatorOptions['tokenVersions'],
  { profile }: Authority,
): ReadonlySet<TokenVersion> {
  if (profile === 'b2c') return new Set(['1.0']);
  const versions = value === undefined ? new Set<TokenVersion>(['2.0']) : listedVersions(value);
  if (profile === 'ciam' && versions.has('1.0')) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      "tokenVersions names '1.0', but External ID issues v2.0 tokens only; leave tokenVersions out",
    );
  }
  return versions;
}
