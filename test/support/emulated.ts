import type { EntraEmulator } from 'grpc-entra/emulator';
import type { HttpsResponse } from '#src/core/https-request.ts';
import { ask, json, type TestRequest } from './https.ts';

/** Form fields of a token request; `undefined` leaves one out. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** Sends a token request to an emulator. */
export function askToken(
  emulator: EntraEmulator,
  fields: Fields,
  extra: TestRequest & { readonly tenant?: string; readonly path?: string } = {},
): Promise<HttpsResponse> {
  const given = Object.entries(fields).filter(
    (field): field is [string, string] => field[1] !== undefined,
  );
  const tenant = extra.tenant ?? emulator.tenantId;
  return ask(emulator.ca, `${emulator.origin}/${tenant}${extra.path ?? '/oauth2/v2.0/token'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...extra.headers },
    body: new URLSearchParams(given).toString(),
  });
}

/** Fields of a client-credentials request with the application's secret. */
export function withSecret(emulator: EntraEmulator, app: string, scope: string): Fields {
  const { clientId, clientSecret } = emulator.app(app);
  return {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret.reveal(),
    scope,
  };
}

/** Number of the refusal, or 0 for a token. */
export function outcome(response: HttpsResponse): number {
  const body = json(response);
  const codes = body['error_codes'];
  if (Array.isArray(codes)) return Number(codes[0]);
  if (typeof body['access_token'] === 'string') return 0;
  throw new Error(`neither a token nor a refusal: HTTP ${response.status}`);
}

/** Claims of the access token in an answer, not verified. */
export function issuedClaims(response: HttpsResponse): Readonly<Record<string, unknown>> {
  return claimsOf(String(json(response)['access_token']));
}

/** Claims of a token, not verified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return JSON.parse(payload) as Record<string, unknown>;
}
