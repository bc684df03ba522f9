/**
 * Why a verified caller may not call a method. A closed list, so that it can label metrics (rule E3).
 *
 * @see spec rules Z1 to Z6 of docs/token-rules.md
 */
export type DenialReason =
  | 'method_unknown'
  | 'rule_missing'
  | 'no_roles_and_no_scopes'
  | 'app_not_admitted'
  | 'user_not_admitted'
  | 'role_missing'
  | 'scope_missing'
  | 'user_role_missing'
  | 'client_not_allowed';
