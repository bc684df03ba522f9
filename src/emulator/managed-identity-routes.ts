import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ConfigError } from '../core/errors.ts';
import { checkChoice } from '../core/options.ts';
import type { Secret } from '../core/secret.ts';
import { aadsts, parameterMissing } from './aadsts.ts';
import { type Answer, httpRefusal, tokenAnswer } from './answer.ts';
import { type EmulatorContext, issueAccessToken, nowSeconds } from './context.ts';
import { findResource } from './directory.ts';
import type { ManagedIdentity } from './managed-identities.ts';
import { Refusal } from './refusal.ts';
import type { ReadRequest, Route } from './routes.ts';
import { tokenTimes } from './token-times.ts';

/** The platforms whose endpoints are emulated: App Service with its like, and virtual machines. */
export type ManagedIdentityPlatform = 'app-service' | 'virtual-machine';

const PATHS = { appService: '/msi/token', virtualMachine: '/metadata/identity/oauth2/token' };

/** Managed identities get tokens for a day. */
const LIFETIME_SECONDS = 86_400;

/** The identity a request names by client id, object id or resource id; unnamed, the system-assigned one. */
function identityOf(
  query: URLSearchParams,
  identities: readonly ManagedIdentity[],
): ManagedIdentity | undefined {
  const by = (names: readonly string[]): string | undefined =>
    names
      .map((name) => query.get(name))
      .find((value) => value !== null)
      ?.toLowerCase();
  const clientId = by(['client_id', 'clientid']);
  const objectId = by(['object_id', 'principal_id']);
  const resourceId = by(['msi_res_id', 'mi_res_id']);
  if (clientId === undefined && objectId === undefined && resourceId === undefined) {
    return identities.find((identity) => identity.systemAssigned);
  }
  return identities.find(
    (identity) =>
      (clientId === undefined || identity.clientId === clientId) &&
      (objectId === undefined || identity.objectId === objectId) &&
      (resourceId === undefined || identity.resourceId.toLowerCase() === resourceId),
  );
}

interface Issued {
  readonly token: string;
  readonly identity: ManagedIdentity;
  readonly resource: string;
  readonly lifetime: number;
  readonly expiresOn: number;
  readonly notBefore: number;
}

async function issue(request: ReadRequest, context: EmulatorContext): Promise<Issued | undefined> {
  const { directory } = context;
  const query = request.url.searchParams;
  const identity = identityOf(query, directory.managedIdentities);
  if (identity === undefined) return undefined;
  const resource = query.get('resource') ?? '';
  if (resource === '') throw new Refusal(parameterMissing('resource'));
  const api = findResource(directory, directory.home.tenantId, resource);
  if (api === undefined) throw new Refusal(aadsts.resourceUnknown);
  const lifetime = request.changes.lifetimeSeconds ?? LIFETIME_SECONDS;
  const token = await issueAccessToken(
    context,
    {
      subject: { kind: 'app' },
      client: identity,
      tenantId: directory.home.tenantId,
      api,
      resource,
      roles: identity.roles.get(api.clientId) ?? [],
      clientAuthentication: '2',
      extra: { xms_mirid: identity.resourceId },
    },
    { ...request.changes, lifetimeSeconds: lifetime },
  );
  return {
    token,
    identity,
    resource,
    lifetime,
    ...tokenTimes(token, nowSeconds(context), lifetime),
  };
}

const identityMissing = (): Answer =>
  httpRefusal(400, 'invalid_request', 'This emulator has no such managed identity.');

function equal(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

const single = (headers: IncomingHttpHeaders, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
};

/** App Service: a secret header proves that the caller is on the same machine. */
function appServiceRoute(identityHeader: Secret): Route {
  return {
    endpoint: 'managed-identity',
    method: 'GET',
    async answer(request, context) {
      if (!equal(single(request.headers, 'x-identity-header'), identityHeader.reveal())) {
        return httpRefusal(
          401,
          'unauthorized',
          'The header X-IDENTITY-HEADER is missing or wrong.',
        );
      }
      if (request.url.searchParams.get('api-version') !== '2019-08-01') {
        return httpRefusal(400, 'invalid_request', 'The api-version must be 2019-08-01.');
      }
      const issued = await issue(request, context);
      if (issued === undefined) return identityMissing();
      return tokenAnswer({
        access_token: issued.token,
        client_id: issued.identity.clientId,
        expires_on: String(issued.expiresOn),
        resource: issued.resource,
        token_type: 'Bearer',
      });
    },
  };
}

/** Virtual machines: a header that forwarded requests do not carry, and no sign of forwarding. */
const virtualMachineRoute: Route = {
  endpoint: 'managed-identity',
  method: 'GET',
  async answer(request, context) {
    const forwarded = request.headers['x-forwarded-for'] !== undefined;
    if (forwarded || single(request.headers, 'metadata').toLowerCase() !== 'true') {
      return httpRefusal(400, 'invalid_request', 'The header "Metadata: true" is missing.');
    }
    if (request.url.searchParams.get('api-version') === null) {
      return httpRefusal(400, 'invalid_request', 'The api-version is missing.');
    }
    const issued = await issue(request, context);
    if (issued === undefined) return identityMissing();
    // All numbers are text here.
    return tokenAnswer({
      access_token: issued.token,
      client_id: issued.identity.clientId,
      expires_in: String(issued.lifetime - 1),
      ext_expires_in: String(issued.lifetime - 1),
      expires_on: String(issued.expiresOn),
      not_before: String(issued.notBefore),
      resource: issued.resource,
      token_type: 'Bearer',
    });
  },
};

/** Routes of the managed identity endpoints. msal-node ends the path of virtual machines in a slash. */
export function managedIdentityRoutes(
  identityHeader: Secret,
): (pathname: string) => Route | undefined {
  const appService = appServiceRoute(identityHeader);
  return (pathname) => {
    const path = pathname.toLowerCase().replace(/\/$/, '');
    if (path === PATHS.appService) return appService;
    return path === PATHS.virtualMachine ? virtualMachineRoute : undefined;
  };
}

/**
 * Environment variables with which the libraries find the endpoints.
 *
 * @param port - 0 when there are none.
 * @throws ConfigError when there are none.
 */
export function managedIdentityEnvironment(
  platform: ManagedIdentityPlatform,
  port: number,
  identityHeader: Secret,
): Readonly<Record<string, string>> {
  checkChoice('managedIdentityEnvironment', platform, ['app-service', 'virtual-machine']);
  if (port === 0) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'the emulator has no managed identities; register one with the option "managedIdentities"',
    );
  }
  const base = `http://127.0.0.1:${port}`;
  return platform === 'app-service'
    ? {
        IDENTITY_ENDPOINT: `${base}${PATHS.appService}`,
        IDENTITY_HEADER: identityHeader.reveal(),
      }
    : { AZURE_POD_IDENTITY_AUTHORITY_HOST: base };
}
