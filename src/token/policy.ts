import type { Caller } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Authority, AuthorityOption } from '../entra/authority.ts';
import type { B2cAuthority } from '../entra/customer-authority.ts';

/** Format of a token. */
export type TokenVersion = '1.0' | '2.0';

/**
 * Whose tokens are accepted: one tenant by its GUID, several by name, or, stated in so many words, every tenant there
 * is.
 */
export type TenantOption =
  | string
  | {
      /** Tenants whose tokens are accepted, GUIDs, at least one. */
      readonly allowedTenants: readonly string[];
      /** Whether the list may name the tenant of personal accounts. Default: no. */
      readonly allowPersonalAccounts?: boolean;
    }
  | {
      /** Accepts tokens of every tenant. The rules of methods must then tell tenants apart. */
      readonly allowAnyTenant: true;
      /** Whether personal accounts count. Default: no. */
      readonly allowPersonalAccounts?: boolean;
    };

/** How signing keys are kept current. */
export interface KeyOptions {
  /** How often keys are fetched anew in the background, minutes, 5 to 1440. Default 60, with 10 % jitter. */
  readonly refreshMinutes?: number;
  /** How long keys stay in use while fetching fails, hours, 1 to 72. Default 24. */
  readonly lastKnownGoodHours?: number;
  /** Shortest time between a fetch and another one that an unknown key id causes, seconds, 30 to 3600. Default 300. */
  readonly unknownKeyCooldownSeconds?: number;
  /**
   * File of keys that serve until the authority has answered: its key set, with the time it was saved in member `asOf`,
   * as `curl <jwks_uri> | jq '. + {asOf: (now | todate)}'` writes it. They age like fetched keys, so the file is worth
   * as much as it is renewed; one that is too old is left aside with a warning. For settings with one key set: one
   * tenant or policy, one version. Default: none.
   */
  readonly initialKeysFile?: string;
  /**
   * Whether a start without keys is a failure: `ready()`, and `listen()` of a server, try for 10 seconds and then
   * reject. Default: no; calls are answered UNAVAILABLE until there are keys.
   */
  readonly failFast?: boolean;
}

/** How verified tokens are remembered, so that a token is verified once and not at every call. */
export interface TokenCacheOptions {
  /** Most tokens remembered, 0 to 1 000 000. Default 10 000; 0 verifies at every call. */
  readonly maxEntries?: number;
  /** Longest time a token is remembered, seconds, 1 to 3600. Default 300. It ends at the token's expiry anyway. */
  readonly maxAgeSeconds?: number;
}

/** What is done about a kind of caller, whatever the rule of a method says. */
export type Admission = 'allow' | 'deny';

/**
 * What is done about tokens bound to the client's certificate (claim `cnf`). `off` refuses them, because nothing would
 * compare the certificate; `optional` accepts them over a connection with that certificate, beside bearer tokens;
 * `required` accepts nothing else.
 */
export type CertificateBinding = 'off' | 'optional' | 'required';

/**
 * Whether a caller's token, or the sign-in behind it, has been revoked. Asked at every call, so it must answer from
 * memory. `true` refuses; so does a throw, and anything that is no boolean.
 */
export type RevocationCheck = (caller: Caller) => boolean;

