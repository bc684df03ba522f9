import { type AcquisitionDetails, AcquisitionError } from '../core/errors.ts';
import type { HttpsResponse } from '../core/https-request.ts';
import { aadstsHint } from './aadsts-hints.ts';
import type { AccessToken } from './token-credential.ts';

const RETRYABLE_STATUS: readonly number[] = [408, 429, 500, 502, 503, 504];

function jsonObject(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Reads `Retry-After`, seconds or an HTTP date, as milliseconds from now. */
function retryAfterMs(value: string | string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const text = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === 'string' && pattern.test(value) ? value : undefined;

function detailsOf(
  response: HttpsResponse,
  body: Readonly<Record<string, unknown>> | undefined,
  now: number,
): AcquisitionDetails {
  const codes: unknown = body?.['error_codes'];
  const fromCodes: unknown = Array.isArray(codes) ? codes[0] : undefined;
  const description: unknown = body?.['error_description'];
  const fromText =
    typeof description === 'string' ? /AADSTS(\d{5,9})/.exec(description)?.[1] : undefined;
  const aadsts = typeof fromCodes === 'number' ? fromCodes : fromText && Number(fromText);
  const oauthError = text(body?.['error'], /^[a-z_]{1,60}$/);
  const traceId = text(body?.['trace_id'], /^[0-9a-f-]{36}$/);
  const correlationId = text(body?.['correlation_id'], /^[0-9a-f-]{36}$/);
  const retry = retryAfterMs(response.headers['retry-after'], now);
  return {
    httpStatus: response.status,
    ...(oauthError === undefined ? {} : { oauthError }),
    ...(typeof aadsts === 'number' ? { aadsts } : {}),
    ...(traceId === undefined ? {} : { traceId }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(retry === undefined ? {} : { retryAfterMs: retry }),
  };
}

function refusal(
  response: HttpsResponse,
  now: number,
  shown: string | undefined,
): AcquisitionError {
  // Status and headers first: a throttled answer may be plain text and an outage may be HTML (rule C12).
  const details = detailsOf(response, jsonObject(response.body), now);
  const retryable = RETRYABLE_STATUS.includes(response.status);
  const facts = [
    `HTTP ${response.status}`,
    ...(details.oauthError === undefined ? [] : [details.oauthError]),
    ...(details.aadsts === undefined ? [] : [`AADSTS${details.aadsts}`]),
    ...(details.traceId === undefined ? [] : [`trace ${details.traceId}`]),
  ].join(', ');
  return new AcquisitionError(
    retryable ? 'ERR_ACQUISITION_UNAVAILABLE' : 'ERR_ACQUISITION_REJECTED',
    `the authority ${retryable ? 'is unavailable' : 'refused the token request'} (${facts}); ${aadstsHint(details)}${
      retryable || shown === undefined ? '' : `; ${shown}`
    }`,
    { retryable, details },
  );
}

function malformed(what: string): AcquisitionError {
  return new AcquisitionError(
    'ERR_ACQUISITION_UNAVAILABLE',
    `the authority answered 200 with ${what}; is there a proxy between?`,
    { retryable: true, details: { httpStatus: 200 } },
  );
}

/** Whole seconds: a number, or a numeric string as v1.0 endpoints send. */
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : undefined;
}

/**
 * Reads the answer of a token endpoint.
 *
 * @param requestedAt - Wall-clock milliseconds just before the request: expiry counts from there and not from the
 * token's own times, because the authority's clock is not ours (rule C6).
 * @param shown - What a refusal adds about how the application proved itself.
 * @throws {@link AcquisitionError} when it is no token.
 */
export function parseTokenResponse(
  response: HttpsResponse,
  requestedAt: number,
  shown?: string,
): AccessToken {
  if (response.status !== 200) throw refusal(response, requestedAt, shown);
  const body = jsonObject(response.body);
  if (body === undefined) throw malformed('a body that is no JSON object');
  const token: unknown = body['access_token'];
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw malformed('no access_token');
  const type: unknown = body['token_type'];
  if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) {
    throw malformed('a token_type other than Bearer');
  }
  const expiresIn = seconds(body['expires_in']);
  if (expiresIn === undefined) throw malformed('no positive expires_in');
  const refreshIn = seconds(body['refresh_in']);
  return Object.freeze({
    token,
    expiresOnTimestamp: requestedAt + expiresIn * 1000,
    ...(refreshIn === undefined || refreshIn >= expiresIn
      ? {}
      : { refreshAfterTimestamp: requestedAt + refreshIn * 1000 }),
  });
}
