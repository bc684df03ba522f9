import { decodeJwt, decodeProtectedHeader } from 'jose';

/** A JWT of a request, decoded and not verified. Its signature is not kept. */
export interface DecodedAssertion {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

const REDACTED = '[redacted]';
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'client_secret',
  'client_assertion',
  'assertion',
  'password',
  'code',
  'refresh_token',
]);
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'x-identity-header',
  'proxy-authorization',
  'cookie',
]);

/** Decodes a JWT of a request, without its signature; `undefined` when it is none. */
export function decodeAssertion(token: string | null): DecodedAssertion | undefined {
  if (token === null) return undefined;
  try {
    return Object.freeze({
      header: Object.freeze({ ...decodeProtectedHeader(token) }),
      claims: Object.freeze({ ...decodeJwt(token) }),
    });
  } catch {
    return undefined;
  }
}

/** Headers as they may be kept. */
export function redactHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    if (name === 'authorization') shown[name] = `${text.split(' ')[0] ?? ''} ${REDACTED}`;
    else shown[name] = SECRET_HEADERS.has(name) ? REDACTED : text;
  }
  return Object.freeze(shown);
}

/** Form fields as they may be kept. */
export function redactForm(form: URLSearchParams): Readonly<Record<string, string>> {
  // No prototype: field names are the client's choice, `__proto__` among them.
  const shown = Object.create(null) as Record<string, string>;
  for (const [name, value] of form) shown[name] = SECRET_FIELDS.has(name) ? REDACTED : value;
  return Object.freeze(shown);
}

/** Path and query as they may be kept. */
export function redactPath(path: string): string {
  const [pathname = '', ...query] = path.split('?');
  if (query.length === 0) return path;
  const parameters = new URLSearchParams(query.join('?'));
  for (const name of SECRET_FIELDS) if (parameters.has(name)) parameters.set(name, REDACTED);
  return `${pathname}?${parameters.toString()}`;
}
