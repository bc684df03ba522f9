import type { TokenReason } from '../core/token-reason.ts';

/** What a rule wants, and what to do where it is broken. For operators; nothing in it comes from a token. */
export interface ReasonText {
  /** As the end of the sentence "It is required that …". */
  readonly wants: string;
  readonly advice: string;
}

/** The way out where another kind of token was sent. */
export const GET_ANOTHER = 'acquire an access token for this API and send it as it was issued';
/** The way out where nothing in the registration can be the cause. */
export const TAMPERED =
  'somebody changed or made up this token: look for what stands between authority and caller';

/** Reasons about what arrives. */
export type PresentedReason =
  | 'authorization_missing'
  | 'authorization_repeated'
  | 'authorization_empty'
  | 'authorization_binary'
  | 'scheme_not_bearer'
  | 'separator_not_space'
  | 'token_characters'
  | 'token_too_long'
  | 'opaque_token'
  | 'encrypted_token'
  | 'segment_count';

/** Reasons about header and payload as documents. */
export type DocumentReason =
  | 'base64url_not_canonical'
  | 'not_utf8'
  | 'not_a_json_object'
  | 'duplicate_member'
  | 'ambiguous_member'
  | 'forbidden_member'
  | 'bounds_exceeded';

/** Reasons about the header. */
export type HeaderReason =
  | 'algorithm_not_allowed'
  | 'type_missing'
  | 'type_not_access_token'
  | 'key_id_malformed'
  | 'key_id_unknown'
  | 'header_carries_key'
  | 'critical_header'
  | 'header_of_other_format'
  | 'nested_token'
  | 'foreign_resource_token';

/** Reasons about keys and signature. */
export type KeyReason =
  | 'signature_length'
  | 'signature_invalid'
  | 'key_of_other_issuer'
  | 'key_without_issuer'
  | 'key_of_other_cloud'
  | 'keys_unavailable';

/** Reasons about claims, and about the call itself. */
export type ClaimReason = Exclude<
  TokenReason,
  PresentedReason | DocumentReason | HeaderReason | KeyReason
>;