/** Settings of {@link createTokenValidator}. */
export interface TokenValidatorOptions {
  /** The tenant whose tokens are accepted, a GUID; or several (rules I4 to I7). */
  readonly tenantId: TenantOption;
  /** The API's application (client) id, a GUID: the audience of v2.0 tokens (rules A1, A3). */
  readonly clientId: string;
  /**
   * Which cloud, a tenant of customers (External ID as `{ ciam }`, Azure AD B2C as `{ b2c, policies }`), or an emulator.
   * Default: the global cloud.
   */
  readonly authority?: AuthorityOption | B2cAuthority;
  /** App ID URIs accepted as audience of v1.0 tokens beside the client id, compared exactly (rule A4). Default none. */
  readonly v1Audiences?: readonly string[];
  /**
   * Formats accepted. Default `['2.0']`. Entra issues 1.0 to an API until `requestedAccessTokenVersion` of its
   * registration is 2 (rule I2).
   */
  readonly tokenVersions?: readonly TokenVersion[];
  /** Tolerance for clocks that differ, seconds, 0 to 300. Default 60 (rule T5). */
  readonly clockSkewSeconds?: number;
  /** Longest token accepted, bytes, 1024 to 65 536. Default 16 384: 200 groups and room to spare (rule M7). */
  readonly maxTokenBytes?: number;
  /** Longest time from issue to expiry, seconds, 300 to 604 800. Default 104 400: 29 hours (rule T4). */
  readonly maxTokenLifetimeSeconds?: number;
  /** Longest time since issue, seconds, 60 to 604 800. Default: no limit but the lifetime (rule T6). */
  readonly maxTokenAgeSeconds?: number;
  /** Whether the claim `idtyp` must say whether an app or a user calls. Default: inferred without it (rule C6c). */
  readonly requireIdtyp?: boolean;
  /** Whether the calling application must have authenticated by certificate. Default: no (rule C5). */
  readonly requireCertificateClient?: boolean;
  /** Whether a token may lack the header `typ`, which Entra always writes. Default: no (rule H2b). */
  readonly allowMissingTyp?: boolean;
  /** Whether keys are fetched for this application's own signing certificate (rule K7). Default: no. */
  readonly useAppSpecificKeys?: boolean;
  /** What is done about tokens bound to the client's certificate. Default: `off` (rules P1 to P4). */
  readonly binding?: CertificateBinding;
  /** Guests of the tenant. Default: `allow`; what they may do is up to roles and scopes (rule Z7). */
  readonly guests?: Admission;
  /** Devices that call as themselves. Default: `deny`; few APIs mean them (rule Z7). */
  readonly devices?: Admission;
  /**
   * AI agents, by themselves or for a user. Default: `deny`, because a permission given to a person was not given to
   * whatever acts in the person's name (rule C13).
   */
  readonly agents?: Admission;
  /** Asked at every call whether the caller has been revoked. Default: nobody is (rule X4). */
  readonly isRevoked?: RevocationCheck;
  readonly keys?: KeyOptions;
  readonly cache?: TokenCacheOptions;
  /**
   * Where measurements go. Default: nowhere. Counters `grpc_entra.token.validations`, `grpc_entra.keys.refreshes` and
   * `grpc_entra.keys.unknown`; histograms `grpc_entra.token.validation_ms` and `grpc_entra.keys.refresh_ms`; gauges
   * `grpc_entra.keys.count` and `grpc_entra.keys.age_seconds`, set at each refresh.
   */
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** The tenant of personal Microsoft accounts. */
export const PERSONAL_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad';

/** Which tenants are accepted, resolved. */
export type TenantPolicy =
  | { readonly kind: 'one'; readonly tenantId: string }
  | { readonly kind: 'listed'; readonly tenantIds: ReadonlySet<string> }
  | { readonly kind: 'any'; readonly personalAccounts: boolean };

/** Which kinds of callers are admitted at all. */
export interface CallerPolicy {
  readonly guests: Admission;
  readonly devices: Admission;
  readonly agents: Admission;
}

/** The options, checked and copied: what the rules compare with. */
export interface TokenPolicy {
  readonly authority: Authority;
  readonly tenants: TenantPolicy;
  readonly clientId: string;
  readonly v1Audiences: ReadonlySet<unknown>;
  readonly versions: ReadonlySet<TokenVersion>;
  readonly clockSkewSeconds: number;
  readonly maxTokenBytes: number;
  readonly maxTokenLifetimeSeconds: number;
  readonly maxTokenAgeSeconds: number;
  readonly requireIdtyp: boolean;
  readonly requireCertificateClient: boolean;
  readonly allowMissingTyp: boolean;
  readonly binding: CertificateBinding;
  readonly callers: CallerPolicy;
}
