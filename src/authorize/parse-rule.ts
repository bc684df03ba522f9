import { ConfigError } from '../core/errors.ts';
import { checkGuid, checkOptionNames } from '../core/options.ts';
import type { AppRule, ClientCertificateRule, Rule, UserRule } from './rule.ts';

/** A rule before it was checked: what a proto option or a caller of `allow` states. */
export interface RuleInput {
  readonly app?: Partial<AppRule> | undefined;
  readonly user?: Partial<UserRule> | undefined;
  readonly public?: { readonly reason: string } | undefined;
  readonly allowedClientIds?: readonly string[] | undefined;
  readonly clientCertificate?: Partial<ClientCertificateRule> | undefined;
}

function invalidRule(where: string, message: string): ConfigError {
  return new ConfigError('ERR_RULE_INVALID', `rule of ${where}: ${message}`);
}

// Printable ASCII without space: Entra refuses others in role and scope values, and a scope with a space
// could never match, since claim `scp` is split at spaces (rule Z5).
const PERMISSION = /^[\x21-\x7e]{1,120}$/;

function permissions(where: string, name: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidRule(where, `${name} must be a list`);
  return Object.freeze(
    value.map((item: unknown) => {
      if (typeof item !== 'string' || !PERMISSION.test(item)) {
        throw invalidRule(
          where,
          `${name} holds a value that is no role or scope; write each as 1 to 120 visible characters without spaces`,
        );
      }
      return item;
    }),
  );
}

function appRule(where: string, input: Partial<AppRule>): AppRule {
  checkOptionNames(`rule of ${where}, app`, input, ['anyRole', 'allRoles']);
  const rule: AppRule = {
    anyRole: permissions(where, 'app.any_role', input.anyRole),
    allRoles: permissions(where, 'app.all_roles', input.allRoles),
  };
  if (rule.anyRole.length + rule.allRoles.length === 0) {
    throw invalidRule(
      where,
      'app names no role; every application of the tenant can get a token without roles, so name at least one ' +
        'in any_role or all_roles',
    );
  }
  return Object.freeze(rule);
}

function userRule(where: string, input: Partial<UserRule>): UserRule {
  checkOptionNames(`rule of ${where}, user`, input, [
    'anyScope',
    'allScopes',
    'anyRole',
    'allRoles',
    'authContext',
  ]);
  const rule: UserRule = {
    anyScope: permissions(where, 'user.any_scope', input.anyScope),
    allScopes: permissions(where, 'user.all_scopes', input.allScopes),
    anyRole: permissions(where, 'user.any_role', input.anyRole),
    allRoles: permissions(where, 'user.all_roles', input.allRoles),
    ...authContext(where, input.authContext),
  };
  if (rule.anyScope.length + rule.allScopes.length === 0) {
    throw invalidRule(where, 'user names no scope; name at least one in any_scope or all_scopes');
  }
  return Object.freeze(rule);
}

const AUTH_CONTEXT = /^c[1-9][0-9]?$/;

/** An empty text is what a proto says that says nothing. */
function authContext(where: string, value: unknown): Pick<UserRule, 'authContext'> {
  if (value === undefined || value === '') return {};
  if (typeof value === 'string' && AUTH_CONTEXT.test(value)) return { authContext: value };
  throw invalidRule(
    where,
    'user.auth_context is no id of an authentication context; write "c1" to "c99"',
  );
}

const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]+)*$/;
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

function namesOf(where: string, name: string, value: unknown, pattern: RegExp): readonly string[] {
  if (value === undefined) return Object.freeze([]);
  if (!Array.isArray(value)) throw invalidRule(where, `${name} must be a list`);
  for (const item of value) {
    if (typeof item === 'string' && pattern.test(item)) continue;
    throw invalidRule(
      where,
      `${name} holds a value that can match no certificate; names are exact and in lower case`,
    );
  }
  return Object.freeze([...(value as readonly string[])]);
}

function certificateRule(
  where: string,
  input: Partial<ClientCertificateRule>,
): ClientCertificateRule {
  checkOptionNames(`rule of ${where}, clientCertificate`, input, [
    'spiffeIds',
    'dnsNames',
    'boundToken',
  ]);
  const { boundToken = false } = input;
  if (typeof boundToken !== 'boolean') {
    throw invalidRule(where, 'client_certificate.bound_token must be true or false');
  }
  return Object.freeze({
    spiffeIds: namesOf(where, 'client_certificate.spiffe_ids', input.spiffeIds, SPIFFE_ID),
    dnsNames: namesOf(where, 'client_certificate.dns_names', input.dnsNames, DNS_NAME),
    boundToken,
  });
}

/**
 * Checks a rule and gives it its final form.
 *
 * @param where - The method or service, for messages.
 * @throws {@link ConfigError} `ERR_RULE_INVALID` when the rule admits nobody, admits more than its author can
 * have meant, or mixes `public` with anything else; `ERR_OPTION_UNKNOWN` for a condition this version does not
 * know, since a condition that is ignored is an open door.
 */
export function parseRule(where: string, input: RuleInput): Rule {
  checkOptionNames(`rule of ${where}`, input, [
    'app',
    'user',
    'public',
    'allowedClientIds',
    'clientCertificate',
  ]);
  const allowedClientIds = Object.freeze(
    (input.allowedClientIds ?? []).map((id, index) =>
      checkGuid(`rule of ${where}, allowed_client_ids[${index}]`, id, 'application (client) id'),
    ),
  );
  if (input.public !== undefined) {
    if (
      input.app !== undefined ||
      input.user !== undefined ||
      input.clientCertificate !== undefined ||
      allowedClientIds.length > 0
    ) {
      throw invalidRule(where, 'public stands alone; remove it or the other conditions');
    }
    checkOptionNames(`rule of ${where}, public`, input.public, ['reason']);
    const reason: unknown = input.public.reason;
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw invalidRule(
        where,
        'public needs a reason, for example public: { reason: "liveness text, no data" }',
      );
    }
    return Object.freeze({ kind: 'public', reason: reason.trim() });
  }
  const narrowing = {
    allowedClientIds,
    ...(input.clientCertificate === undefined
      ? {}
      : { clientCertificate: certificateRule(where, input.clientCertificate) }),
  };
  if (input.app !== undefined && input.user !== undefined) {
    return Object.freeze({
      kind: 'either',
      app: appRule(where, input.app),
      user: userRule(where, input.user),
      ...narrowing,
    });
  }
  if (input.app !== undefined) {
    return Object.freeze({ kind: 'app', app: appRule(where, input.app), ...narrowing });
  }
  if (input.user !== undefined) {
    return Object.freeze({ kind: 'user', user: userRule(where, input.user), ...narrowing });
  }
  throw invalidRule(where, 'it admits nobody; state app, user or public');
}
