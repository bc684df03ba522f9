import { ConfigError } from '../core/errors.ts';
import { checkBoolean, checkGuid, checkOptionNames, invalidOption } from '../core/options.ts';
import { PERSONAL_TENANT, type TenantPolicy } from './policy.ts';

const HINT = 'the directory (tenant) id on the overview page of the app registration';
/** Names the authority understands in place of a tenant. With them, nothing ties a token to a tenant (rule I4b). */
const ALIASES: readonly unknown[] = ['common', 'organizations', 'consumers'];

function personalAccountsUnstated(): ConfigError {
  return new ConfigError(
    'ERR_OPTION_INVALID',
    'tenantId names the tenant of personal accounts, which anybody can join; if that is meant, give ' +
      '{ allowedTenants: [...], allowPersonalAccounts: true }',
  );
}

function oneTenant(value: unknown): TenantPolicy {
  if (ALIASES.includes(value)) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `tenantId "${String(value)}" accepts tokens of tenants you do not know; give the GUID of your tenant, ` +
        'or name several as { allowedTenants: [...] }',
    );
  }
  const tenantId = checkGuid('tenantId', value, HINT);
  if (tenantId === PERSONAL_TENANT) throw personalAccountsUnstated();
  return { kind: 'one', tenantId };
}

/**
 * Resolves the option that says whose tokens are accepted (rules I4b, I6, I7).
 *
 * @throws {@link ConfigError} for what is no GUID, for an alias such as `common`, and for personal accounts that were
 * not asked for by name.
 */
export function resolveTenants(value: unknown): TenantPolicy {
  if (typeof value !== 'object' || value === null) return oneTenant(value);
  checkOptionNames('tenantId', value, [
    'allowedTenants',
    'allowAnyTenant',
    'allowPersonalAccounts',
  ]);
  const option: {
    readonly allowedTenants?: unknown;
    readonly allowAnyTenant?: unknown;
    readonly allowPersonalAccounts?: unknown;
  } = value;
  const personalAccounts = checkBoolean(
    'tenantId.allowPersonalAccounts',
    option.allowPersonalAccounts,
    false,
  );
  const { allowAnyTenant, allowedTenants } = option;
  if (allowAnyTenant !== undefined) {
    if (allowAnyTenant !== true || allowedTenants !== undefined) {
      throw invalidOption('tenantId', '{ allowedTenants } or { allowAnyTenant: true }', value);
    }
    return { kind: 'any', personalAccounts };
  }
  if (!Array.isArray(allowedTenants) || allowedTenants.length === 0) {
    throw invalidOption('tenantId.allowedTenants', 'an array of tenant GUIDs', allowedTenants);
  }
  const tenantIds = new Set(
    allowedTenants.map((id: unknown, i) => checkGuid(`tenantId.allowedTenants[${i}]`, id, HINT)),
  );
  if (tenantIds.has(PERSONAL_TENANT) && !personalAccounts) throw personalAccountsUnstated();
  return { kind: 'listed', tenantIds };
}
