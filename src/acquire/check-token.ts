import { AcquisitionError } from '../core/errors.ts';
import type { AccessToken } from './token-credential.ts';

/** Foreign credentials are checked like an authority's answer: what is sent must be one clean token. */
export function checkToken(token: AccessToken | null): AccessToken {
  if (token === null || typeof token.token !== 'string' || !/^[\x21-\x7e]+$/.test(token.token)) {
    throw new AcquisitionError('ERR_ACQUISITION_REJECTED', 'the credential returned no token', {
      retryable: false,
    });
  }
  if (!Number.isFinite(token.expiresOnTimestamp)) {
    throw new AcquisitionError(
      'ERR_ACQUISITION_REJECTED',
      'the credential returned a token without expiresOnTimestamp (milliseconds since the epoch)',
      { retryable: false },
    );
  }
  return token;
}
