import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isGuid } from '../core/options.ts';
import { type AadstsError, aadsts, errorBody } from './aadsts.ts';
import { keyDocument, metadataV1, metadataV2 } from './documents.ts';
import type { Api, App } from './registrations.ts';
import type { SigningKey } from './signing-key.ts';
import { decideTokenRequest } from './token-endpoint.ts';

/** What the routes serve. */
export interface EmulatedTenant {
  readonly origin: string;
  readonly tenantId: string;
  readonly apis: readonly Api[];
  readonly apps: readonly App[];
  readonly keys: () => readonly SigningKey[];
  readonly now: () => Date;
  readonly lifetimeSeconds: number;
  issue(app: App, api: Api, resource: string, roles: readonly string[]): Promise<string>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Larger than any token request; smaller than what could hurt. */
const MAX_BODY_BYTES = 65_536;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NO_STORE = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache', expires: '-1' };
const DOCUMENT = { 'cache-control': 'max-age=86400, private', 'access-control-allow-origin': '*' };

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Clients send their correlation id as a header, in the query or in the body (trap T4). */
function correlationId(request: IncomingMessage, url: URL, form?: URLSearchParams): string {
  const candidates = [
    request.headers['client-request-id'],
    url.searchParams.get('client-request-id'),
    form?.get('client-request-id'),
  ];
  const given = candidates.find(
    (value): value is string => typeof value === 'string' && GUID.test(value.toLowerCase()),
  );
  return given?.toLowerCase() ?? randomUUID();
}

function refusal(tenant: EmulatedTenant, reason: AadstsError, id: string): Answer {
  return {
    status: reason.status,
    body: errorBody(reason, { origin: tenant.origin, now: tenant.now(), correlationId: id }),
    headers: NO_STORE,
  };
}

async function answerToken(
  tenant: EmulatedTenant,
  request: IncomingMessage,
  url: URL,
): Promise<Answer> {
  const body = await readBody(request);
  if (body === undefined) return { status: 413, body: { error: 'invalid_request' } };
  const form = new URLSearchParams(body);
  const id = correlationId(request, url, form);
  const outcome = decideTokenRequest(
    { form, authorization: request.headers.authorization },
    tenant,
    tenant.now(),
  );
  if ('refused' in outcome) return refusal(tenant, outcome.refused, id);
  const accessToken = await tenant.issue(outcome.app, outcome.api, outcome.resource, outcome.roles);
  return {
    status: 200,
    headers: NO_STORE,
    body: {
      token_type: 'Bearer',
      expires_in: tenant.lifetimeSeconds - 1,
      ext_expires_in: tenant.lifetimeSeconds - 1,
      access_token: accessToken,
    },
  };
}

function answerDocument(tenant: EmulatedTenant, path: string): Answer | undefined {
  const document = (body: unknown): Answer => ({ status: 200, body, headers: DOCUMENT });
  switch (path) {
    case '/v2.0/.well-known/openid-configuration':
      return document(metadataV2(tenant));
    case '/.well-known/openid-configuration':
      return document(metadataV1(tenant));
    case '/discovery/v2.0/keys':
      return document(keyDocument(tenant.keys(), `${tenant.origin}/${tenant.tenantId}/v2.0`));
    case '/discovery/keys':
      return document(keyDocument(tenant.keys(), undefined));
    default:
      return undefined;
  }
}

async function answer(tenant: EmulatedTenant, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', tenant.origin);
  const [, segment = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
  const isToken = rest === '/oauth2/v2.0/token';
  const isDocument = answerDocument(tenant, rest) !== undefined;
  if (!isToken && !isDocument) return { status: 404, body: { error: 'not_found' } };
  const method = isToken ? 'POST' : 'GET';
  if (request.method !== method) {
    return { status: 405, body: { error: 'method_not_allowed' }, headers: { allow: method } };
  }
  if (segment.toLowerCase() !== tenant.tenantId) {
    const unknown = isToken ? aadsts.tenantUnknown : aadsts.tenantUnknownInMetadata;
    const reason = isGuid(segment.toLowerCase()) ? unknown : aadsts.tenantMalformed;
    return refusal(tenant, reason, correlationId(request, url));
  }
  if (isToken) return answerToken(tenant, request, url);
  return answerDocument(tenant, rest) ?? { status: 404, body: { error: 'not_found' } };
}

/** Answers one request. Whatever it is, the emulator stays up. */
export async function handleRequest(
  tenant: EmulatedTenant,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let result: Answer;
  try {
    result = await answer(tenant, request);
  } catch {
    result = { status: 500, body: { error: 'server_error' } };
  }
  if (response.destroyed) return;
  const body = JSON.stringify(result.body);
  response.writeHead(result.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    'x-ms-request-id': randomUUID(),
    ...(request.headers['return-client-request-id'] === 'true' &&
    typeof request.headers['client-request-id'] === 'string'
      ? { 'client-request-id': correlationId(request, new URL('https://localhost')) }
      : {}),
    ...result.headers,
  });
  // An unread rest of the request must not keep the connection busy.
  if (!request.complete) response.shouldKeepAlive = false;
  response.end(body);
}
