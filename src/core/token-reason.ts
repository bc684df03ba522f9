import type { TokenErrorCode } from './errors.ts';

/** What a refusal for one reason tells the caller, and the rule behind it. */
export interface TokenReasonFacts {
  /** Number of the rule in docs/token-rules.md. */
  readonly rule: string;
  /** Class of the refusal. */
  readonly code: TokenErrorCode;
}

/** Why a token was refused. A closed list, so that it can label metrics (rule E3). */
export type TokenReason =
  | 'authorization_missing'
  | 'authorization_repeated'
  | 'authorization_empty'
  | 'scheme_not_bearer'
  | 'separator_not_space'
  | 'token_characters'
  | 'token_too_long'
  | 'authorization_binary'
  | 'opaque_token'
  | 'encrypted_token'
  | 'segment_count'
  | 'base64url_not_canonical'
  | 'not_utf8'
  | 'not_a_json_object'
  | 'duplicate_member'
  | 'ambiguous_member'
  | 'forbidden_member'
  | 'bounds_exceeded'
  | 'signature_length'
  | 'algorithm_not_allowed'
  | 'type_missing'
  | 'type_not_access_token'
  | 'key_id_malformed'
  | 'key_id_unknown'
  | 'header_carries_key'
  | 'critical_header'
  | 'header_of_other_format'
  | 'nested_token'
  | 'foreign_resource_token'
  | 'signature_invalid'
  | 'key_of_other_issuer'
  | 'key_without_issuer'
  | 'key_of_other_cloud'
  | 'keys_unavailable'
  | 'issuer_mismatch'
  | 'policy_not_listed'
  | 'version_not_accepted'
  | 'tenant_mismatch'
  | 'tenant_not_allowed'
  | 'personal_account'
  | 'audience_mismatch'
  | 'audience_not_listed'
  | 'time_claim_malformed'
  | 'expired'
  | 'not_yet_valid'
  | 'issued_in_the_future'
  | 'lifetime_implausible'
  | 'token_too_old'
  | 'subject_missing'
  | 'object_id_missing'
  | 'service_principal_missing'
  | 'client_id_missing'
  | 'client_id_contradiction'
  | 'public_client_as_app'
  | 'client_without_certificate'
  | 'kind_unknown'
  | 'kind_not_inferable'
  | 'kind_contradiction'
  | 'kind_not_declared'
  | 'id_token'
  | 'actor_token'
  | 'token_in_claim'
  | 'claim_type'
  | 'bound_token_unverified'
  | 'confirmation_malformed'
  | 'confirmation_missing'
  | 'certificate_missing'
  | 'certificate_mismatch'
  | 'token_revoked'
  | 'auth_context_required'
  | 'verification_timeout'
  | 'internal_error';

