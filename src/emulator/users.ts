import { ConfigError } from '../core/errors.ts';
import { checkOptionNames, checkString } from '../core/options.ts';
import { type Api, type Grants, resolveGrants } from './apis.ts';
import { checkNames, findByName, guidFrom, idOf } from './ids.ts';
import { HOME_TENANT, type Tenant } from './tenants.ts';

/** A person, for delegated tokens. */
export interface EmulatedUser {
  /** Name to find the user by. */
  readonly name: string;
  /** Default: derived from the name, the same at every start. */
  readonly objectId?: string;
  /** Default: the name. */
  readonly displayName?: string;
  /** Default: the name at `emulated.example`. */
  readonly userPrincipalName?: string;
  /** Object ids of groups; more than 200 become an overage claim, as in Entra. */
  readonly groups?: readonly string[];
  /** App roles assigned to the user, by App ID URI or client id of the API. */
  readonly appRoles?: Readonly<Record<string, readonly string[]>>;
  /** Name of the tenant the user is in. Default: the home tenant. */
  readonly tenant?: string;
}

/** A person, resolved. */
export interface User {
  readonly name: string;
  readonly objectId: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly groups: readonly string[];
  readonly roles: Grants;
  readonly tenantId: string;
}

/** Resolves a user. */
export function resolveUser(
  input: EmulatedUser,
  tenants: readonly Tenant[],
  apis: readonly Api[],
): User {
  checkOptionNames('emulator user', input, [
    'name',
    'objectId',
    'displayName',
    'userPrincipalName',
    'groups',
    'appRoles',
    'tenant',
  ]);
  const name = checkString('emulator user name', input.name);
  const where = `emulator user "${name}"`;
  const mailbox = name.toLowerCase().replace(/[^a-z0-9]+/g, '.');
  return Object.freeze({
    name,
    objectId: idOf(`${where} objectId`, input.objectId, `user ${name}`),
    displayName: checkString(`${where} displayName`, input.displayName ?? name),
    userPrincipalName: checkString(
      `${where} userPrincipalName`,
      input.userPrincipalName ?? `${mailbox}@emulated.example`,
    ),
    groups: checkNames(`${where} groups`, input.groups),
    roles: resolveGrants(`${where} appRoles`, input.appRoles, apis, 'appRoles'),
    tenantId: findByName('tenant', tenants, input.tenant ?? HOME_TENANT).tenantId,
  });
}

/** The user a token is for when none was registered in its tenant. */
export function anonymousUser(tenantId: string): User {
  return Object.freeze({
    name: 'user',
    objectId: guidFrom(`user of ${tenantId}`),
    displayName: 'Emulated User',
    userPrincipalName: 'user@emulated.example',
    groups: Object.freeze([]),
    roles: new Map<string, readonly string[]>(),
    tenantId,
  });
}

/**
 * The user a minted token is for: the one named, else the first of the tenant, else an anonymous one.
 *
 * @throws ConfigError when the named user is in another tenant.
 */
export function userOf(users: readonly User[], name: string | undefined, tenantId: string): User {
  if (name === undefined) {
    return users.find((user) => user.tenantId === tenantId) ?? anonymousUser(tenantId);
  }
  const user = findByName('user', users, name);
  if (user.tenantId !== tenantId) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `emulator user "${name}" is in another tenant than the token; set tenantId to the user's, or name another user`,
    );
  }
  return user;
}
