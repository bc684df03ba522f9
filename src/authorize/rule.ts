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
}

/** Admits every caller, with or without a token; the token is not even looked at. */
export interface PublicAccess {
  readonly kind: 'public';
  /** Why no identity is needed. */
  readonly reason: string;
}

/** Admits applications that call as themselves. */
export interface AppAccess {
  readonly kind: 'app';
  readonly app: AppRule;
  /** Narrows to these client ids; empty: any. */
  readonly allowedClientIds: readonly string[];
}

/** Admits applications that call on behalf of a signed-in user. */
export interface UserAccess {
  readonly kind: 'user';
  readonly user: UserRule;
  readonly allowedClientIds: readonly string[];
}

/** Admits both kinds, each by its own rule. */
export interface EitherAccess {
  readonly kind: 'either';
  readonly app: AppRule;
  readonly user: UserRule;
  readonly allowedClientIds: readonly string[];
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
    ].join(' and ')}`;
  switch (rule.kind) {
    case 'public':
      return `public: ${rule.reason}`;
    case 'app':
      return app(rule.app) + clients(rule);
    case 'user':
      return user(rule.user) + clients(rule);
    case 'either':
      return `${app(rule.app)}; or ${user(rule.user)}${clients(rule)}`;
  }
}

function clients(rule: { readonly allowedClientIds: readonly string[] }): string {
  return rule.allowedClientIds.length === 0
    ? ''
    : `; only from ${rule.allowedClientIds.length} listed clients`;
}
