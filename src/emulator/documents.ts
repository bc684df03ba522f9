import type { SigningKey } from './signing-key.ts';

/** What the discovery documents are made from. */
export interface DocumentContext {
  readonly origin: string;
  readonly tenantId: string;
}

/** The v2.0 metadata document of a tenant, marked as an emulator's. */
export function metadataV2({
  origin,
  tenantId,
}: DocumentContext): Readonly<Record<string, unknown>> {
  const base = `${origin}/${tenantId}`;
  return {
    // So that nobody takes it for Microsoft's, and a server can tell (requirement E2).
    emulator: true,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${base}/v2.0`,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'tid', 'ver', 'oid'],
    tenant_region_scope: null,
  };
}

/** The v1.0 metadata document of a tenant. */
export function metadataV1({
  origin,
  tenantId,
}: DocumentContext): Readonly<Record<string, unknown>> {
  const base = `${origin}/${tenantId}`;
  return {
    emulator: true,
    token_endpoint: `${base}/oauth2/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    jwks_uri: `${base}/discovery/keys`,
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'token id_token', 'token'],
    scopes_supported: ['openid'],
    issuer: `${origin}/sts/${tenantId}/`,
    authorization_endpoint: `${base}/oauth2/authorize`,
  };
}

/** The key document. v2.0 entries name the issuer they sign for, v1.0 entries do not. */
export function keyDocument(
  keys: readonly SigningKey[],
  issuer: string | undefined,
): { readonly keys: readonly Readonly<Record<string, unknown>>[] } {
  return {
    keys: keys.map(({ jwk }) => (issuer === undefined ? jwk : { ...jwk, issuer })),
  };
}
