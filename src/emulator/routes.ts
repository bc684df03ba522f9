import type { IncomingHttpHeaders } from 'node:http';
import { aadsts, aadstsByNumber } from './aadsts.ts';
import { type Answer, documentAnswer, httpRefusal, pageAnswer } from './answer.ts';
import type { EmulatorContext } from './context.ts';
import { findTenant, type SharedTenant } from './directory.ts';
import { instanceDiscovery, keyDocument, metadataV1, metadataV2 } from './documents.ts';
import type { TokenChanges } from './mint.ts';
import { Refusal } from './refusal.ts';
import type { Endpoint } from './request-log.ts';
import type { Tenant } from './tenants.ts';
import { answerTokenRequest } from './token-endpoint.ts';

/** A request, read to its end. */
export interface ReadRequest {
  readonly url: URL;
  readonly form: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Changes a fault makes to the token. */
  readonly changes: TokenChanges;
}

/** What an address leads to. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly method: 'GET' | 'POST';
  /**
   * Answers a request.
   *
   * @throws Refusal
   */
  answer(request: ReadRequest, context: EmulatorContext): Answer | Promise<Answer>;
}

type TenantAnswer = (
  request: ReadRequest,
  tenant: Tenant | SharedTenant,
  context: EmulatorContext,
) => Answer | Promise<Answer>;

/** Refuses tenants that are not there, with 400 and never 404 (trap T7). */
function tenantOf(
  segment: string,
  context: EmulatorContext,
  endpoint: Endpoint,
): Tenant | SharedTenant {
  const tenant = findTenant(context.directory, segment);
  if (tenant === 'malformed') throw new Refusal(aadsts.tenantMalformed);
  if (tenant === 'unknown') {
    throw new Refusal(endpoint === 'token' ? aadsts.tenantUnknown : aadsts.tenantUnknownInMetadata);
  }
  return tenant;
}

function ofTenant(
  endpoint: Endpoint,
  method: Route['method'],
  answer: TenantAnswer,
): (segment: string) => Route {
  return (segment) => ({
    endpoint,
    method,
    answer: (request, context) => answer(request, tenantOf(segment, context, endpoint), context),
  });
}

const token =
  (version: '1.0' | '2.0'): TenantAnswer =>
  (request, tenant, context) =>
    answerTokenRequest(
      {
        form: request.form,
        authorization: request.headers.authorization,
        changes: request.changes,
        tenant,
        version,
      },
      context,
    );

const keys =
  (version: '1.0' | '2.0'): TenantAnswer =>
  (_request, tenant, context) =>
    documentAnswer(keyDocument(context, tenant, version));

const interactive: TenantAnswer = () =>
  httpRefusal(
    400,
    'unsupported_response_type',
    'This emulator has no interactive sign-in; mint tokens of users with issueToken().',
  );

const tenantRoutes: Readonly<Record<string, (segment: string) => Route>> = {
  '/v2.0/.well-known/openid-configuration': ofTenant('metadata', 'GET', (_r, tenant, context) =>
    documentAnswer(metadataV2(context, tenant)),
  ),
  '/.well-known/openid-configuration': ofTenant('metadata', 'GET', (_r, tenant, context) =>
    documentAnswer(metadataV1(context, tenant)),
  ),
  '/discovery/v2.0/keys': ofTenant('keys', 'GET', keys('2.0')),
  '/discovery/keys': ofTenant('keys', 'GET', keys('1.0')),
  '/oauth2/v2.0/token': ofTenant('token', 'POST', token('2.0')),
  '/oauth2/token': ofTenant('token', 'POST', token('1.0')),
  '/oauth2/v2.0/authorize': ofTenant('other', 'GET', interactive),
  '/oauth2/authorize': ofTenant('other', 'GET', interactive),
};

const instanceRoute: Route = {
  endpoint: 'instance-discovery',
  method: 'GET',
  answer: ({ url }, context) =>
    documentAnswer(instanceDiscovery(context, url.searchParams.get('authorization_endpoint'))),
};

const errorRoute: Route = {
  endpoint: 'other',
  method: 'GET',
  answer: ({ url }) => {
    const code = Number(url.searchParams.get('code'));
    const known = aadstsByNumber(code);
    return known === undefined
      ? pageAnswer('Unknown error', 'This emulator does not know an error with this number.')
      : pageAnswer(`AADSTS${known.code}`, known.text);
  },
};

/** What a path leads to; `undefined` for nothing. */
export function findRoute(pathname: string): Route | undefined {
  if (pathname === '/error') return errorRoute;
  const [, segment = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
  // Under any first segment, as Entra serves it.
  if (rest === '/discovery/instance') return instanceRoute;
  return Object.hasOwn(tenantRoutes, rest) ? tenantRoutes[rest]?.(segment) : undefined;
}
