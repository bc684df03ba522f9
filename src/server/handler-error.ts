import type { Metadata, StatusObject } from '@grpc/grpc-js';
import { ServiceError } from '../core/service-error.ts';
import { statusCodes } from '../core/status-code.ts';
import { INTERNAL_DETAILS } from './status.ts';

/** Called for each error that is hidden from the caller. */
export type HiddenErrorSink = (method: string, error: unknown) => void;

/**
 * Replaces lone surrogates: grpc-js percent-encodes the text with `encodeURI`, which throws on them and would end
 * the process (a truncated emoji is enough).
 */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/**
 * Turns what a handler threw into a status. A {@link ServiceError} is meant for the caller; anything else is
 * INTERNAL with a fixed text, and reported to the server's own log.
 */
export function handlerStatus(
  method: string,
  error: unknown,
  trailers: Metadata,
  onHidden: HiddenErrorSink,
): StatusObject {
  if (error instanceof ServiceError) {
    return {
      code: statusCodes[error.status],
      details: wellFormed(error.message),
      metadata: trailers,
    };
  }
  onHidden(method, error);
  return { code: statusCodes.INTERNAL, details: INTERNAL_DETAILS, metadata: trailers };
}
