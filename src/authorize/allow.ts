import { parseRule } from './parse-rule.ts';
import type {
  AppAccess,
  AppRule,
  ClientCertificateRule,
  EitherAccess,
  PublicAccess,
  Rule,
  UserAccess,
  UserRule,
} from './rule.ts';

/** Further conditions of a rule written in code. */
export interface AllowOptions {
  /** Narrows the rule to these client ids, lower-case GUIDs. Default: any client. */
  readonly allowedClientIds?: readonly string[];
  /** Narrows the rule to connections with such a client certificate. Default: with or without one. */
  readonly clientCertificate?: Partial<ClientCertificateRule>;
}

function checked<T extends Rule>(rule: Rule, kind: T['kind']): T {
  if (rule.kind !== kind) throw new Error(`expected a rule of kind ${kind}`);
  return rule as T;
}

/**
 * Access rules in code, for protos that cannot be edited. The type of `caller` in a handler follows from the rule.
 *
 * @throws ConfigError `ERR_RULE_INVALID` as a rule in a proto would be refused.
 */
export const allow: {
  /** Admits applications that call as themselves and hold the roles. */
  readonly app: (app: Partial<AppRule>, options?: AllowOptions) => AppAccess;
  /** Admits applications that call on behalf of a user, with the scopes. */
  readonly user: (user: Partial<UserRule>, options?: AllowOptions) => UserAccess;
  /** Admits both kinds, each by its own rule. */
  readonly either: (
    rules: { readonly app: Partial<AppRule>; readonly user: Partial<UserRule> },
    options?: AllowOptions,
  ) => EitherAccess;
  /** Admits every caller without looking at a token. The reason is for the reader of an audit. */
  readonly public: (reason: string) => PublicAccess;
} = Object.freeze({
  app: (app: Partial<AppRule>, options: AllowOptions = {}) =>
    checked<AppAccess>(parseRule('allow.app', { app, ...options }), 'app'),
  user: (user: Partial<UserRule>, options: AllowOptions = {}) =>
    checked<UserAccess>(parseRule('allow.user', { user, ...options }), 'user'),
  either: (
    rules: { readonly app: Partial<AppRule>; readonly user: Partial<UserRule> },
    options: AllowOptions = {},
  ) => checked<EitherAccess>(parseRule('allow.either', { ...rules, ...options }), 'either'),
  public: (reason: string) =>
    checked<PublicAccess>(parseRule('allow.public', { public: { reason } }), 'public'),
});
