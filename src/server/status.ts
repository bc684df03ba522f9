import { Metadata, type StatusObject } from '@grpc/grpc-js';
import type { AuthorizationError, AuthorizationErrorCode, TokenErrorCode } from '../core/errors.ts';
import { ConnectionError, TokenError } from '../core/errors.ts';
import { statusCodes } from '../core/status-code.ts';

/** Codes that can refuse a call. */
export type RefusalCode = TokenErrorCode | AuthorizationErrorCode;

interface Wire {
  readonly code: (typeof statusCodes)[keyof typeof statusCodes];
  readonly details: string;
  /** Value of `www-authenticate` (rule E1). */
  readonly challenge?: string;
}

const INVALID = 'Bearer realm="entra", error="invalid_token"';

/** What a refused caller is told: the only place where codes meet the wire (rule E2). */
const wire: Readonly<Record<RefusalCode, Wire>> = {
  ERR_TOKEN_MISSING: {
    code: statusCodes.UNAUTHENTICATED,
    details: 'authentication required',
    challenge: 'Bearer realm="entra"',
  },
  ERR_TOKEN_MALFORMED: {
    code: statusCodes.UNAUTHENTICATED,
    details: 'invalid authorization metadata',
    challenge: 'Bearer realm="entra", error="invalid_request"',
  },
  ERR_TOKEN_INVALID: {
    code: statusCodes.UNAUTHENTICATED,
    details: 'invalid access token',
    challenge: INVALID,
  },
  ERR_TOKEN_EXPIRED: {
    code: statusCodes.UNAUTHENTICATED,
    details: 'access token expired',
    challenge: `${INVALID}, error_description="access token expired"`,
  },
  ERR_KEYS_UNAVAILABLE: {
    code: statusCodes.UNAVAILABLE,
    details: 'authentication temporarily unavailable',
  },
  ERR_CALL_DENIED: {
    code: statusCodes.PERMISSION_DENIED,
    details: 'permission denied',
    challenge: 'Bearer realm="entra", error="insufficient_scope"',
  },
};

/** Whatever refuses a call. */
export type Refusal = TokenError | AuthorizationError | ConnectionError;

/** Retry pause for UNAVAILABLE: jittered, so that waiting clients do not return together (rule E5). */
function pushbackMs(): string {
  return String(500 + Math.floor(Math.random() * 1500));
}

/** The status that answers a refused call, with its challenge in the trailing metadata. */
export function refusalStatus(refusal: Refusal): StatusObject {
  if (refusal instanceof ConnectionError) {
    // Shown to the peer on purpose: it is what the option that lets it come this far is for.
    const { message } = refusal;
    return { code: statusCodes.UNAUTHENTICATED, details: message, metadata: new Metadata() };
  }
  if (refusal.reason === 'method_unknown') {
    const details = 'method not implemented';
    return { code: statusCodes.UNIMPLEMENTED, details, metadata: new Metadata() };
  }
  const { code: number, details, challenge } = wire[refusal.code];
  const metadata = new Metadata();
  const own = refusal instanceof TokenError ? refusal.challenge : undefined;
  const asked = own ?? challenge;
  if (asked === undefined) metadata.set('grpc-retry-pushback-ms', pushbackMs());
  else metadata.set('www-authenticate', asked);
  return { code: number, details, metadata };
}

/** Text of every INTERNAL status: what went wrong is for the server's log. */
export const INTERNAL_DETAILS = 'internal error';
