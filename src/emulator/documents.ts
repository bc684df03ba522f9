import { aadsts } from './aadsts.ts';
import type { EmulatorContext } from './context.ts';
import type { SharedTenant } from './directory.ts';
import { Refusal } from './refusal.ts';
import type { Tenant } from './tenants.ts';

type Document = Readonly<Record<string, unknown>>;

/** The tenant of personal accounts, which `consumers` stands for. */
const CONSUMERS_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad';

const shared: Document = {
  // So that nobody takes it for Microsoft's, and a server can tell (requirement E2).
  emulator: true,
  token_endpoint_auth_methods_supported: [
    'client_secret_post',
    'private_key_jwt',
    'client_secret_basic',
  ],
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  request_uri_parameter_supported: false,
  http_logout_supported: true,
  frontchannel_logout_supported: true,
  tenant_region_scope: null,
};

/** What stands for the tenant in addresses: its id, whichever name was asked for. */
function segmentOf(tenant: Tenant | SharedTenant): string {
  return typeof tenant === 'object' ? tenant.tenantId : tenant;
}

/** What stands for the tenant in issuers; a template where no single tenant is meant. */
function issuerTenant(tenant: Tenant | SharedTenant): string {
  if (typeof tenant === 'object') return tenant.tenantId;
  return tenant === 'consumers' ? CONSUMERS_TENANT : '{tenantid}';
}

/** The v2.0 metadata document of a tenant, marked as an emulator's. */
export function metadataV2({ origin }: EmulatorContext, tenant: Tenant | SharedTenant): Document {
  const base = `${origin}/${segmentOf(tenant)}`;
  return {
    ...shared,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${origin}/${issuerTenant(tenant)}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'name', 'tid', 'ver', 'oid'],
  };
}

/** The v1.0 metadata document of a tenant. */
export function metadataV1({ origin }: EmulatorContext, tenant: Tenant | SharedTenant): Document {
  const base = `${origin}/${segmentOf(tenant)}`;
  return {
    ...shared,
    token_endpoint: `${base}/oauth2/token`,
    jwks_uri: `${base}/discovery/keys`,
    response_types_supported: ['code', 'id_token', 'code id_token', 'token id_token', 'token'],
    scopes_supported: ['openid'],
    issuer: `${origin}/sts/${issuerTenant(tenant)}/`,
    authorization_endpoint: `${base}/oauth2/authorize`,
    end_session_endpoint: `${base}/oauth2/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'name', 'tid', 'ver', 'oid'],
  };
}

/** The key document of a version. v2.0 entries name the issuer they sign for, v1.0 entries do not. */
export function keyDocument(
  context: EmulatorContext,
  tenant: Tenant | SharedTenant,
  version: '1.0' | '2.0',
): Document {
  const issuer = `${context.origin}/${issuerTenant(tenant)}/v2.0`;
  return {
    keys: context.keys.published.map(({ jwk }) => (version === '1.0' ? jwk : { ...jwk, issuer })),
  };
}

/**
 * Answers which authority an address belongs to. Clients ask Microsoft's public host for it and not the configured
 * one; it is here for those that ask by hand.
 *
 * @throws Refusal AADSTS50049 for any other authority than this one.
 */
export function instanceDiscovery({ origin }: EmulatorContext, endpoint: string | null): Document {
  const url = endpoint !== null && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const [, segment = ''] = url?.pathname.split('/') ?? [];
  if (url?.origin !== origin || segment === '') throw new Refusal(aadsts.instanceUnknown);
  const { host } = url;
  return {
    tenant_discovery_endpoint: `${origin}/${segment}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}
