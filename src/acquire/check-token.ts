import { AcquisitionError } from '../core/errors.ts';
import type { AccessToken } from './token-credential.ts';

/**
 * Foreign credentials are checked like an authority's answer: what is sent must be one clean token that has not ended.
 *
 * @param now - Wall-clock milliseconds.
 */
export function checkToken(token: AccessToken | null, now: number): AccessToken {
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
  if (token.expiresOnTimestamp <= now) {
    throw new AcquisitionError(
      'ERR_ACQUISITION_REJECTED',
      'the credential returned a token that has ended; is the clock of this machine right, or does its cache keep it?',
      { retryable: false },
    );
  }
  return token;
}
