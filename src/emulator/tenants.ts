import { checkOptionNames, checkString, invalidOption } from '../core/options.ts';
import { checkNames, guidFrom, idOf } from './ids.ts';

/** A further tenant, besides the one the registrations are in. */
export interface EmulatedTenant {
  /** Name to find it by, and to name it with in registrations. */
  readonly name: string;
  /** Default: derived from the name, the same at every start. */
  readonly tenantId?: string;
  /** Verified domains, which may stand for the id in addresses, for example `fabrikam.example`. */
  readonly domains?: readonly string[];
}

/** A tenant, resolved. */
export interface Tenant {
  readonly name: string;
  readonly tenantId: string;
  readonly domains: readonly string[];
}

/** Name of the tenant that registrations are in when they name no other. */
export const HOME_TENANT = 'home';

const DOMAIN =
  /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** Whether a path segment has the form of a verified domain. */
export function isDomain(text: string): boolean {
  return DOMAIN.test(text);
}

function checkDomains(where: string, given: readonly string[] | undefined): readonly string[] {
  return checkNames(where, given).map((domain) => {
    const lowered = domain.toLowerCase();
    if (!isDomain(lowered))
      throw invalidOption(where, 'domains such as "fabrikam.example"', domain);
    return lowered;
  });
}

/** Resolves the tenant that registrations are in. */
export function resolveHomeTenant(
  tenantId: string | undefined,
  domains: readonly string[] | undefined,
): Tenant {
  return Object.freeze({
    name: HOME_TENANT,
    tenantId:
      tenantId === undefined
        ? guidFrom('grpc-entra emulated tenant')
        : idOf('startEntraEmulator tenantId', tenantId, ''),
    domains: checkDomains('startEntraEmulator domains', domains),
  });
}

/** Resolves a further tenant. */
export function resolveTenant(input: EmulatedTenant): Tenant {
  checkOptionNames('emulator tenant', input, ['name', 'tenantId', 'domains']);
  const name = checkString('emulator tenant name', input.name);
  const where = `emulator tenant "${name}"`;
  return Object.freeze({
    name,
    tenantId: idOf(`${where} tenantId`, input.tenantId, `tenant ${name}`),
    domains: checkDomains(`${where} domains`, input.domains),
  });
}

/** Names of the tenants a registration is in: the home tenant, and those that took it up. */
export function tenantsOf(
  where: string,
  names: readonly string[] | undefined,
  tenants: readonly Tenant[],
): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const name of [HOME_TENANT, ...checkNames(where, names)]) {
    const tenant = tenants.find((candidate) => candidate.name === name);
    if (tenant === undefined) {
      const known = tenants.map((candidate) => candidate.name).join(', ');
      throw invalidOption(where, `names of the emulator's tenants (${known})`, name);
    }
    ids.add(tenant.tenantId);
  }
  return ids;
}
