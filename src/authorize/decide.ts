import type { Caller } from '../core/caller.ts';
import type { DenialReason } from '../core/denial-reason.ts';
import type { AppRule, ClientCertificateRule, Rule, UserRule } from './rule.ts';

/** `allowed`, or why not. A word rather than an absence, so that a forgotten answer can never mean yes. */
export type Decision = 'allowed' | DenialReason;

function holds(held: readonly string[], any: readonly string[], all: readonly string[]): boolean {
  return (
    (any.length === 0 || any.some((name) => held.includes(name))) &&
    all.every((name) => held.includes(name))
  );
}

function decideApp(rule: AppRule, caller: Caller): Decision {
  return holds(caller.roles, rule.anyRole, rule.allRoles) ? 'allowed' : 'role_missing';
}

function decideUser(rule: UserRule, scopes: readonly string[], caller: Caller): Decision {
  if (!holds(scopes, rule.anyScope, rule.allScopes)) return 'scope_missing';
  if (!holds(caller.roles, rule.anyRole, rule.allRoles)) return 'user_role_missing';
  if (rule.authContext === undefined || caller.authContexts.includes(rule.authContext)) {
    return 'allowed';
  }
  return 'auth_context_missing';
}

/** What a rule needs to know of a verified client certificate. */
export interface PeerCertificate {
  readonly spiffeId: string | undefined;
  readonly dnsNames: readonly string[];
}

function decideCertificate(
  rule: ClientCertificateRule,
  caller: Caller,
  certificate: PeerCertificate | undefined,
): Decision {
  if (certificate === undefined) return 'certificate_missing';
  const { spiffeId, dnsNames } = certificate;
  const named =
    (rule.spiffeIds.length === 0 || rule.spiffeIds.includes(spiffeId ?? '')) &&
    (rule.dnsNames.length === 0 || rule.dnsNames.some((name) => dnsNames.includes(name)));
  if (!named) return 'certificate_not_allowed';
  // A binding that is there was compared with the certificate before (rule P2).
  return rule.boundToken && caller.certificateThumbprint === undefined
    ? 'token_not_bound'
    : 'allowed';
}

/**
 * Decides whether a verified caller may call a method. Pure.
 *
 * The kind of the token is part of every decision: a user who holds an app role is no application (rule Z2), and a
 * role never stands in for a scope (rule Z3).
 *
 * @param rule - `undefined` denies: a method nobody wrote a rule for is closed (rule Z4).
 * @param certificate - The verified client certificate of the connection, if there is one.
 */
export function decide(
  rule: Rule | undefined,
  caller: Caller,
  certificate?: PeerCertificate,
): Decision {
  if (rule === undefined) return 'rule_missing';
  if (rule.kind === 'public') return 'allowed';
  const scopes = caller.kind === 'user' ? caller.scopes : [];
  // Rule Z1: any application of the tenant gets such a token; it says who, and nothing about may.
  if (caller.roles.length === 0 && scopes.length === 0) return 'no_roles_and_no_scopes';
  // Rule Z6: a client id narrows, it never admits.
  if (rule.allowedClientIds.length > 0 && !rule.allowedClientIds.includes(caller.clientId)) {
    return 'client_not_allowed';
  }
  if (rule.clientCertificate !== undefined) {
    const decision = decideCertificate(rule.clientCertificate, caller, certificate);
    if (decision !== 'allowed') return decision;
  }
  if (caller.kind === 'app') {
    return rule.kind === 'user' ? 'app_not_admitted' : decideApp(rule.app, caller);
  }
  return rule.kind === 'app' ? 'user_not_admitted' : decideUser(rule.user, scopes, caller);
}
