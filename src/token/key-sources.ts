import { ConfigError } from '../core/errors.ts';
import { documentHosts, issuerOf, metadataUrl, policyIssuers } from '../entra/authority.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';
import type { KeyLocation } from './key-set.ts';
import { type KeyLifecycle, KeySource, type KeySourceDependencies } from './key-source.ts';
import { PERSONAL_TENANT, type TokenPolicy, type TokenVersion } from './policy.ts';
import { policyOf } from './profile-claims.ts';

/** All key sources of a validator. They follow from its settings; a token only picks among them (rule K1). */
export interface KeySources {
  /** The source a token's key must come from, by claims not yet verified; `undefined` when none is configured. */
  select(claims: AccessTokenClaims): KeySource | undefined;
  readonly all: readonly KeySource[];
}

/** Up to this many tenants each get their own documents, whose keys are bound to them. */
const MAX_TENANT_SOURCES = 20;
const TEMPLATE = '{tenantid}';

interface Place {
  /** What stands for the tenant in the address of the documents. */
  readonly path: string;
  /** Issuers that the documents may name. */
  readonly issuers: readonly string[];
  /** Hosts that may serve them. */
  readonly hosts: readonly string[];
  readonly shared: boolean;
}

/** Each policy of a B2C tenant has documents of its own. */
function policyPlaces({ authority }: TokenPolicy, tenantId: string): ReadonlyMap<unknown, Place> {
  return new Map(
    authority.policies.map((policy) => [
      policy,
      {
        path: `${tenantId}/${policy}`,
        issuers: policyIssuers(authority, tenantId, policy),
        hosts: authority.hosts,
        shared: false,
      },
    ]),
  );
}

/** Which documents hold the keys of the accepted tenants. */
function placesOf(policy: TokenPolicy, version: TokenVersion): ReadonlyMap<unknown, Place> {
  const { tenants, authority } = policy;
  const own = (tenantId: string): [string, Place] => [
    tenantId,
    {
      path: tenantId,
      issuers: [issuerOf(authority, version, tenantId)],
      hosts: documentHosts(authority, tenantId),
      shared: false,
    },
  ];
  if (tenants.kind === 'one') {
    if (authority.profile === 'b2c') return policyPlaces(policy, tenants.tenantId);
    return new Map([own(tenants.tenantId)]);
  }
  if (tenants.kind === 'listed' && tenants.tenantIds.size <= MAX_TENANT_SOURCES) {
    return new Map([...tenants.tenantIds].map(own));
  }
  const personal =
    tenants.kind === 'any' ? tenants.personalAccounts : tenants.tenantIds.has(PERSONAL_TENANT);
  // Version 1.0 documents exist for `common` alone; `organizations` leaves out the keys of personal accounts.
  const path = personal || version === '1.0' ? 'common' : 'organizations';
  const issuers = [issuerOf(authority, version, TEMPLATE)];
  return new Map([[undefined, { path, issuers, hosts: authority.hosts, shared: true }]]);
}

function locate(
  policy: TokenPolicy,
  version: TokenVersion,
  place: Place,
  appId: string | undefined,
): KeyLocation {
  const { authority } = policy;
  const url = metadataUrl(authority, place.path, version);
  if (appId !== undefined) url.searchParams.set('appid', appId);
  return Object.freeze({
    metadataUrl: url,
    version,
    issuers: place.issuers,
    shared: place.shared,
    hosts: place.hosts,
    cloud: authority.cloudInstanceName,
  });
}

/** Makes the key sources that a policy asks for. Nothing is fetched yet. */
export function createKeySources(
  policy: TokenPolicy,
  lifecycle: KeyLifecycle,
  dependencies: KeySourceDependencies,
  useAppSpecificKeys: boolean,
): KeySources {
  const appId = useAppSpecificKeys ? policy.clientId : undefined;
  const byVersion = new Map<unknown, ReadonlyMap<unknown, KeySource>>();
  for (const version of policy.versions) {
    const byTenant = new Map<unknown, KeySource>();
    for (const [tenant, place] of placesOf(policy, version)) {
      const location = locate(policy, version, place, appId);
      byTenant.set(tenant, new KeySource(location, lifecycle, dependencies));
    }
    byVersion.set(version, byTenant);
  }
  const [firstVersion] = byVersion.values();
  const all = [...byVersion.values()].flatMap((byTenant) => [...byTenant.values()]);
  if (lifecycle.initialKeys !== undefined && all.length > 1) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `keys.initialKeysFile holds one key set, but these settings need ${all.length}: one for each tenant or policy ` +
        'and version; leave it out, or validate one tenant and version',
    );
  }
  return {
    all,
    select: (claims) => {
      // With a single version or tenant there is nothing to pick; the rules compare the claims later.
      const byTenant = byVersion.size === 1 ? firstVersion : byVersion.get(claims.ver);
      if (byTenant === undefined) return undefined;
      const [only] = byTenant.values();
      if (byTenant.size === 1) return only;
      return byTenant.get(policy.authority.profile === 'b2c' ? policyOf(claims) : claims.tid);
    },
  };
}
