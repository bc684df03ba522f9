import type { StatusName } from './status-code.ts';

/**
 * A call that ended with a status other than OK.
 *
 * In a handler, throw one to answer with that status and text; anything else that is thrown answers INTERNAL with
 * a fixed text. On a client, calls reject with one.
 */
export class ServiceError extends Error {
  /** The status by name, for example `NOT_FOUND`. */
  readonly status: Exclude<StatusName, 'OK'>;
  /** On a client: the server's `www-authenticate` challenge, if it sent one. */
  readonly challenge: string | undefined;

  /**
   * @param status - Any status but OK.
   * @param message - Sent to the caller as it is: no secrets, no internals.
   */
  constructor(
    status: Exclude<StatusName, 'OK'>,
    message: string,
    options: ErrorOptions & { readonly challenge?: string | undefined } = {},
  ) {
    super(message, options);
    this.name = 'ServiceError';
    this.status = status;
    this.challenge = options.challenge;
  }
}
