/**
 * Why a verified caller may not call a method. A closed list, so that it can label metrics (rule E3).
 *
 * @see rules Z1 to Z7, C13, X2 and X3 of docs/token-rules.md
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
  | 'client_not_allowed'
  | 'guest_not_admitted'
  | 'device_not_admitted'
  | 'agent_not_admitted'
  | 'auth_context_missing'
  | 'certificate_missing'
  | 'certificate_not_allowed'
  | 'token_not_bound';
