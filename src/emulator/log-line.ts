import { aadstsByNumber } from './aadsts.ts';
import type { Endpoint, RecordedRequest } from './request-log.ts';

/**
 * How a request ended: with a token, with another answer, refused, with a failure of the authority, or without a
 * whole answer, because a fault or the client broke it off.
 */
export type LogOutcome = 'token' | 'answered' | 'refused' | 'failed' | 'unfinished';

/** A request and its outcome, flat, for one line of JSON. Holds no secret, token or assertion. */
export interface LogLine {
  /** Counts from 1. */
  readonly number: number;
  /** ISO 8601, UTC, by the emulator's clock. */
  readonly at: string;
  readonly endpoint: Endpoint;
  readonly outcome: LogOutcome;
  /** HTTP status; `null` when no whole answer went out. */
  readonly status: number | null;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** What stood for the tenant in the path. */
  readonly tenant: string | null;
  /** Name of the registered application or managed identity. */
  readonly app: string | null;
  readonly clientId: string | null;
  /** The form field `grant_type`. */
  readonly grant: string | null;
  /** The form field `scope`, or else the resource. */
  readonly scope: string | null;
  /** What the client authenticated with. */
  readonly credential: 'secret' | 'assertion' | null;
  /** Number behind `AADSTS`. */
  readonly aadsts: number | null;
  /** What that number means. */
  readonly error: string | null;
  readonly correlationId: string;
  /** The library that asked, as far as it said, for example `MSAL.JS.Node 7.2.3`. */
  readonly client: string | null;
}

function outcomeOf({ status, endpoint, aadsts }: RecordedRequest): LogOutcome {
  if (status === undefined) return 'unfinished';
  if (status < 400) {
    return endpoint === 'token' || endpoint === 'managed-identity' ? 'token' : 'answered';
  }
  return aadsts === undefined && status >= 500 ? 'failed' : 'refused';
}

function libraryOf({ form, headers }: RecordedRequest): string | null {
  const name = form['x-client-SKU'] ?? headers['x-client-sku'];
  const version = form['x-client-VER'] ?? headers['x-client-ver'];
  if (name !== undefined) return version === undefined ? name : `${name} ${version}`;
  return headers['user-agent'] ?? null;
}

function credentialOf({ form, headers }: RecordedRequest): LogLine['credential'] {
  if (form['client_assertion'] !== undefined) return 'assertion';
  const isBasic = headers['authorization']?.toLowerCase().startsWith('basic ') === true;
  return form['client_secret'] !== undefined || isBasic ? 'secret' : null;
}

const OF_TENANT: readonly Endpoint[] = ['metadata', 'keys', 'token'];

/** Writes a request that is over as one line. */
export function logLine(number: number, request: RecordedRequest): LogLine {
  const { form, path, aadsts } = request;
  const [, segment = ''] = path.split(/[/?]/);
  const query = new URLSearchParams(path.split('?')[1] ?? '');
  return Object.freeze({
    number,
    at: request.at.toISOString(),
    endpoint: request.endpoint,
    outcome: outcomeOf(request),
    status: request.status ?? null,
    method: request.method,
    path,
    tenant: OF_TENANT.includes(request.endpoint) && segment !== '' ? segment : null,
    app: request.app ?? null,
    clientId: request.clientId ?? null,
    grant: form['grant_type'] ?? null,
    scope: form['scope'] ?? form['resource'] ?? query.get('resource'),
    credential: credentialOf(request),
    aadsts: aadsts ?? null,
    error: aadsts === undefined ? null : (aadstsByNumber(aadsts)?.text ?? null),
    correlationId: request.correlationId,
    client: libraryOf(request),
  });
}
