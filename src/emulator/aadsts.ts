import { randomUUID } from 'node:crypto';

/** A refusal of the authority in Entra's terms. */
export interface AadstsError {
  readonly status: number;
  readonly error: string;
  readonly code: number;
  readonly text: string;
}

const of = (status: number, error: string, code: number, text: string): AadstsError =>
  Object.freeze({ status, error, code, text });

/** Refusals by their natural causes; numbers, statuses and OAuth codes as Entra gives them. */
export const aadsts: Readonly<{
  tenantUnknown: AadstsError;
  tenantUnknownInMetadata: AadstsError;
  tenantMalformed: AadstsError;
  parameterMissing: (name: string) => AadstsError;
  grantUnsupported: AadstsError;
  applicationUnknown: AadstsError;
  applicationPlaceholder: AadstsError;
  credentialMissing: AadstsError;
  secretWrong: AadstsError;
  secretExpired: AadstsError;
  resourceParameter: AadstsError;
  scopeWithoutDefault: AadstsError;
  scopeOfSeveral: AadstsError;
  resourceUnknown: AadstsError;
}> = Object.freeze({
  tenantUnknown: of(400, 'invalid_request', 90002, 'This emulator has no such tenant.'),
  tenantUnknownInMetadata: of(400, 'invalid_tenant', 90002, 'This emulator has no such tenant.'),
  tenantMalformed: of(400, 'invalid_request', 900023, 'The tenant in the path is no GUID.'),
  parameterMissing: (name: string) =>
    of(400, 'invalid_request', 900144, `The request body lacks the parameter '${name}'.`),
  grantUnsupported: of(400, 'unsupported_grant_type', 70003, 'The grant type is not supported.'),
  applicationUnknown: of(
    400,
    'unauthorized_client',
    700016,
    'No application with this id is registered here.',
  ),
  applicationPlaceholder: of(
    400,
    'unauthorized_client',
    700038,
    'The client id is no application id.',
  ),
  credentialMissing: of(
    401,
    'invalid_client',
    7000218,
    'The request has neither client_secret nor client_assertion.',
  ),
  secretWrong: of(401, 'invalid_client', 7000215, 'The client secret is wrong.'),
  secretExpired: of(401, 'invalid_client', 7000222, 'The client secret has expired.'),
  resourceParameter: of(
    400,
    'invalid_request',
    901002,
    "The parameter 'resource' is not for this endpoint; use 'scope'.",
  ),
  scopeWithoutDefault: of(400, 'invalid_scope', 1002012, 'The scope must end in /.default.'),
  scopeOfSeveral: of(400, 'invalid_scope', 28000, 'The scope names several resources.'),
  resourceUnknown: of(400, 'invalid_resource', 500011, 'No such resource is registered here.'),
});

/** The body of a refusal (section 1.7 of the wire specification). */
export function errorBody(
  refusal: AadstsError,
  context: { readonly origin: string; readonly now: Date; readonly correlationId: string },
): Readonly<Record<string, unknown>> {
  const timestamp = `${context.now.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const traceId = randomUUID();
  return {
    error: refusal.error,
    error_description:
      `AADSTS${refusal.code}: ${refusal.text} Trace ID: ${traceId} ` +
      `Correlation ID: ${context.correlationId} Timestamp: ${timestamp}`,
    error_codes: [refusal.code],
    timestamp,
    trace_id: traceId,
    correlation_id: context.correlationId,
    error_uri: `${context.origin}/error?code=${refusal.code}`,
  };
}
