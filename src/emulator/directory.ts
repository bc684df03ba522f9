import { ConfigError } from '../core/errors.ts';
import { isGuid } from '../core/options.ts';
import { type Api, type EmulatedApi, findApi, resolveApi } from './apis.ts';
import { type App, type EmulatedApp, resolveApp } from './apps.ts';
import { checkUnique, resolveList } from './ids.ts';
import {
  type EmulatedManagedIdentity,
  type ManagedIdentity,
  resolveManagedIdentity,
} from './managed-identities.ts';
import {
  type EmulatedTenant,
  isDomain,
  resolveHomeTenant,
  resolveTenant,
  type Tenant,
} from './tenants.ts';
import { type EmulatedUser, resolveUser, type User } from './users.ts';

/** What is registered. */
export interface DirectoryOptions {
  /** Id of the tenant that registrations are in. Default: a fixed GUID, the same at every start. */
  readonly tenantId?: string;
  /** Verified domains of that tenant. Default: none. */
  readonly domains?: readonly string[];
  /** Further tenants. Default: none. */
  readonly tenants?: readonly EmulatedTenant[];
  readonly apis: readonly EmulatedApi[];
  readonly apps: readonly EmulatedApp[];
  /** People, for delegated tokens. Default: one anonymous user. */
  readonly users?: readonly EmulatedUser[];
  /** Identities served by the managed identity endpoints, which run when there are any. Default: none. */
  readonly managedIdentities?: readonly EmulatedManagedIdentity[];
}

/** All registrations, resolved. */
export interface Directory {
  /** The tenant that registrations are in. */
  readonly home: Tenant;
  readonly tenants: readonly Tenant[];
  readonly apis: readonly Api[];
  readonly apps: readonly App[];
  readonly users: readonly User[];
  readonly managedIdentities: readonly ManagedIdentity[];
}

function checkDirectory(directory: Directory): void {
  const { tenants, apis, apps, users, managedIdentities } = directory;
  const named = <T extends { readonly name: string }>(
    kind: string,
    list: readonly T[],
    valuesOf: (item: T) => readonly string[],
  ) =>
    list.flatMap((item) =>
      valuesOf(item).map((value) => ({ owner: `${kind} "${item.name}"`, value })),
    );
  const name = (item: { readonly name: string }) => [item.name];
  const clientId = (item: { readonly clientId: string }) => [item.clientId];
  checkUnique('name', named('tenant', tenants, name));
  checkUnique(
    'tenant id',
    named('tenant', tenants, (tenant) => [tenant.tenantId]),
  );
  checkUnique(
    'domain',
    named('tenant', tenants, (tenant) => tenant.domains),
  );
  checkUnique('name', named('api', apis, name));
  checkUnique('client id', named('api', apis, clientId));
  checkUnique(
    'App ID URI',
    named('api', apis, (api) => [
      ...new Set(api.identifierUris.map((uri) => uri.replace(/\/$/, ''))),
    ]),
  );
  checkUnique('name', named('app', apps, name));
  checkUnique('client id', [
    ...named('app', apps, clientId),
    ...named('managed identity', managedIdentities, clientId),
  ]);
  checkUnique('name', named('user', users, name));
  checkUnique(
    'object id',
    named('user', users, (user) => [user.objectId]),
  );
  checkUnique('name', named('managed identity', managedIdentities, name));
  if (managedIdentities.filter((identity) => identity.systemAssigned).length > 1) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'emulator: more than one managed identity is systemAssigned; a workload has one at most',
    );
  }
}

/**
 * Resolves all registrations.
 *
 * @throws ConfigError for a wrong one, for one that names another which does not exist, and for two alike.
 */
export function resolveDirectory(options: DirectoryOptions): Directory {
  const where = 'startEntraEmulator';
  const home = resolveHomeTenant(options.tenantId, options.domains);
  const tenants = [home, ...resolveList(`${where} tenants`, options.tenants, resolveTenant)];
  const apis = resolveList(`${where} apis`, options.apis, (api) => resolveApi(api, tenants));
  const directory: Directory = Object.freeze({
    home,
    tenants,
    apis,
    apps: resolveList(`${where} apps`, options.apps, (app) => resolveApp(app, tenants, apis)),
    users: resolveList(`${where} users`, options.users, (user) => resolveUser(user, tenants, apis)),
    managedIdentities: resolveList(
      `${where} managedIdentities`,
      options.managedIdentities,
      (identity) => resolveManagedIdentity(identity, home.tenantId, apis),
    ),
  });
  checkDirectory(directory);
  return directory;
}

/** What a tenant segment of an address means. */
export type TenantSegment = Tenant | SharedTenant | 'unknown' | 'malformed';

/** Addresses that stand for no tenant in particular. */
export type SharedTenant = 'common' | 'organizations' | 'consumers';

const SHARED: readonly SharedTenant[] = ['common', 'organizations', 'consumers'];

/** Finds the tenant of an address, by id or verified domain, in any letter case. */
export function findTenant(directory: Directory, segment: string): TenantSegment {
  const lowered = segment.toLowerCase();
  const shared = SHARED.find((name) => name === lowered);
  if (shared !== undefined) return shared;
  const tenant = directory.tenants.find(
    ({ tenantId, domains }) => tenantId === lowered || domains.includes(lowered),
  );
  if (tenant !== undefined) return tenant;
  return isGuid(lowered) || isDomain(lowered) ? 'unknown' : 'malformed';
}

/** The API a resource identifier means in a tenant. */
export function findResource(
  directory: Directory,
  tenantId: string,
  resource: string,
): Api | undefined {
  const api = findApi(directory.apis, resource);
  return api?.tenantIds.has(tenantId) === true ? api : undefined;
}

/** The application with a client id in a tenant. */
export function findApp(directory: Directory, clientId: string): App | undefined {
  return directory.apps.find((app) => app.clientId === clientId.toLowerCase());
}
