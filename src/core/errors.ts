import type { DenialReason } from './denial-reason.ts';
import type { TokenReason } from './token-reason.ts';

/** Codes of {@link ConfigError}: something the operator must change. */
export type ConfigErrorCode =
  | 'ERR_OPTION_UNKNOWN'
  | 'ERR_OPTION_INVALID'
  | 'ERR_RULE_MISSING'
  | 'ERR_RULE_INVALID'
  | 'ERR_FILE_UNREADABLE'
  | 'ERR_FILE_EXISTS'
  | 'ERR_CERTIFICATE_INVALID'
  | 'ERR_OPENSSL_UNUSABLE'
  | 'ERR_EMULATOR_FORBIDDEN'
  | 'ERR_LISTEN_FAILED';

/** Codes of {@link TokenError}: why a presented credential does not identify a caller. */
export type TokenErrorCode =
  | 'ERR_TOKEN_MISSING'
  | 'ERR_TOKEN_MALFORMED'
  | 'ERR_TOKEN_INVALID'
  | 'ERR_TOKEN_EXPIRED'
  | 'ERR_KEYS_UNAVAILABLE';

/** Codes of {@link AuthorizationError}: who is calling is known, and may not. */
export type AuthorizationErrorCode = 'ERR_CALL_DENIED';

/** Codes of {@link ConnectionError}: the connection is not one that calls may come over. */
export type ConnectionErrorCode = 'ERR_CLIENT_CERTIFICATE';

/** Codes of {@link AcquisitionError}: why the client has no token to send. */
export type AcquisitionErrorCode =
  | 'ERR_ACQUISITION_REJECTED'
  | 'ERR_ACQUISITION_UNAVAILABLE'
  | 'ERR_ACQUISITION_ABORTED';

/** Every code this package raises. A code never changes meaning. */
export type ErrorCode =
  | ConfigErrorCode
  | TokenErrorCode
  | AuthorizationErrorCode
  | ConnectionErrorCode
  | AcquisitionErrorCode;

/** What all errors of this package share: a code to switch on, and a message without secrets. */
export abstract class GrpcEntraError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * A setting that cannot work or must not be used. Raised when a thing is created, never during a call.
 * The message says what was found, what was wanted and what to do next.
 */
export class ConfigError extends GrpcEntraError {
  override readonly code: ConfigErrorCode;

  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A credential that does not identify a caller. `reason` is precise and for the server's own log and metrics;
 * callers are told the class alone (rule E2).
 */
export class TokenError extends GrpcEntraError {
  override readonly code: TokenErrorCode;
  /** The precise reason, from a closed list. */
  readonly reason: TokenReason;
  /**
   * Value for `www-authenticate` where the caller can do something about the refusal: a claims challenge (rules X1, X4).
   * ASCII, at most 2 KiB, without anything from the token.
   */
  readonly challenge: string | undefined;

  constructor(
    code: TokenErrorCode,
    reason: TokenReason,
    options: ErrorOptions & { readonly challenge?: string } = {},
  ) {
    super(`access token refused: ${reason}`, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.reason = reason;
    this.challenge = options.challenge;
  }
}

/** A verified caller that the rule of the method does not admit. */
export class AuthorizationError extends GrpcEntraError {
  override readonly code = 'ERR_CALL_DENIED';
  /** The precise reason, from a closed list. */
  readonly reason: DenialReason;

  constructor(reason: DenialReason) {
    super(`call denied: ${reason}`);
    this.reason = reason;
  }
}

/** Why no call may come over a connection. A closed list, so that it can label metrics. */
export type ConnectionReason = 'client_certificate_refused' | 'connection_unknown';

/** A connection that calls are refused on, whoever makes them. */
export class ConnectionError extends GrpcEntraError {
  override readonly code = 'ERR_CLIENT_CERTIFICATE';
  /** The precise reason, from a closed list. */
  readonly reason: ConnectionReason;

  /**
   * @param explanation - What the caller is told; nothing in it comes from the peer.
   */
  constructor(reason: ConnectionReason, explanation: string) {
    super(explanation);
    this.reason = reason;
  }
}

/** Facts about a refused token request that are safe to show and useful to Microsoft's support. */
export interface AcquisitionDetails {
  /** HTTP status of the authority's answer, if there was one. */
  readonly httpStatus?: number;
  /** OAuth error code of the answer, for example `invalid_client`. */
  readonly oauthError?: string;
  /** Number behind `AADSTS`, for messages and search only: Microsoft may change it. */
  readonly aadsts?: number;
  /** Trace id of the answer, for a support request. */
  readonly traceId?: string;
  /** Correlation id that went with the request. */
  readonly correlationId?: string;
  /** Milliseconds after which another attempt makes sense, if the authority said so. */
  readonly retryAfterMs?: number;
}

/** No token could be had. The message says why and what to do next, and holds no secret. */
export class AcquisitionError extends GrpcEntraError {
  override readonly code: AcquisitionErrorCode;
  /** Whether the same request may succeed later without a change of configuration. */
  readonly retryable: boolean;
  readonly details: AcquisitionDetails;

  constructor(
    code: AcquisitionErrorCode,
    message: string,
    options: ErrorOptions & {
      readonly retryable: boolean;
      readonly details?: AcquisitionDetails;
    },
  ) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable;
    this.details = Object.freeze({ ...options.details });
  }
}
