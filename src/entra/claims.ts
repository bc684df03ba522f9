/**
 * The claims this package reads from an access token, as they stand in the payload: present or not, of any type,
 * true or not. The name of each is Microsoft's.
 *
 * @see Microsoft identity platform, access token claims reference
 */
export interface AccessTokenClaims {
  /** Whom the token is for: the API's client id in v2.0 tokens, often its App ID URI in v1.0 tokens. */
  readonly aud?: unknown;
  /** Who issued it: names the cloud, the tenant and the version. */
  readonly iss?: unknown;
  /** Issued at, seconds since the epoch. */
  readonly iat?: unknown;
  /** Not valid before, seconds since the epoch. */
  readonly nbf?: unknown;
  /** Expires, seconds since the epoch. */
  readonly exp?: unknown;
  /** Tenant, a lower-case GUID. */
  readonly tid?: unknown;
  /** Format of the token: `1.0` or `2.0`. */
  readonly ver?: unknown;
  /** Policy that made the token, in tokens of Azure AD B2C. */
  readonly tfp?: unknown;
  /** The same in older tokens of Azure AD B2C; in others, how strongly the user signed in. */
  readonly acr?: unknown;
  /** Pairwise subject; equal to `oid` in app-only tokens. */
  readonly sub?: unknown;
  /** Object id of the user or service principal, a GUID. */
  readonly oid?: unknown;
  /** Client application (v2.0), a GUID. */
  readonly azp?: unknown;
  /** How that application authenticated (v2.0): `0` not at all, `1` by secret, `2` by certificate. */
  readonly azpacr?: unknown;
  /** Client application (v1.0), a GUID. */
  readonly appid?: unknown;
  /** How that application authenticated (v1.0). */
  readonly appidacr?: unknown;
  /** Kind of token: `app` or `user`. An optional claim. */
  readonly idtyp?: unknown;
  /** App roles, an array of strings. */
  readonly roles?: unknown;
  /** Delegated permissions, separated by spaces. */
  readonly scp?: unknown;
  /** Group ids, an array of strings. */
  readonly groups?: unknown;
  /** Ids of directory roles, an array of strings. */
  readonly wids?: unknown;
  /** Id of the token, for audit. */
  readonly uti?: unknown;
  /** Id of the token in other issuers' tokens. */
  readonly jti?: unknown;
  /** Display name. Users can change it. */
  readonly name?: unknown;
  /** Sign-in name (v2.0). Users and administrators can change it. */
  readonly preferred_username?: unknown;
  /** Sign-in name (v1.0). */
  readonly unique_name?: unknown;
  /** Sign-in name (v1.0). */
  readonly upn?: unknown;
  /** Address. Unverified. */
  readonly email?: unknown;
  /** Relation of the subject to the tenant: numbers separated by spaces. */
  readonly xms_idrel?: unknown;
  /** Whether the user is a guest in the tenant: 1, or 0. */
  readonly acct?: unknown;
  /** What acts: numbers separated by spaces; 11 is an agent. */
  readonly xms_act_fct?: unknown;
  /** On whose behalf: numbers separated by spaces; 11 is an agent, 13 an agent's user account. */
  readonly xms_sub_fct?: unknown;
  /** Capabilities of the client, an array of strings; `cp1` answers claims challenges. */
  readonly xms_cc?: unknown;
  /** Authentication contexts satisfied, an array of strings. */
  readonly acrs?: unknown;
  /** Whether the user has more groups than the token tells (implicit flow). */
  readonly hasgroups?: unknown;
  /** Names of claims that are kept elsewhere. The addresses beside them are never called. */
  readonly _claim_names?: unknown;
  /** Key the token is bound to. */
  readonly cnf?: unknown;
  /** Marks of id tokens, which access tokens never carry. */
  readonly nonce?: unknown;
  readonly at_hash?: unknown;
  readonly c_hash?: unknown;
  readonly s_hash?: unknown;
  /** Nested identities of legacy service-to-service tokens. */
  readonly actort?: unknown;
  readonly actor?: unknown;
}

/** The claims of a token that passed every rule: from here on their types are known. */
export interface VerifiedClaims extends AccessTokenClaims {
  readonly iss: string;
  readonly tid: string;
  readonly oid: string;
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
  readonly ver: '1.0' | '2.0';
  /** Present in v2.0 tokens. */
  readonly azp: string;
  /** Present in v1.0 tokens. */
  readonly appid: string;
  readonly idtyp?: 'app' | 'user';
  readonly roles?: readonly string[];
  readonly scp?: string;
  readonly uti: string | undefined;
  readonly groups?: readonly string[];
}
