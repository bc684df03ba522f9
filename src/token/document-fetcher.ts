import type { Buffer } from 'node:buffer';
import type { Agent } from 'node:https';
import { HttpsRequestError, type HttpsResponse, httpsRequest } from '../core/https-request.ts';
import { KeyDocumentError } from './key-set.ts';

/**
 * Fetches the body of a document, of at most `maxBytes` bytes, counted while they arrive.
 *
 * Rejects with {@link KeyDocumentError} when there is none.
 */
export type DocumentFetcher = (url: URL, maxBytes: number) => Promise<Buffer>;

/** A document that does not exist where it was asked for. */
export class DocumentMissingError extends KeyDocumentError {}

/** A server that asks to be left alone for a while. */
export class DocumentDeferredError extends KeyDocumentError {
  /** For how long, milliseconds, at most a minute. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const TIMEOUT_MS = 5_000;
const MAX_RETRY_AFTER_SECONDS = 60;
/** An entity tag longer than this is not worth carrying around. */
const MAX_ETAG = 256;

const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

function retryAfterMs(response: HttpsResponse): number | undefined {
  const value = single(response.headers['retry-after']);
  if (value === undefined || !/^\d{1,6}$/.test(value)) return undefined;
  return Math.min(Number(value), MAX_RETRY_AFTER_SECONDS) * 1000;
}

function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** A document as it was received, with the tag that lets the server say that it is still current. */
interface Copy {
  readonly etag: string;
  readonly body: Buffer;
}

function exchange(
  agent: Agent,
  url: URL,
  maxBytes: number,
  copy: Copy | undefined,
): Promise<HttpsResponse> {
  return httpsRequest({
    method: 'GET',
    url,
    headers: copy === undefined ? {} : { 'if-none-match': copy.etag },
    agent,
    timeoutMs: TIMEOUT_MS,
    maxBytes,
  });
}

/** Asks once, and once more where the first failure may have been bad luck. */
async function exchangeWithRetry(ask: () => Promise<HttpsResponse>): Promise<HttpsResponse> {
  try {
    const response = await ask();
    if (!isPassing(response.status) || retryAfterMs(response) !== undefined) return response;
  } catch (error) {
    if (!(error instanceof HttpsRequestError) || error.failure !== 'network') throw error;
  }
  return ask();
}

function rejectionOf(response: HttpsResponse): KeyDocumentError {
  const message = `the authority answered with status ${response.status}`;
  if (response.status === 404) return new DocumentMissingError(message);
  const deferral = retryAfterMs(response);
  return deferral === undefined
    ? new KeyDocumentError(message)
    : new DocumentDeferredError(message, deferral);
}

/**
 * Makes the fetcher of metadata and keys: HTTPS only, at most 5 seconds an exchange, one retry after a network error or
 * a passing server error, no redirects, no cookies. A document that carries an entity tag is sent again only when it
 * changed.
 *
 * @param agent - Made by `createHttpsAgent`; its owner destroys it.
 */
export function createDocumentFetcher(agent: Agent): DocumentFetcher {
  const copies = new Map<string, Copy>();
  return async (url, maxBytes) => {
    const copy = copies.get(url.href);
    let response: HttpsResponse;
    try {
      response = await exchangeWithRetry(() => exchange(agent, url, maxBytes, copy));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'the request failed';
      throw new KeyDocumentError(`${url.host} gave no answer: ${why}`, { cause });
    }
    if (response.status === 304 && copy !== undefined) return copy.body;
    if (response.status !== 200) throw rejectionOf(response);
    const etag = single(response.headers['etag']);
    if (etag === undefined || etag.length > MAX_ETAG) copies.delete(url.href);
    else copies.set(url.href, { etag, body: response.body });
    return response.body;
  };
}
