import { type AcquisitionDetails, AcquisitionError, GrpcEntraError } from '../core/errors.ts';
import { aadstsHint } from './aadsts-hints.ts';

/** How deep errors are looked through: libraries wrap each other's. */
const MAX_CAUSES = 5;
const PASSING_STATUS: readonly number[] = [408, 429, 500, 502, 503, 504];
/**
 * Codes of libraries for an authority that did not answer, or not as an authority does: those of msal-node, of the Azure
 * SDKs' pipeline and, from `E` on, of the system.
 */
const PASSING_CODE =
  /^(network_error|token_parsing_error|endpoints_resolution_error|no_network_connectivity|REQUEST_SEND_ERROR|UND_ERR_\w+|E[A-Z_]{4,30})$/;
const PASSING_NAME = /^(AbortError|TimeoutError)$/;
const GUID = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';

type Members = Readonly<Record<string, unknown>>;

function causesOf(error: unknown): readonly Members[] {
  const found: Members[] = [];
  for (let next = error; typeof next === 'object' && next !== null; ) {
    if (found.length === MAX_CAUSES) break;
    const members = next as Members;
    found.push(members);
    next = members['cause'];
  }
  return found;
}

/** The first value that a reader finds in an error or its causes. */
function first<T>(
  causes: readonly Members[],
  read: (members: Members) => T | undefined,
): T | undefined {
  for (const members of causes) {
    const value = read(members);
    if (value !== undefined) return value;
  }
  return undefined;
}

function status({ statusCode, status: plain }: Members): number | undefined {
  return [statusCode, plain].find(
    (value): value is number => Number.isInteger(value) && Number(value) >= 300,
  );
}

/** What a message says after a mark. Nothing else of it is used: nobody knows what a foreign message holds. */
function said(pattern: RegExp): (members: Members) => string | undefined {
  return ({ message }) =>
    typeof message === 'string' ? pattern.exec(message)?.[1]?.toLowerCase() : undefined;
}

function detailsOf(causes: readonly Members[]): AcquisitionDetails {
  const httpStatus = first(causes, status);
  const number = first(causes, said(/AADSTS(\d{5,9})/));
  const traceId = first(causes, said(new RegExp(`Trace ID: (${GUID})`, 'i')));
  const correlationId = first(causes, said(new RegExp(`Correlation ID: (${GUID})`, 'i')));
  return {
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(number === undefined ? {} : { aadsts: Number(number) }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/** Whether it may pass by itself: the answer's status says so, or there was no answer. */
function mayPass(causes: readonly Members[], { httpStatus, aadsts }: AcquisitionDetails): boolean {
  if (httpStatus !== undefined) return PASSING_STATUS.includes(httpStatus);
  if (aadsts !== undefined) return false;
  return causes.some(
    ({ code, errorCode, name }) =>
      PASSING_CODE.test(String(code)) ||
      PASSING_CODE.test(String(errorCode)) ||
      PASSING_NAME.test(String(name)),
  );
}

/**
 * Says in our words why a credential of somebody else's gave no token, so that a call ends with the right status and its
 * message names the authority's error number. The error itself is the cause, for logs; none of its text is taken over.
 *
 * @returns Errors of this package as they are.
 */
export function acquisitionFailure(error: unknown): GrpcEntraError {
  if (error instanceof GrpcEntraError) return error;
  const causes = causesOf(error);
  const details = detailsOf(causes);
  const retryable = mayPass(causes, details);
  const name = String(causes[0]?.['name']);
  const facts = [
    /^[A-Za-z]{1,60}$/.test(name) && causes.length > 0 ? name : 'an error without a name',
    ...(details.httpStatus === undefined ? [] : [`HTTP ${details.httpStatus}`]),
    ...(details.aadsts === undefined ? [] : [`AADSTS${details.aadsts}`]),
    ...(details.traceId === undefined ? [] : [`trace ${details.traceId}`]),
  ].join(', ');
  const hint =
    details.aadsts === undefined && details.httpStatus === undefined
      ? 'its own error is the cause of this one'
      : aadstsHint(details);
  return new AcquisitionError(
    retryable ? 'ERR_ACQUISITION_UNAVAILABLE' : 'ERR_ACQUISITION_REJECTED',
    `the credential failed (${facts}); ${hint}`,
    { retryable, details, cause: error },
  );
}
