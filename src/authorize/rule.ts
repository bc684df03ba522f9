/** App roles an app-only token must hold. At least one role is named. */
export interface AppRule {
  /** One of these must be present. Empty: no such condition. */
  readonly anyRole: readonly string[];
  /** All of these must be present. */
  readonly allRoles: readonly string[];
}

/** Delegated permissions, and perhaps roles, a user's token must hold. At least one scope is named. */
export interface UserRule {
  readonly anyScope: readonly string[];
  readonly allScopes: readonly string[];
  readonly anyRole: readonly string[];
  readonly allRoles: readonly string[];
  /** Id of the authentication context the sign-in must have satisfied, `c1` to `c99`. */
  readonly authContext?: string;
}

/** What the verified client certificate of the connection must be. Empty lists: any. */
export interface ClientCertificateRule {
  /** One of these must be its SPIFFE id. */
  readonly spiffeIds: readonly string[];
  /** One of these must be among its DNS names. */
  readonly dnsNames: readonly string[];
  /** Whether the token must be bound to it (RFC 8705 section 3.1). */
  readonly boundToken: boolean;
}

/** Conditions that narrow a rule, whatever the kind of caller. They never admit by themselves. */
interface Narrowing {
  /** Only these client ids; empty: any. */
  readonly allowedClientIds: readonly string[];
  /** Only connections with such a client certificate. */
  readonly clientCertificate?: ClientCertificateRule;
}

/** Admits every caller, with or without a token; the token is not even looked at. */
export interface PublicAccess {
  readonly kind: 'public';
  /** Why no identity is needed. */
  readonly reason: string;
}

/** Admits applications that call as themselves. */
export interface AppAccess extends Narrowing {
  readonly kind: 'app';
  readonly app: AppRule;
}

/** Admits applications that call on behalf of a signed-in user. */
export interface UserAccess extends Narrowing {
  readonly kind: 'user';
  readonly user: UserRule;
}

/** Admits both kinds, each by its own rule. */
export interface EitherAccess extends Narrowing {
  readonly kind: 'either';
  readonly app: AppRule;
  readonly user: UserRule;
}

/** Who may call a method: the access rule as data, wherever it was written. */
export type Rule = PublicAccess | AppAccess | UserAccess | EitherAccess;

/** Writes a rule in one line, for the table printed at start. */
export function describeRule(rule: Rule): string {
  const list = (word: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${word} ${names.join(', ')}`];
  const app = (part: AppRule): string =>
    `app with ${[...list('any of', part.anyRole), ...list('all of', part.allRoles)].join(' and ')}`;
  const user = (part: UserRule): string =>
    `user with ${[
      ...list('any scope of', part.anyScope),
      ...list('all scopes of', part.allScopes),
      ...list('any role of', part.anyRole),
      ...list('all roles of', part.allRoles),
      ...(part.authContext === undefined ? [] : [`authentication context ${part.authContext}`]),
    ].join(' and ')}`;
  switch (rule.kind) {
    case 'public':
      return `public: ${rule.reason}`;
    case 'app':
      return app(rule.app) + narrowing(rule);
    case 'user':
      return user(rule.user) + narrowing(rule);
    case 'either':
      return `${app(rule.app)}; or ${user(rule.user)}${narrowing(rule)}`;
  }
}

function narrowing({ allowedClientIds, clientCertificate }: Narrowing): string {
  const clients =
    allowedClientIds.length === 0 ? '' : `; only from ${allowedClientIds.length} listed clients`;
  if (clientCertificate === undefined) return clients;
  const { spiffeIds, dnsNames, boundToken } = clientCertificate;
  const names = [...spiffeIds, ...dnsNames];
  return (
    `${clients}; only with a client certificate${names.length === 0 ? '' : ` of ${names.join(', ')}`}` +
    (boundToken ? ' that the token is bound to' : '')
  );
}
