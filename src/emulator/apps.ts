import { randomBytes } from 'node:crypto';
import { checkBoolean, checkOptionNames, checkString, invalidOption } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import { type Api, type Grants, resolveGrants } from './apis.ts';
import { type AppCertificate, resolveAppCertificate } from './app-certificate.ts';
import {
  type EmulatedFederatedCredential,
  type FederatedCredential,
  resolveFederatedCredential,
} from './federated-credential.ts';
import { findByName, guidFrom, idOf, resolveList } from './ids.ts';
import { type Tenant, tenantsOf } from './tenants.ts';

/** A secret of an application. */
export interface EmulatedSecret {
  readonly value: string;
  readonly expires: Date;
}

/** An application that obtains tokens. */
export interface EmulatedApp {
  /** Name to find it by. */
  readonly name: string;
  /** Application (client) id; default: derived from the name, the same at every start. */
  readonly clientId?: string;
  /** Default: one random secret, unless the application has certificates or federated credentials. */
  readonly secrets?: readonly (string | EmulatedSecret)[];
  /** Certificates it signs assertions with, PEM, without their keys. */
  readonly certificates?: readonly string[];
  /** Assertions of other issuers that are accepted for it. */
  readonly federatedCredentials?: readonly EmulatedFederatedCredential[];
  /** Roles granted to it, by App ID URI or client id of the API. */
  readonly appRoles?: Readonly<Record<string, readonly string[]>>;
  /** Delegated permissions consented to, for on-behalf-of, by App ID URI or client id of the API. */
  readonly delegatedScopes?: Readonly<Record<string, readonly string[]>>;
  /**
   * Name of the API it is the same registration as, so that it may act on behalf of those who call that API. Its
   * client id is then the API's.
   */
  readonly api?: string;
  /** Whether it is registered as a public client, which must not authenticate (AADSTS700025). Default: false. */
  readonly publicClient?: boolean;
  /** Whether sign-in is disabled for it (AADSTS7000112). Default: false. */
  readonly disabled?: boolean;
  /** Names of further tenants that consented to it. Default: none. */
  readonly tenants?: readonly string[];
}

/** What can be the client of a token: an application, or a managed identity. */
export interface Principal {
  readonly name: string;
  readonly clientId: string;
  /** Granted app roles. */
  readonly roles: Grants;
}

/** An application, resolved. */
export interface App extends Principal {
  readonly secrets: readonly { readonly value: Secret; readonly expires: Date | undefined }[];
  readonly certificates: readonly AppCertificate[];
  readonly federatedCredentials: readonly FederatedCredential[];
  /** Consented delegated permissions. */
  readonly scopes: Grants;
  readonly publicClient: boolean;
  readonly disabled: boolean;
  /** Ids of the tenants that have it. */
  readonly tenantIds: ReadonlySet<string>;
}

const NAMES: readonly string[] = [
  'name',
  'clientId',
  'secrets',
  'certificates',
  'federatedCredentials',
  'appRoles',
  'delegatedScopes',
  'api',
  'publicClient',
  'disabled',
  'tenants',
];

/** Object id of the service principal of a client: the same for a client in a tenant, always (trap T10). */
export function servicePrincipalId(principal: Principal, tenantId: string): string {
  return guidFrom(`service principal ${principal.clientId} in ${tenantId}`);
}

function resolveSecret(where: string, secret: string | EmulatedSecret): App['secrets'][number] {
  if (typeof secret === 'string') {
    return { value: new Secret(checkString(where, secret)), expires: undefined };
  }
  checkOptionNames(where, secret, ['value', 'expires']);
  if (!(secret.expires instanceof Date) || Number.isNaN(secret.expires.getTime())) {
    throw invalidOption(`${where} expires`, 'a Date', secret.expires);
  }
  return {
    value: new Secret(checkString(`${where} value`, secret.value)),
    expires: secret.expires,
  };
}

function secretsOf(where: string, input: EmulatedApp): App['secrets'] {
  if (input.secrets === undefined) {
    const hasOther =
      input.certificates !== undefined ||
      input.federatedCredentials !== undefined ||
      input.publicClient === true;
    if (hasOther) return Object.freeze([]);
    // With the punctuation that breaks clients which do not form-encode.
    return [resolveSecret(where, `${randomBytes(24).toString('base64url')}~+/=&%`)];
  }
  return resolveList(`${where} secrets`, input.secrets, (secret) =>
    resolveSecret(`${where} secret`, secret),
  );
}

function clientIdOf(where: string, input: EmulatedApp, apis: readonly Api[]): string {
  if (input.api === undefined)
    return idOf(`${where} clientId`, input.clientId, `app ${input.name}`);
  if (input.clientId !== undefined) {
    throw invalidOption(`${where} clientId`, 'absent beside "api", whose client id holds', '');
  }
  return findByName('api', apis, input.api).clientId;
}

/** Resolves an application. */
export function resolveApp(
  input: EmulatedApp,
  tenants: readonly Tenant[],
  apis: readonly Api[],
): App {
  checkOptionNames('emulator app', input, NAMES);
  const name = checkString('emulator app name', input.name);
  const where = `emulator app "${name}"`;
  return Object.freeze({
    name,
    clientId: clientIdOf(where, input, apis),
    secrets: secretsOf(where, input),
    certificates: resolveList(`${where} certificates`, input.certificates, (pem) =>
      resolveAppCertificate(`${where} certificates`, pem),
    ),
    federatedCredentials: resolveList(
      `${where} federatedCredentials`,
      input.federatedCredentials,
      (credential) => resolveFederatedCredential(`${where} federatedCredential`, credential),
    ),
    roles: resolveGrants(`${where} appRoles`, input.appRoles, apis, 'appRoles'),
    scopes: resolveGrants(`${where} delegatedScopes`, input.delegatedScopes, apis, 'scopes'),
    publicClient: checkBoolean(`${where} publicClient`, input.publicClient, false),
    disabled: checkBoolean(`${where} disabled`, input.disabled, false),
    tenantIds: tenantsOf(`${where} tenants`, input.tenants, tenants),
  });
}
