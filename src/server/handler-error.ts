import type { Metadata, StatusObject } from '@grpc/grpc-js';
import { encodeStatusDetails } from '../core/error-details-codec.ts';
import { ServiceError } from '../core/service-error.ts';
import { type StatusName, statusCodes } from '../core/status-code.ts';
import { INTERNAL_DETAILS } from './status.ts';

/** Called for each error that is hidden from the caller. */
export type HiddenErrorSink = (method: string, error: unknown) => void;

const DETAILS_KEY = 'grpc-status-details-bin';
/** Peers take 16 KiB of trailers; what goes beyond would cost the caller the whole status. */
const MAX_TEXT_BYTES = 2048;
const MAX_DETAILS_BYTES = 6144;

/** What a failed call to another service means to our own caller; anything else is our failure. */
const PASSED_ON: Partial<Record<StatusName, string>> = {
  CANCELLED: 'the call was cancelled',
  DEADLINE_EXCEEDED: 'the deadline passed while another service was asked',
  UNAVAILABLE: 'another service is not available',
};

/**
 * Bounds a text and replaces lone surrogates: grpc-js percent-encodes it with `encodeURI`, which throws on them and
 * would end the process (a truncated emoji is enough).
 */
function presentable(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= MAX_TEXT_BYTES) return bytes.toString('utf8');
  let end = MAX_TEXT_BYTES;
  // Back to the start of a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}…`;
}

function status(name: StatusName, text: string, metadata: Metadata): StatusObject {
  return { code: statusCodes[name], details: text, metadata };
}

/** Plain JavaScript may have given anything. */
function canEnd(name: unknown): boolean {
  return typeof name === 'string' && name !== 'OK' && Object.hasOwn(statusCodes, name);
}

function addDetails(error: ServiceError, text: string, trailers: Metadata): void {
  if (error.details.length === 0) return;
  const encoded = encodeStatusDetails(statusCodes[error.status], text, error.details);
  if (encoded.length > MAX_DETAILS_BYTES) {
    throw new Error(
      `error details of ${encoded.length} bytes were left out: at most ${MAX_DETAILS_BYTES} can be sent`,
      { cause: error },
    );
  }
  trailers.set(DETAILS_KEY, Buffer.from(encoded));
}

/**
 * Turns what a handler threw into a status. A {@link ServiceError} that was thrown here is meant for the caller; anything
 * else is INTERNAL with a fixed text, and reported to the server's own log.
 */
export function handlerStatus(
  method: string,
  error: unknown,
  trailers: Metadata,
  onHidden: HiddenErrorSink,
): StatusObject {
  if (!(error instanceof ServiceError) || !canEnd(error.status)) {
    onHidden(method, error);
    return status('INTERNAL', INTERNAL_DETAILS, trailers);
  }
  if (error.received) {
    const text = PASSED_ON[error.status];
    if (text !== undefined) return status(error.status, text, trailers);
    onHidden(method, error);
    return status('INTERNAL', INTERNAL_DETAILS, trailers);
  }
  const text = presentable(error.message);
  try {
    addDetails(error, text, trailers);
  } catch (cause) {
    // The caller gets status and text, which matter more.
    onHidden(method, cause);
  }
  return status(error.status, text, trailers);
}
