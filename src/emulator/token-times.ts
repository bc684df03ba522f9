import { decodeJwt } from 'jose';

/** When a token ends and begins, seconds since the epoch: an answer must say what the token says, to the second. */
export function tokenTimes(
  accessToken: string,
  now: number,
  lifetime: number,
): { readonly expiresOn: number; readonly notBefore: number } {
  const { exp, nbf } = decodeJwt(accessToken);
  return {
    expiresOn: typeof exp === 'number' ? exp : now + lifetime,
    notBefore: typeof nbf === 'number' ? nbf : now,
  };
}