/** The rule and the class behind each reason. */
export const tokenReasons: Readonly<Record<TokenReason, TokenReasonFacts>> = Object.freeze({
  // Metadata
  authorization_missing: { rule: 'M1', code: 'ERR_TOKEN_MISSING' },
  authorization_repeated: { rule: 'M2', code: 'ERR_TOKEN_MALFORMED' },
  authorization_empty: { rule: 'M3', code: 'ERR_TOKEN_MALFORMED' },
  scheme_not_bearer: { rule: 'M4', code: 'ERR_TOKEN_MISSING' },
  separator_not_space: { rule: 'M5', code: 'ERR_TOKEN_MALFORMED' },
  token_characters: { rule: 'M6', code: 'ERR_TOKEN_MALFORMED' },
  token_too_long: { rule: 'M7', code: 'ERR_TOKEN_MALFORMED' },
  authorization_binary: { rule: 'M12', code: 'ERR_TOKEN_MALFORMED' },
  // Structure
  opaque_token: { rule: 'S1', code: 'ERR_TOKEN_INVALID' },
  encrypted_token: { rule: 'S1', code: 'ERR_TOKEN_INVALID' },
  segment_count: { rule: 'S1', code: 'ERR_TOKEN_INVALID' },
  base64url_not_canonical: { rule: 'S2', code: 'ERR_TOKEN_INVALID' },
  not_utf8: { rule: 'S3', code: 'ERR_TOKEN_INVALID' },
  not_a_json_object: { rule: 'S4', code: 'ERR_TOKEN_INVALID' },
  duplicate_member: { rule: 'S5', code: 'ERR_TOKEN_INVALID' },
  ambiguous_member: { rule: 'S5b', code: 'ERR_TOKEN_INVALID' },
  forbidden_member: { rule: 'S6', code: 'ERR_TOKEN_INVALID' },
  bounds_exceeded: { rule: 'S7', code: 'ERR_TOKEN_INVALID' },
  signature_length: { rule: 'S9', code: 'ERR_TOKEN_INVALID' },
  // JOSE header
  algorithm_not_allowed: { rule: 'H1', code: 'ERR_TOKEN_INVALID' },
  type_missing: { rule: 'H2b', code: 'ERR_TOKEN_INVALID' },
  type_not_access_token: { rule: 'H2', code: 'ERR_TOKEN_INVALID' },
  key_id_malformed: { rule: 'H3', code: 'ERR_TOKEN_INVALID' },
  key_id_unknown: { rule: 'H4', code: 'ERR_TOKEN_INVALID' },
  header_carries_key: { rule: 'H6', code: 'ERR_TOKEN_INVALID' },
  critical_header: { rule: 'H7', code: 'ERR_TOKEN_INVALID' },
  header_of_other_format: { rule: 'H8', code: 'ERR_TOKEN_INVALID' },
  nested_token: { rule: 'H9', code: 'ERR_TOKEN_INVALID' },
  foreign_resource_token: { rule: 'H10', code: 'ERR_TOKEN_INVALID' },
  // Keys and signature
  signature_invalid: { rule: 'K3', code: 'ERR_TOKEN_INVALID' },
  key_of_other_issuer: { rule: 'K4', code: 'ERR_TOKEN_INVALID' },
  key_without_issuer: { rule: 'K4b', code: 'ERR_TOKEN_INVALID' },
  key_of_other_cloud: { rule: 'K5', code: 'ERR_TOKEN_INVALID' },
  keys_unavailable: { rule: 'K8', code: 'ERR_KEYS_UNAVAILABLE' },
  // Issuer, tenant, version
  issuer_mismatch: { rule: 'I4', code: 'ERR_TOKEN_INVALID' },
  policy_not_listed: { rule: 'I9', code: 'ERR_TOKEN_INVALID' },
  version_not_accepted: { rule: 'I2', code: 'ERR_TOKEN_INVALID' },
  tenant_mismatch: { rule: 'I5', code: 'ERR_TOKEN_INVALID' },
  tenant_not_allowed: { rule: 'I6', code: 'ERR_TOKEN_INVALID' },
  personal_account: { rule: 'I7', code: 'ERR_TOKEN_INVALID' },
  // Audience
  audience_mismatch: { rule: 'A3', code: 'ERR_TOKEN_INVALID' },
  audience_not_listed: { rule: 'A4', code: 'ERR_TOKEN_INVALID' },
  // Time
  time_claim_malformed: { rule: 'T1', code: 'ERR_TOKEN_INVALID' },
  expired: { rule: 'T2', code: 'ERR_TOKEN_EXPIRED' },
  not_yet_valid: { rule: 'T3', code: 'ERR_TOKEN_INVALID' },
  issued_in_the_future: { rule: 'T3', code: 'ERR_TOKEN_INVALID' },
  lifetime_implausible: { rule: 'T4', code: 'ERR_TOKEN_INVALID' },
  token_too_old: { rule: 'T6', code: 'ERR_TOKEN_INVALID' },
  // Identity and kind
  subject_missing: { rule: 'C1', code: 'ERR_TOKEN_INVALID' },
  object_id_missing: { rule: 'C2', code: 'ERR_TOKEN_INVALID' },
  service_principal_missing: { rule: 'C3', code: 'ERR_TOKEN_INVALID' },
  client_id_missing: { rule: 'C4', code: 'ERR_TOKEN_INVALID' },
  client_id_contradiction: { rule: 'C4', code: 'ERR_TOKEN_INVALID' },
  public_client_as_app: { rule: 'C5', code: 'ERR_TOKEN_INVALID' },
  client_without_certificate: { rule: 'C5', code: 'ERR_TOKEN_INVALID' },
  kind_unknown: { rule: 'C6', code: 'ERR_TOKEN_INVALID' },
  kind_not_inferable: { rule: 'C6', code: 'ERR_TOKEN_INVALID' },
  kind_contradiction: { rule: 'C6b', code: 'ERR_TOKEN_INVALID' },
  kind_not_declared: { rule: 'C6c', code: 'ERR_TOKEN_INVALID' },
  id_token: { rule: 'C7', code: 'ERR_TOKEN_INVALID' },
  actor_token: { rule: 'C8', code: 'ERR_TOKEN_INVALID' },
  token_in_claim: { rule: 'C8', code: 'ERR_TOKEN_INVALID' },
  claim_type: { rule: 'C11', code: 'ERR_TOKEN_INVALID' },
  // Proof of possession
  bound_token_unverified: { rule: 'P1', code: 'ERR_TOKEN_INVALID' },
  confirmation_malformed: { rule: 'P2', code: 'ERR_TOKEN_INVALID' },
  certificate_mismatch: { rule: 'P2', code: 'ERR_TOKEN_INVALID' },
  certificate_missing: { rule: 'P3', code: 'ERR_TOKEN_INVALID' },
  confirmation_missing: { rule: 'P4', code: 'ERR_TOKEN_INVALID' },
  // Claims challenge, continuous access evaluation
  auth_context_required: { rule: 'X1', code: 'ERR_TOKEN_INVALID' },
  token_revoked: { rule: 'X4', code: 'ERR_TOKEN_INVALID' },
  // The gate itself
  verification_timeout: { rule: 'E4', code: 'ERR_KEYS_UNAVAILABLE' },
  internal_error: { rule: 'E4', code: 'ERR_TOKEN_INVALID' },
});
