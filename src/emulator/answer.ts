import type { AadstsError } from './aadsts.ts';
import { type RefusalContext, refusalBody } from './refusal.ts';

/** What is sent back. */
export interface Answer {
  readonly status: number;
  /** An object is sent as JSON. */
  readonly body: Readonly<Record<string, unknown>> | string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Number of the refusal, if it is one. */
  readonly aadsts?: number;
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const NO_STORE = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache', expires: '-1' };
const DOCUMENT = { 'cache-control': 'max-age=86400, private', 'access-control-allow-origin': '*' };

/** An answer with a token, which nobody may store. */
export function tokenAnswer(body: Readonly<Record<string, unknown>>): Answer {
  return { status: 200, body, headers: { ...JSON_TYPE, ...NO_STORE } };
}

/** A discovery document. */
export function documentAnswer(body: Readonly<Record<string, unknown>>): Answer {
  return { status: 200, body, headers: { ...JSON_TYPE, ...DOCUMENT } };
}

/** A refusal in Entra's shape. */
export function refusalAnswer(reason: AadstsError, context: RefusalContext): Answer {
  const retry: Record<string, string> =
    reason.retryAfterSeconds === undefined
      ? {}
      : { 'retry-after': String(reason.retryAfterSeconds) };
  return {
    status: reason.status,
    body: refusalBody(reason, context),
    headers: { ...JSON_TYPE, ...NO_STORE, ...retry },
    aadsts: reason.code,
  };
}

/** A refusal of a request that is not for an authority at all. */
export function httpRefusal(
  status: number,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    body: { error, error_description: description },
    headers: { ...JSON_TYPE, ...NO_STORE, ...headers },
  };
}

/** A page for people. */
export function pageAnswer(title: string, text: string): Answer {
  return {
    status: 200,
    body: `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  };
}
