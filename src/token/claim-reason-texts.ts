import { type ClaimReason, GET_ANOTHER, type ReasonText, TAMPERED } from './reason-text.ts';

const ENTRA_WRITES =
  'Entra always writes this claim: the token is not an Entra access token for this API';

/** About claims, bindings and the call. */
export const claimReasonTexts: Readonly<Record<ClaimReason, ReasonText>> = {
  version_not_accepted: {
    wants: 'the version of the token is accepted',
    advice:
      'set requestedAccessTokenVersion to 2 in the manifest of the API, or accept v1.0 tokens with tokenVersions and v1Audiences',
  },
  issuer_mismatch: {
    wants: 'the token was issued for the tenant and cloud of these settings',
    advice: 'check tenantId and authority; several tenants need { allowedTenants: [...] }',
  },
  policy_not_listed: {
    wants: 'the policy of Azure AD B2C that made the token is on the list',
    advice: 'add the policy to authority.policies, spelled as claim tfp has it',
  },
  tenant_mismatch: { wants: 'tid is the tenant inside the issuer', advice: TAMPERED },
  tenant_not_allowed: {
    wants: 'the tenant is on the list',
    advice: 'add the tenant to allowedTenants if its callers are wanted',
  },
  personal_account: {
    wants: 'the caller has a work or school account',
    advice: 'set allowPersonalAccounts if personal accounts are wanted',
  },
  audience_mismatch: {
    wants: 'the audience is the client id of this API',
    advice: 'ask for the scope api://<client id of this API>/.default, and check clientId',
  },
  audience_not_listed: {
    wants: 'the audience of a v1.0 token is the client id or a listed App ID URI',
    advice:
      'add the App ID URI to v1Audiences exactly as the token has it, trailing slash included',
  },
  time_claim_malformed: { wants: 'exp, nbf and iat are whole numbers', advice: ENTRA_WRITES },
  expired: {
    wants: 'the token has not expired',
    advice: 'the client must acquire a new token before the old one ends; check both clocks',
  },
  not_yet_valid: {
    wants: 'the token is valid already',
    advice: 'the clock of this machine is behind: synchronise it',
  },
  issued_in_the_future: {
    wants: 'the token was not issued in the future',
    advice: 'the clock of this machine is behind: synchronise it',
  },
  lifetime_implausible: {
    wants: 'the lifetime is plausible',
    advice: 'shorten the token lifetime policy, or raise maxTokenLifetimeSeconds',
  },
  token_too_old: {
    wants: 'the token is young enough',
    advice: 'acquire a fresh token, or raise maxTokenAgeSeconds',
  },
  subject_missing: { wants: 'the token names its subject', advice: ENTRA_WRITES },
  object_id_missing: {
    wants: 'the caller has an object in the tenant',
    advice: 'create a service principal for the calling application in this tenant (admin consent)',
  },
  service_principal_missing: {
    wants: 'the calling application has a service principal in the tenant',
    advice: 'grant admin consent for the calling application in this tenant',
  },
  client_id_missing: {
    wants: 'the token names the calling application',
    advice: `it may be an id token: ${GET_ANOTHER}`,
  },
  client_id_contradiction: { wants: 'azp and appid agree', advice: TAMPERED },
  public_client_as_app: {
    wants: 'an application that calls as itself has authenticated',
    advice: 'give the application a certificate, a federated credential or a secret',
  },
  client_without_certificate: {
    wants: 'the application authenticated with a certificate',
    advice:
      'use a certificate, a federated credential or a managed identity, or lift requireCertificateClient',
  },
  kind_unknown: { wants: 'idtyp is app or user', advice: TAMPERED },
  kind_not_inferable: {
    wants: 'the token shows whether an application or a user calls',
    advice: 'add the optional claim idtyp (with include_user_token) to the registration of the API',
  },
  kind_contradiction: { wants: 'an application has no delegated permissions', advice: TAMPERED },
  kind_not_declared: {
    wants: 'idtyp says whether an application or a user calls',
    advice: 'add the optional claim idtyp (with include_user_token) to the registration of the API',
  },
  id_token: {
    wants: 'the token is an access token',
    advice: `the client sends its id token: ${GET_ANOTHER}`,
  },
  actor_token: { wants: 'no other identity is nested in the token', advice: TAMPERED },
  token_in_claim: {
    wants: 'no claim holds another token',
    advice: 'remove the claim that holds a token from the claims mapping of the API',
  },
  claim_type: { wants: 'claims have the types they must have', advice: TAMPERED },
  bound_token_unverified: {
    wants: 'the token is not bound to a certificate, since none is compared',
    advice: "set binding to 'optional', and let clients connect with their certificates",
  },
  confirmation_malformed: {
    wants: 'cnf names one certificate by x5t#S256',
    advice: 'only tokens bound to a client certificate are supported, not PoP or DPoP',
  },
  confirmation_missing: {
    wants: 'the token is bound to a certificate',
    advice: "acquire a bound token, or set binding to 'optional'",
  },
  certificate_missing: {
    wants: 'the connection has a client certificate',
    advice: 'connect with the certificate that the token is bound to',
  },
  certificate_mismatch: {
    wants: 'the token is bound to the certificate of the connection',
    advice: 'connect with the certificate that the token was acquired with',
  },
  token_revoked: {
    wants: 'the caller has not been revoked',
    advice: 'sign in anew; the server’s isRevoked decides',
  },
  auth_context_required: {
    wants: 'the sign-in satisfied the authentication context',
    advice: 'sign in anew with the claims of the challenge',
  },
  verification_timeout: {
    wants: 'verification ends in time',
    advice: 'see why the authority is slow to answer',
  },
  internal_error: {
    wants: 'nothing unexpected happens',
    advice: 'the log of the server has the cause',
  },
};
