import type { Api, Grants } from '../apis.ts';
import type { App } from '../apps.ts';
import type { EmulatorContext } from '../context.ts';

/** What has been granted, by name of the API. */
type NamedGrants = readonly { readonly api: string; readonly names: readonly string[] }[];

/** What is registered, for the page. Secrets are told of, and never told. */
export interface PageState {
  readonly origin: string;
  readonly tenants: readonly {
    readonly name: string;
    readonly tenantId: string;
    readonly domains: readonly string[];
  }[];
  readonly apis: readonly {
    readonly name: string;
    readonly clientId: string;
    readonly identifierUris: readonly string[];
    readonly version: '1.0' | '2.0';
    readonly appRoles: readonly string[];
    readonly scopes: readonly string[];
    readonly assignmentRequired: boolean;
  }[];
  readonly apps: readonly {
    readonly name: string;
    readonly clientId: string;
    readonly kind: 'application' | 'managed identity';
    /** For example `secret, until 2027-01-01`. */
    readonly credentials: readonly string[];
    readonly roles: NamedGrants;
    readonly scopes: NamedGrants;
  }[];
  readonly users: readonly { readonly name: string; readonly objectId: string }[];
  readonly keys: readonly {
    readonly kid: string;
    readonly use: 'next' | 'signs' | 'retired';
  }[];
}

function namedGrants(grants: Grants, apis: readonly Api[]): NamedGrants {
  return [...grants].map(([clientId, names]) => ({
    api: apis.find((api) => api.clientId === clientId)?.name ?? clientId,
    names,
  }));
}

const day = (time: number | Date): string => new Date(time).toISOString().slice(0, 10);

function credentialsOf(app: App): readonly string[] {
  if (app.disabled) return ['sign-in is disabled'];
  if (app.publicClient) return ['none: a public client'];
  return [
    ...app.secrets.map(({ expires }) =>
      expires === undefined ? 'secret' : `secret, until ${day(expires)}`,
    ),
    ...app.certificates.map(
      ({ sha1, validTo }) =>
        `certificate ${sha1.toString('hex').toUpperCase()}, until ${day(validTo)}`,
    ),
    ...app.federatedCredentials.map(({ issuer }) => `assertions of ${issuer}`),
  ];
}

function appsOf({ directory }: EmulatorContext): PageState['apps'] {
  const { apis, apps, managedIdentities } = directory;
  return [
    ...apps.map((app) => ({
      name: app.name,
      clientId: app.clientId,
      kind: 'application' as const,
      credentials: credentialsOf(app),
      roles: namedGrants(app.roles, apis),
      scopes: namedGrants(app.scopes, apis),
    })),
    ...managedIdentities.map((identity) => ({
      name: identity.name,
      clientId: identity.clientId,
      kind: 'managed identity' as const,
      credentials: ['the managed identity endpoint'],
      roles: namedGrants(identity.roles, apis),
      scopes: [],
    })),
  ];
}

function keysOf({ keys }: EmulatorContext): PageState['keys'] {
  const { published, signing } = keys;
  const at = published.indexOf(signing);
  return published.map(({ kid }, index) => {
    if (index === at) return { kid, use: 'signs' };
    return { kid, use: index < at ? 'next' : 'retired' };
  });
}

/** Collects what the page shows of the registrations. */
export function pageState(context: EmulatorContext): PageState {
  const { tenants, apis, users } = context.directory;
  return {
    origin: context.origin,
    tenants: tenants.map(({ name, tenantId, domains }) => ({ name, tenantId, domains })),
    apis: apis.map(
      ({ name, clientId, identifierUris, version, appRoles, scopes, assignmentRequired }) => ({
        name,
        clientId,
        identifierUris,
        version,
        appRoles,
        scopes,
        assignmentRequired,
      }),
    ),
    apps: appsOf(context),
    users: users.map(({ name, objectId }) => ({ name, objectId })),
    keys: keysOf(context),
  };
}
