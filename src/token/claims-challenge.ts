import { Buffer } from 'node:buffer';
import type { Caller } from '../core/caller.ts';
import { AuthorizationError, TokenError } from '../core/errors.ts';
import { invalidOption } from '../core/options.ts';
import { tokenReasons } from '../core/token-reason.ts';
import type { TokenPolicy } from './policy.ts';

/** What a new token must say. Nothing in it comes from the token refused. */
export type ClaimsRequest =
  /** The sign-in must satisfy an authentication context, for example `c1`. */
  | { readonly authContext: string }
  /** The token must be issued after a moment, seconds since the epoch. */
  | { readonly notBefore: number };

const AUTH_CONTEXT = /^c[1-9][0-9]?$/;

/**
 * Checks the id of an authentication context.
 *
 * @throws {@link ConfigError} `ERR_OPTION_INVALID` unless it is `c1` to `c99`.
 */
export function checkAuthContext(where: string, value: unknown): string {
  if (typeof value === 'string' && AUTH_CONTEXT.test(value)) return value;
  throw invalidOption(where, 'the id of an authentication context, "c1" to "c99"', value);
}

function claimsOf(request: ClaimsRequest): string {
  const wanted =
    'authContext' in request
      ? { acrs: { essential: true, value: request.authContext } }
      : { nbf: { essential: true, value: String(request.notBefore) } };
  return Buffer.from(JSON.stringify({ access_token: wanted })).toString('base64');
}

/**
 * Writes the challenge that tells a client which claims its next token needs (rules X1, X4 to X6).
 *
 * @returns A value for `www-authenticate`: ASCII, each parameter once and quoted.
 * @see RFC 9470; Microsoft identity platform, claims challenges
 */
export function claimsChallenge(
  { authority, tenants }: TokenPolicy,
  request: ClaimsRequest,
): string {
  const one = tenants.kind === 'one';
  // Rule X5: an empty realm goes with the address for all tenants, a tenant stands in both.
  const realm = one ? tenants.tenantId : '';
  const authorize = `${authority.origin}/${one ? tenants.tenantId : 'common'}/oauth2/v2.0/authorize`;
  return (
    `Bearer realm="${realm}", authorization_uri="${authorize}", ` +
    `error="insufficient_claims", claims="${claimsOf(request)}"`
  );
}

/**
 * Requires that a caller's sign-in satisfied an authentication context (rules X1 to X3).
 *
 * @throws {@link TokenError} `auth_context_required` with a challenge, for a user whose client can answer it.
 * @throws {@link AuthorizationError} `auth_context_missing` for others: an application cannot sign in more strongly.
 */
export function requireAuthContext(policy: TokenPolicy, caller: Caller, context: string): void {
  if (caller.kind === 'app') throw new AuthorizationError('auth_context_missing');
  if (caller.authContexts.includes(context)) return;
  if (!caller.answersChallenges) throw new AuthorizationError('auth_context_missing');
  throw new TokenError(tokenReasons.auth_context_required.code, 'auth_context_required', {
    challenge: claimsChallenge(policy, { authContext: context }),
  });
}

/** Builds the refusal of a revoked token: with a challenge where the client can answer it (rule X4). */
export function revokedToken(policy: TokenPolicy, caller: Caller, nowSeconds: number): TokenError {
  const { code } = tokenReasons.token_revoked;
  if (!caller.answersChallenges) return new TokenError(code, 'token_revoked');
  const challenge = claimsChallenge(policy, { notBefore: Math.floor(nowSeconds) });
  return new TokenError(code, 'token_revoked', { challenge });
}
