import { CallCredentials, Metadata } from '@grpc/grpc-js';
import type { AccessToken } from '../acquire/token-credential.ts';
import type { TokenSource } from '../acquire/token-source.ts';
import { AcquisitionError, GrpcEntraError } from '../core/errors.ts';
import { statusCodes } from '../core/status-code.ts';

/** An error grpc-js turns into a status: without a numeric code it would become UNKNOWN (rule C19). */
class CredentialStatusError extends Error {
  readonly code: number;

  constructor(error: unknown) {
    super(
      error instanceof GrpcEntraError
        ? `no access token for this call: ${error.message}`
        : 'no access token for this call: the credential failed',
      { cause: error },
    );
    this.name = 'CredentialStatusError';
    this.code = statusCodeOf(error);
  }
}

/** What the authority answers in words, where nothing about the credential is wrong: a person has to allow the call. */
const NOT_ALLOWED: ReadonlySet<string | undefined> = new Set([
  'access_denied',
  'consent_required',
  'interaction_required',
]);
/** The same by number, because Entra says `invalid_grant` for all of these: conditional access, consent, assignment. */
const NOT_ALLOWED_AADSTS: ReadonlySet<number | undefined> = new Set([
  53003, 530035, 65001, 501051, 50076, 50079, 50158,
]);

function statusCodeOf(error: unknown): number {
  if (!(error instanceof AcquisitionError)) return statusCodes.UNAUTHENTICATED;
  if (error.code !== 'ERR_ACQUISITION_REJECTED') return statusCodes.UNAVAILABLE;
  const { aadsts, oauthError } = error.details;
  return NOT_ALLOWED_AADSTS.has(aadsts) || NOT_ALLOWED.has(oauthError)
    ? statusCodes.PERMISSION_DENIED
    : statusCodes.UNAUTHENTICATED;
}

/**
 * Attaches a source's token to each call. grpc-js runs this for every attempt, so the metadata is built once a
 * token, not once a call (rule C21).
 */
export function tokenCallCredentials(source: TokenSource): CallCredentials {
  let held: { readonly token: AccessToken; readonly metadata: Metadata } | undefined;
  const metadataFor = (token: AccessToken): Metadata => {
    if (held?.token !== token) {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${token.token}`);
      held = { token, metadata };
    }
    return held.metadata;
  };
  return CallCredentials.createFromMetadataGenerator((_options, callback) => {
    const fail = (error: unknown): void => callback(new CredentialStatusError(error));
    let token: AccessToken | Promise<AccessToken>;
    try {
      token = source.get();
    } catch (error) {
      fail(error);
      return;
    }
    if (token instanceof Promise) {
      token.then((fetched) => callback(null, metadataFor(fetched)), fail);
    } else {
      callback(null, metadataFor(token));
    }
  });
}
