/** Group membership as far as the token tells it. */
export interface CallerGroups {
  /** Object ids of groups (claim `groups`). */
  readonly ids: readonly string[];
  /**
   * Whether these are all. Entra leaves the claim out beyond 200 groups; what is absent from an incomplete list may
   * still be held, so nothing may be concluded from absence (rule C12).
   */
  readonly complete: boolean;
}

/** What every verified caller has. All values come from a verified token. */
interface CallerBase {
  /** Issuer: with `tenantId` and `objectId` it identifies the caller (rule C10). */
  readonly issuer: string;
  /** Tenant of the caller, a lower-case GUID (claim `tid`). */
  readonly tenantId: string;
  /** Object id of the service principal or user within the tenant, a GUID (claim `oid`). */
  readonly objectId: string;
  /** Application that obtained the token, a GUID (claim `azp`, or `appid` in v1.0 tokens). */
  readonly clientId: string;
  /** How the application authenticated: `none`, `secret` or `certificate` (claim `azpacr` or `appidacr`). */
  readonly clientAuthentication: 'none' | 'secret' | 'certificate' | 'unknown';
  /** App roles, exact and case-sensitive (claim `roles`). */
  readonly roles: readonly string[];
  /** Id of the token for audit, never the token (claim `uti`). Absent when the token has none. */
  readonly tokenId: string | undefined;
  /** When the token expires, seconds since the epoch (claim `exp`). */
  readonly expiresAt: number;
  /** When the token was issued, seconds since the epoch (claim `iat`): what a revocation is compared with. */
  readonly issuedAt: number;
  /** Version of the token's format. */
  readonly tokenVersion: '1.0' | '2.0';
  /** Groups of the caller. */
  readonly groups: CallerGroups;
  /** Whether an AI agent acts, by itself or for a user (claims `xms_act_fct` and `xms_sub_fct`, rule C13). */
  readonly agent: boolean;
  /** Ids of the authentication contexts that the sign-in satisfied, for example `c1` (claim `acrs`, rule X1). */
  readonly authContexts: readonly string[];
  /** Whether the client says that it can answer a claims challenge (`cp1` in claim `xms_cc`, rule X1). */
  readonly answersChallenges: boolean;
  /**
   * SHA-256 of the certificate the token is bound to, base64url (claim `cnf`, rule P2). Absent in a bearer token. Where
   * present, it was compared with the certificate of the connection.
   */
  readonly certificateThumbprint: string | undefined;
}

/** An application that calls as itself. */
export interface AppCaller extends CallerBase {
  readonly kind: 'app';
  /** Whether claim `idtyp` says so, or the absence of scopes does (rule C6). */
  readonly kindEvidence: 'declared' | 'inferred';
}

/** An application that calls on behalf of a signed-in user. */
export interface UserCaller extends CallerBase {
  readonly kind: 'user';
  readonly kindEvidence: 'declared' | 'inferred';
  /** Delegated permissions (claim `scp`, split at spaces). */
  readonly scopes: readonly string[];
  /** Whether the user is a guest in the tenant (claim `acct` or `xms_idrel`, rule Z7). */
  readonly guest: boolean;
  /** For display only. Users can change these values: never decide by them (rule C10). */
  readonly display: {
    readonly name: string | undefined;
    readonly username: string | undefined;
    readonly email: string | undefined;
  };
}

/** Who is calling: the frozen result of token validation. */
export type Caller = AppCaller | UserCaller;
