import { randomUUID } from 'node:crypto';
import type { AadstsError } from './aadsts.ts';

/**
 * Thrown where a request is found wanting, caught where the answer is written. Not an error of this package: it
 * never leaves the emulator.
 */
export class Refusal extends Error {
  readonly reason: AadstsError;

  constructor(reason: AadstsError) {
    super(`AADSTS${reason.code}`);
    this.name = 'Refusal';
    this.reason = reason;
  }
}

/** Refusals that Entra was recorded to send without the address of an error page. */
const WITHOUT_ERROR_URI: ReadonlySet<number> = new Set([700038, 70003]);

/** What the body of a refusal is made from besides its reason. */
export interface RefusalContext {
  readonly origin: string;
  readonly now: Date;
  readonly correlationId: string;
}

/** The body of a refusal (section 1.7 of the wire specification). */
export function refusalBody(
  reason: AadstsError,
  context: RefusalContext,
): Readonly<Record<string, unknown>> {
  const timestamp = `${context.now.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const traceId = randomUUID();
  return {
    error: reason.error,
    error_description:
      `AADSTS${reason.code}: ${reason.text} Trace ID: ${traceId} ` +
      `Correlation ID: ${context.correlationId} Timestamp: ${timestamp}`,
    error_codes: [reason.code],
    timestamp,
    trace_id: traceId,
    correlation_id: context.correlationId,
    ...(WITHOUT_ERROR_URI.has(reason.code)
      ? {}
      : { error_uri: `${context.origin}/error?code=${reason.code}` }),
    ...(reason.suberror === undefined ? {} : { suberror: reason.suberror }),
    // Entra sends the challenge as text within the JSON.
    ...(reason.claims === undefined ? {} : { claims: JSON.stringify(reason.claims) }),
  };
}
