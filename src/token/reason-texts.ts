import type { TokenReason } from '../core/token-reason.ts';
import type { CallerDenial } from './admission-checks.ts';
import { claimReasonTexts } from './claim-reason-texts.ts';
import {
  type DocumentReason,
  GET_ANOTHER,
  type HeaderReason,
  type KeyReason,
  type PresentedReason,
  type ReasonText,
  TAMPERED,
} from './reason-text.ts';

/** What arrives, before it is read. */
const presented: Readonly<Record<PresentedReason, ReasonText>> = {
  authorization_missing: {
    wants: 'the call carries an authorization entry',
    advice: 'send the metadata entry "authorization: Bearer <token>"',
  },
  authorization_repeated: {
    wants: 'there is one authorization value',
    advice: 'look for a proxy or interceptor that adds a second one',
  },
  authorization_empty: {
    wants: 'a token follows the scheme',
    advice: 'the client sent an empty token: check what its credential returns',
  },
  authorization_binary: {
    wants: 'the value is text',
    advice: 'use the entry "authorization", not one that ends in -bin',
  },
  scheme_not_bearer: {
    wants: 'the scheme is Bearer',
    advice: 'write "Bearer " before the token; bound tokens need the option binding',
  },
  separator_not_space: {
    wants: 'a space follows the scheme',
    advice: 'write "Bearer " with one space before the token',
  },
  token_characters: {
    wants: 'the token is made of base64url characters and dots',
    advice: 'remove quotes, line breaks, padding, or a second token',
  },
  token_too_long: {
    wants: 'the token is no longer than maxTokenBytes',
    advice:
      'limit the groups in the token (groups assigned to the application), or raise maxTokenBytes',
  },
  opaque_token: {
    wants: 'the token is a signed JWT',
    advice: `this is an opaque token, for example of a personal account or a refresh token: ${GET_ANOTHER}`,
  },
  encrypted_token: {
    wants: 'the token is signed, not encrypted',
    advice: 'turn token encryption off in the registration of the API',
  },
  segment_count: {
    wants: 'the token has three segments',
    advice: 'the token was cut or joined: send it whole',
  },
};

/** Header and payload as documents. */
const documents: Readonly<Record<DocumentReason, ReasonText>> = {
  base64url_not_canonical: {
    wants: 'each segment is canonical base64url',
    advice: 'the token was re-encoded or cut on its way: send it as it was issued',
  },
  not_utf8: { wants: 'header and payload are UTF-8', advice: TAMPERED },
  not_a_json_object: { wants: 'header and payload are JSON objects', advice: TAMPERED },
  duplicate_member: { wants: 'no name stands twice', advice: TAMPERED },
  ambiguous_member: {
    wants: 'no claim that decides stands twice in different letter case',
    advice: 'rename the additional claim in the claims mapping of the API',
  },
  forbidden_member: { wants: 'no name reaches a prototype', advice: TAMPERED },
  bounds_exceeded: {
    wants: 'header and payload are within their bounds',
    advice: 'issue fewer claims: limit groups to those assigned to the application',
  },
};

const headers: Readonly<Record<HeaderReason, ReasonText>> = {
  algorithm_not_allowed: { wants: 'the token is signed with RS256', advice: TAMPERED },
  type_missing: {
    wants: 'the header names the type of the token',
    advice: 'Entra always does; for another issuer of such tokens set allowMissingTyp',
  },
  type_not_access_token: {
    wants: 'the token is typed as an access token',
    advice: `it is another kind of token: ${GET_ANOTHER}`,
  },
  key_id_malformed: { wants: 'the header names its key', advice: TAMPERED },
  key_id_unknown: {
    wants: 'the key is published by the authority of these settings',
    advice:
      'check authority and tenantId; with a signing key of its own the API needs useAppSpecificKeys',
  },
  header_carries_key: { wants: 'the header brings no key', advice: TAMPERED },
  critical_header: { wants: 'no header extension is critical', advice: TAMPERED },
  header_of_other_format: { wants: 'the token is a plain signed JWT', advice: TAMPERED },
  nested_token: { wants: 'the token holds no other token', advice: TAMPERED },
  foreign_resource_token: {
    wants: 'the token is for this API',
    advice:
      'this is a token for Microsoft Graph or another service of Microsoft, which nobody else can verify: ' +
      'ask for the scope api://<client id of this API>/.default',
  },
};

const keys: Readonly<Record<KeyReason, ReasonText>> = {
  signature_length: { wants: 'the signature is as long as its key', advice: TAMPERED },
  signature_invalid: { wants: 'the signature fits header and payload', advice: TAMPERED },
  key_of_other_issuer: {
    wants: 'the key may sign for the issuer of the token',
    advice: 'the token claims another issuer than its key serves: treat it as an attack',
  },
  key_without_issuer: {
    wants: 'a key for all tenants names its issuer',
    advice:
      'name the accepted tenants in allowedTenants, at most 20, so that each has keys of its own',
  },
  key_of_other_cloud: {
    wants: 'the key belongs to the cloud of these settings',
    advice: 'check the option authority',
  },
  keys_unavailable: {
    wants: 'signing keys have been fetched',
    advice: 'see why the server cannot reach the authority: proxy, firewall, DNS, clock',
  },
};

/** One line of explanation for every reason a token is refused for. */
export const reasonTexts: Readonly<Record<TokenReason, ReasonText>> = Object.freeze({
  ...presented,
  ...documents,
  ...headers,
  ...keys,
  ...claimReasonTexts,
});

/** The same for kinds of callers that the settings do not admit. */
export const denialTexts: Readonly<Record<CallerDenial, ReasonText>> = Object.freeze({
  guest_not_admitted: { wants: 'the user is no guest', advice: "set guests to 'allow'" },
  device_not_admitted: { wants: 'no device calls as itself', advice: "set devices to 'allow'" },
  agent_not_admitted: { wants: 'no AI agent acts', advice: "set agents to 'allow'" },
});
