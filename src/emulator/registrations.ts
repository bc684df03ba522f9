import { createHash, randomBytes } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import {
  checkChoice,
  checkGuid,
  checkOptionNames,
  checkString,
  invalidOption,
} from '../core/options.ts';
import { Secret } from '../core/secret.ts';

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
}

/** A secret of an application. */
export interface EmulatedSecret {
  readonly value: string;
  readonly expires: Date;
}

/** An application that obtains tokens. */
export interface EmulatedApp {
  readonly name: string;
  readonly clientId?: string;
  /** Default: one random secret. */
  readonly secrets?: readonly (string | EmulatedSecret)[];
  /** Roles granted to it, by App ID URI or client id of the API. */
  readonly appRoles?: Readonly<Record<string, readonly string[]>>;
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
}

/** An application, resolved. */
export interface App {
  readonly name: string;
  readonly clientId: string;
  /** Object id of its service principal. */
  readonly objectId: string;
  readonly secrets: readonly { readonly value: Secret; readonly expires: Date | undefined }[];
  /** Granted roles by client id of the API. */
  readonly grants: ReadonlyMap<string, readonly string[]>;
}

/** A GUID that follows from a text, so that configuration written down once stays right. */
export function guidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function idOf(where: string, given: string | undefined, seed: string): string {
  return given === undefined ? guidFrom(seed) : checkGuid(where, given, 'an application id');
}

function checkNames(where: string, names: readonly string[] | undefined): readonly string[] {
  if (names === undefined) return [];
  if (!Array.isArray(names)) throw invalidOption(where, 'a list of names', names);
  return names.map((name, index) => checkString(`${where}[${index}]`, name));
}

/** Resolves an API. */
export function resolveApi(input: EmulatedApi): Api {
  checkOptionNames('emulator api', input, [
    'name',
    'clientId',
    'identifierUris',
    'appRoles',
    'scopes',
    'accessTokenVersion',
    'emitIdtyp',
  ]);
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
    emitIdtyp: input.emitIdtyp === true,
  });
}

function grantsOf(where: string, input: EmulatedApp, apis: readonly Api[]): App['grants'] {
  const grants = new Map<string, readonly string[]>();
  for (const [resource, roles] of Object.entries(input.appRoles ?? {})) {
    const api = findApi(apis, resource);
    if (api === undefined) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `${where} appRoles names no registered api: "${resource}"`,
      );
    }
    for (const role of checkNames(`${where} appRoles`, roles)) {
      if (api.appRoles.includes(role)) continue;
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `${where}: api "${api.name}" defines no role "${role}"; it defines ${api.appRoles.join(', ') || 'none'}`,
      );
    }
    grants.set(api.clientId, roles);
  }
  return grants;
}

/** Resolves an application. */
export function resolveApp(input: EmulatedApp, apis: readonly Api[]): App {
  checkOptionNames('emulator app', input, ['name', 'clientId', 'secrets', 'appRoles']);
  const name = checkString('emulator app name', input.name);
  const where = `emulator app "${name}"`;
  // With the punctuation that breaks clients which do not form-encode.
  const secrets = input.secrets ?? [`${randomBytes(24).toString('base64url')}~+/=&%`];
  return Object.freeze({
    name,
    clientId: idOf(`${where} clientId`, input.clientId, `app ${name}`),
    objectId: guidFrom(`service principal ${name}`),
    secrets: secrets.map((secret) =>
      typeof secret === 'string'
        ? { value: new Secret(checkString(`${where} secret`, secret)), expires: undefined }
        : {
            value: new Secret(checkString(`${where} secret`, secret.value)),
            expires: secret.expires,
          },
    ),
    grants: grantsOf(where, input, apis),
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

/** The registration with a name. @throws ConfigError listing the names there are. */
export function findNamed<T extends { readonly name: string }>(
  kind: string,
  list: readonly T[],
  name: string,
): T {
  const found = list.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `the emulator has no ${kind} "${name}"; it has ${list.map((item) => `"${item.name}"`).join(', ') || 'none'}`,
    );
  }
  return found;
}
