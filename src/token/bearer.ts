import { refusal } from './check.ts';
import type { CertificateBinding } from './policy.ts';

const BEARER = 'bearer';
/** Entra's scheme for tokens that are bound to the certificate of the connection. */
const BOUND = 'mtls_pop';
const LONGEST_SCHEME = 8;
const SPACE = 0x20;
/** What follows the scheme name must not continue it: `Bearerx` is another scheme. RFC 9110 section 5.6.2. */
const SCHEME_CHARACTER = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;
/** Everything but the alphabet of a compact JWS: base64url and dots. */
const NOT_TOKEN_CHARACTER = /[^A-Za-z0-9._-]/;

function schemeOf(value: string, binding: CertificateBinding): string {
  const accepted = binding === 'off' ? [BEARER] : [BEARER, BOUND];
  const start = value.slice(0, LONGEST_SCHEME).toLowerCase();
  const scheme = accepted.find((name) => start.startsWith(name));
  if (scheme === undefined || SCHEME_CHARACTER.test(value.charAt(scheme.length))) {
    throw refusal('scheme_not_bearer');
  }
  return scheme;
}

/** What clients send nearly always; nothing else is special about it. */
const USUAL = 'Bearer ';

function afterScheme(value: string, binding: CertificateBinding): string {
  if (value.startsWith(USUAL) && value.charCodeAt(USUAL.length) !== SPACE) {
    return value.slice(USUAL.length);
  }
  const scheme = schemeOf(value, binding);
  const next = value.charAt(scheme.length);
  if (next !== '' && value.charCodeAt(scheme.length) !== SPACE)
    throw refusal('separator_not_space');
  let start = scheme.length;
  while (value.charCodeAt(start) === SPACE) start++;
  return value.slice(start);
}

/**
 * Extracts the bearer token from the values of the `authorization` metadata entry.
 *
 * Exactly one value is accepted: with two, a proxy and this server could each believe another one.
 *
 * @param values - As `metadata.get('authorization')` returns them.
 * @param maxTokenBytes - Longest token accepted, bytes. It is compared before anything else is looked at.
 * @param binding - As in the settings of the validator, which compares the certificate: with any but `off`, the scheme
 * `MTLS_POP` is accepted beside `Bearer`.
 * @returns Base64url segments joined by dots, not yet verified.
 * @throws {@link TokenError} `ERR_TOKEN_MISSING` when no bearer token was sent, `ERR_TOKEN_MALFORMED` when what was
 * sent cannot be one.
 * @see RFC 6750 section 2.1; RFC 9110 section 11.1; rules M1 to M7, M12 and P5
 */
export function bearerToken(
  values: readonly unknown[],
  maxTokenBytes: number,
  binding: CertificateBinding = 'off',
): string {
  const value = values[0];
  if (value === undefined) throw refusal('authorization_missing');
  if (values.length > 1) throw refusal('authorization_repeated');
  if (typeof value !== 'string') throw refusal('authorization_binary');
  if (value === '') throw refusal('authorization_empty');
  // The scheme and one space stand before the token.
  if (value.length > maxTokenBytes + LONGEST_SCHEME + 1) throw refusal('token_too_long');
  const token = afterScheme(value, binding);
  if (token === '') throw refusal('authorization_empty');
  if (token.length > maxTokenBytes) throw refusal('token_too_long');
  if (NOT_TOKEN_CHARACTER.test(token)) throw refusal('token_characters');
  return token;
}
