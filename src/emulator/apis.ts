import { ConfigError } from '../core/errors.ts';
import {
  checkBoolean,
  checkChoice,
  checkOptionNames,
  checkString,
  invalidOption,
} from '../core/options.ts';
import { checkNames, idOf } from './ids.ts';
import { type Tenant, tenantsOf } from './tenants.ts';

/** An API registered in the emulated tenant. */
export interface EmulatedApi {
  /** Name to find it by. */
  readonly name: string;
  /** Application (client) id; default: derived from the name, the same at every start. */
  readonly clientId?: string;
  /** App ID URIs, for example `api://orders`. At least one. */
  readonly identifierUris: readonly string[];
  /** App roles it defines. */
  readonly appRoles?: readonly string[];
  /** Delegated permissions it defines. */
  readonly scopes?: readonly string[];
  /** Format of the tokens issued for it. Default: 2. */
  readonly accessTokenVersion?: 1 | 2;
  /** Whether tokens carry the optional claim `idtyp`. Default: false, as in Entra. */
  readonly emitIdtyp?: boolean;
  /** Whether callers without an assigned role get no token (AADSTS501051). Default: false, as in Entra. */
  readonly assignmentRequired?: boolean;
  /** Names of further tenants that have it. Default: none. */
  readonly tenants?: readonly string[];
}

/** An API, resolved. */
export interface Api {
  readonly name: string;
  readonly clientId: string;
  readonly identifierUris: readonly string[];
  readonly appRoles: readonly string[];
  readonly scopes: readonly string[];
  readonly version: '1.0' | '2.0';
  readonly emitIdtyp: boolean;
  readonly assignmentRequired: boolean;
  /** Ids of the tenants that have it. */
  readonly tenantIds: ReadonlySet<string>;
}

const NAMES: readonly string[] = [
  'name',
  'clientId',
  'identifierUris',
  'appRoles',
  'scopes',
  'accessTokenVersion',
  'emitIdtyp',
  'assignmentRequired',
  'tenants',
];

/** Resolves an API. */
export function resolveApi(input: EmulatedApi, tenants: readonly Tenant[]): Api {
  checkOptionNames('emulator api', input, NAMES);
  const name = checkString('emulator api name', input.name);
  const where = `emulator api "${name}"`;
  const identifierUris = checkNames(`${where} identifierUris`, input.identifierUris);
  if (identifierUris.length === 0) {
    throw invalidOption(`${where} identifierUris`, 'a list such as ["api://orders"]', []);
  }
  const version = checkChoice(
    `${where} accessTokenVersion`,
    String(input.accessTokenVersion ?? 2),
    ['1', '2'],
  );
  return Object.freeze({
    name,
    clientId: idOf(`${where} clientId`, input.clientId, `api ${name}`),
    identifierUris,
    appRoles: checkNames(`${where} appRoles`, input.appRoles),
    scopes: checkNames(`${where} scopes`, input.scopes),
    version: version === '1' ? '1.0' : '2.0',
    emitIdtyp: checkBoolean(`${where} emitIdtyp`, input.emitIdtyp, false),
    assignmentRequired: checkBoolean(
      `${where} assignmentRequired`,
      input.assignmentRequired,
      false,
    ),
    tenantIds: tenantsOf(`${where} tenants`, input.tenants, tenants),
  });
}

/** The API a resource identifier means: an App ID URI, with or without trailing slash, or a client id. */
export function findApi(apis: readonly Api[], resource: string): Api | undefined {
  const wanted = resource.replace(/\/$/, '');
  return apis.find(
    (api) =>
      api.clientId === wanted.toLowerCase() ||
      api.identifierUris.some((uri) => uri.replace(/\/$/, '') === wanted),
  );
}

/** What has been granted, by client id of the API. */
export type Grants = ReadonlyMap<string, readonly string[]>;

/**
 * Resolves grants written by App ID URI or client id.
 *
 * @param kind - What is granted: app roles, or delegated permissions.
 * @throws ConfigError for an API that is not registered, or a role or permission it does not define.
 */
export function resolveGrants(
  where: string,
  input: Readonly<Record<string, readonly string[]>> | undefined,
  apis: readonly Api[],
  kind: 'appRoles' | 'scopes',
): Grants {
  if (input !== undefined && (typeof input !== 'object' || input === null)) {
    throw invalidOption(where, 'an object from App ID URI to a list of names', input);
  }
  const grants = new Map<string, readonly string[]>();
  for (const [resource, given] of Object.entries(input ?? {})) {
    const api = findApi(apis, resource);
    if (api === undefined) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `${where} names no registered api: "${resource}"; registered are ${apis.map((known) => known.identifierUris[0]).join(', ') || 'none'}`,
      );
    }
    const names = checkNames(`${where} "${resource}"`, given);
    const unknown = names.find((name) => !api[kind].includes(name));
    if (unknown !== undefined) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `${where}: api "${api.name}" has no "${unknown}" in its ${kind}; it has ${api[kind].join(', ') || 'none'}`,
      );
    }
    grants.set(api.clientId, names);
  }
  return grants;
}
