import { aadstsByNumber } from './aadsts.ts';
import { type Answer, refusalAnswer } from './answer.ts';
import type { Fault } from './fault.ts';
import type { RefusalContext } from './refusal.ts';

const PAGE =
  '<!doctype html><html><head><title>Service unavailable</title></head><body></body></html>';

function retryAfter(seconds: number | undefined): Readonly<Record<string, string>> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

function outage(
  status: number,
  body: 'html' | 'json' | 'text',
  seconds: number | undefined,
  context: RefusalContext,
): Answer {
  if (body === 'json') {
    const code = status === 429 ? 90055 : 90033;
    const known = aadstsByNumber(code);
    if (known === undefined) throw new Error(`AADSTS${code} is not in the table`);
    const { retryAfterSeconds: _unused, ...reason } = known;
    return refusalAnswer(
      { ...reason, status, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) },
      context,
    );
  }
  return {
    status,
    body: body === 'html' ? PAGE : 'Too Many Requests',
    headers: {
      'content-type': body === 'html' ? 'text/html; charset=utf-8' : 'text/plain',
      ...retryAfter(seconds),
    },
  };
}

/**
 * The answer that a fault puts in place of the right one.
 *
 * @returns `undefined` for faults that need the right answer.
 */
export function faultyAnswer(
  fault: Fault | undefined,
  context: RefusalContext,
): Answer | undefined {
  if (fault?.kind === 'aadsts') {
    const { kind: _kind, code, ...changes } = fault;
    const reason = aadstsByNumber(code);
    return reason === undefined ? undefined : refusalAnswer({ ...reason, ...changes }, context);
  }
  if (fault?.kind === 'throttled') {
    return outage(429, fault.body ?? 'json', fault.retryAfterSeconds ?? 60, context);
  }
  if (fault?.kind === 'unavailable') {
    return outage(fault.status ?? 503, fault.body ?? 'html', fault.retryAfterSeconds, context);
  }
  if (fault?.kind === 'answer') {
    const type = { 'content-type': 'application/json; charset=utf-8' };
    return {
      status: fault.status,
      body: fault.body ?? '',
      headers: { ...type, ...fault.headers },
    };
  }
  return undefined;
}

/** Changes the right answer as a fault demands. */
export function alteredAnswer(answer: Answer, fault: Fault | undefined): Answer {
  if (fault?.kind === 'content-type') {
    return { ...answer, headers: { ...answer.headers, 'content-type': fault.value } };
  }
  if (fault?.kind === 'members' && typeof answer.body === 'object') {
    // Members that are `undefined` vanish in JSON.
    return { ...answer, body: { ...answer.body, ...fault.members } };
  }
  return answer;
}
