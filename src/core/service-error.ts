import type { DetailOf, ErrorDetail } from './error-details.ts';
import type { StatusName } from './status-code.ts';

/** What a {@link ServiceError} may carry beside status and text. */
export interface ServiceErrorOptions extends ErrorOptions {
  /** For programs: sent to the caller beside the text (`grpc-status-details-bin`). Default: none. */
  readonly details?: readonly ErrorDetail[];
}

/** What only a received error has. */
interface ReceivedOptions extends ServiceErrorOptions {
  readonly received?: boolean;
  readonly challenge?: string | undefined;
}

/**
 * A call that ended with a status other than OK.
 *
 * In a handler, throw one to answer with that status, text and details; anything else that is thrown answers INTERNAL
 * with a fixed text. On a client, calls reject with one.
 *
 * One that was received is not passed on when a handler lets it through: another service's words were meant for this
 * service, not for its callers. They are told INTERNAL, or CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE where it was
 * that. Catch it and throw a new one to say more.
 */
export class ServiceError extends Error {
  /** The status by name, for example `NOT_FOUND`. */
  readonly status: Exclude<StatusName, 'OK'>;
  /** Details for programs; empty when there are none. */
  readonly details: readonly ErrorDetail[];
  /** Whether another service answered this, or it was thrown here. */
  readonly received: boolean;
  /** On a client: the server's `www-authenticate` challenge, if it sent one. */
  readonly challenge: string | undefined;

  /**
   * @param status - Any status but OK.
   * @param message - Sent to the caller as it is: no secrets, no internals.
   */
  constructor(
    status: Exclude<StatusName, 'OK'>,
    message: string,
    options: ServiceErrorOptions = {},
  ) {
    super(message, options);
    const { details, received, challenge }: ReceivedOptions = options;
    this.name = 'ServiceError';
    this.status = status;
    this.details = Object.freeze([...(details ?? [])]);
    this.received = received ?? false;
    this.challenge = challenge;
  }

  /** The first detail of a type, for example `error.detail('RetryInfo')?.retryDelayMs`. */
  detail<T extends ErrorDetail['type']>(type: T): DetailOf<T> | undefined {
    return this.details.find((detail): detail is DetailOf<T> => detail.type === type);
  }
}

/** An error that another service answered. */
export function receivedError(
  status: Exclude<StatusName, 'OK'>,
  message: string,
  options: Omit<ReceivedOptions, 'received'>,
): ServiceError {
  const all: ReceivedOptions = { ...options, received: true };
  return new ServiceError(status, message, all);
}
