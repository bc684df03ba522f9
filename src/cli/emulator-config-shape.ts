import type { Shape } from './json-shape.ts';

const text: Shape = { kind: 'text' };
const number: Shape = { kind: 'number' };
const truth: Shape = { kind: 'truth' };
const list = (of: Shape): Shape => ({ kind: 'list', of });
const names = list(text);
const grants: Shape = { kind: 'map', of: names };
const object = (
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>>,
): Shape => ({ kind: 'object', required, optional });

/** Exactly one of the three. */
const federatedKeys = object(
  {},
  {
    document: { kind: 'map', of: list({ kind: 'map', of: { kind: 'text-or', other: names } }) },
    file: text,
    url: text,
    caFile: text,
  },
);
const secret: Shape = {
  kind: 'text-or',
  other: object({}, { value: text, file: text, expires: { kind: 'date' } }),
};

/** The configuration file of an emulator: the options of `startEntraEmulator`, as far as JSON can say them. */
export const emulatorConfigShape: Shape = object(
  {
    apis: list(
      object(
        { name: text, identifierUris: names },
        {
          clientId: text,
          appRoles: names,
          scopes: names,
          accessTokenVersion: number,
          emitIdtyp: truth,
          assignmentRequired: truth,
          tenants: names,
        },
      ),
    ),
    apps: list(
      object(
        { name: text },
        {
          clientId: text,
          secrets: list(secret),
          certificateFiles: names,
          federatedCredentials: list(
            object({ issuer: text, subject: text, keys: federatedKeys }, { audience: text }),
          ),
          appRoles: grants,
          delegatedScopes: grants,
          api: text,
          publicClient: truth,
          disabled: truth,
          tenants: names,
        },
      ),
    ),
  },
  {
    port: number,
    tenantId: text,
    domains: names,
    tenants: list(object({ name: text }, { tenantId: text, domains: names })),
    users: list(
      object(
        { name: text },
        {
          objectId: text,
          displayName: text,
          userPrincipalName: text,
          groups: names,
          appRoles: grants,
          tenant: text,
        },
      ),
    ),
    managedIdentities: list(
      object(
        { name: text },
        {
          clientId: text,
          resourceId: text,
          systemAssigned: truth,
          appRoles: grants,
        },
      ),
    ),
    tokenLifetimeSeconds: number,
  },
);
