/** A refusal of the authority in Entra's terms. */
export interface AadstsError {
  readonly status: number;
  /** OAuth error code. */
  readonly error: string;
  /** Number behind `AADSTS`. */
  readonly code: number;
  /** What happened, in this emulator's words. */
  readonly text: string;
  readonly suberror?: string;
  /** A claims challenge, sent as JSON text. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Seconds in the header `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

const of = (status: number, error: string, code: number, text: string): AadstsError =>
  Object.freeze({ status, error, code, text });

const badRequest = (code: number, text: string): AadstsError =>
  of(400, 'invalid_request', code, text);
const badClient = (code: number, text: string): AadstsError =>
  of(401, 'invalid_client', code, text);
const badGrant = (code: number, text: string): AadstsError => of(400, 'invalid_grant', code, text);
const badScope = (code: number, text: string): AadstsError => of(400, 'invalid_scope', code, text);
const unauthorized = (code: number, text: string): AadstsError =>
  of(400, 'unauthorized_client', code, text);
const interaction = (code: number, text: string): AadstsError =>
  of(400, 'interaction_required', code, text);
const transient = (code: number, text: string): AadstsError =>
  of(503, 'temporarily_unavailable', code, text);

/** Name of a refusal that a request can bring about. */
export type AadstsName =
  | 'tenantUnknown'
  | 'tenantUnknownInMetadata'
  | 'tenantMalformed'
  | 'tenantNotNamed'
  | 'tenantShared'
  | 'tenantSharedGrant'
  | 'instanceUnknown'
  | 'parameterMissing'
  | 'resourceParameter'
  | 'grantUnsupported'
  | 'applicationUnknown'
  | 'applicationPlaceholder'
  | 'applicationDisabled'
  | 'applicationPublic'
  | 'credentialMissing'
  | 'credentialMissingOnBehalfOf'
  | 'secretWrong'
  | 'secretExpired'
  | 'assertionTypeWrong'
  | 'assertionMalformed'
  | 'assertionSignature'
  | 'assertionSubject'
  | 'assertionAudience'
  | 'assertionTime'
  | 'federationNone'
  | 'federationIssuer'
  | 'federationAudience'
  | 'federationSubject'
  | 'federationCase'
  | 'scopeMalformed'
  | 'scopeWithoutDefault'
  | 'scopeOfSeveral'
  | 'resourceUnknown'
  | 'assignmentRequired'
  | 'userAssertionInvalid'
  | 'userAssertionAudience'
  | 'userAssertionExpired'
  | 'userAssertionOfApp'
  | 'consentMissing';

/** Refusals that a request can bring about; numbers, statuses and OAuth codes as Entra gives them. */
export const aadsts: Readonly<Record<AadstsName, AadstsError>> = Object.freeze({
  // Tenant
  tenantUnknownInMetadata: of(400, 'invalid_tenant', 90002, 'This emulator has no such tenant.'),
  tenantUnknown: badRequest(90002, 'This emulator has no such tenant.'),
  tenantMalformed: badRequest(900023, 'The tenant in the path is neither a GUID nor a domain.'),
  tenantNotNamed: badRequest(50059, 'The request names no tenant; use a tenant-specific address.'),
  tenantShared: badRequest(
    50194,
    'The application belongs to one tenant; use the address of that tenant.',
  ),
  tenantSharedGrant: badRequest(9001023, 'This grant needs a tenant-specific address.'),
  instanceUnknown: of(400, 'invalid_instance', 50049, 'The authority is not known here.'),
  // Request
  parameterMissing: badRequest(900144, 'The request body lacks a parameter.'),
  resourceParameter: badRequest(
    901002,
    "The parameter 'resource' is not for this endpoint; use 'scope'.",
  ),
  grantUnsupported: of(400, 'unsupported_grant_type', 70003, 'The grant type is not supported.'),
  // Application
  applicationUnknown: unauthorized(700016, 'No application with this id is in this tenant.'),
  applicationPlaceholder: unauthorized(700038, 'The client id is no application id.'),
  applicationDisabled: unauthorized(7000112, 'The application is disabled.'),
  applicationPublic: badClient(
    700025,
    'The application is registered as a public client and must send no credential.',
  ),
  // Credential
  credentialMissing: badClient(7000216, 'The request has neither secret nor assertion.'),
  credentialMissingOnBehalfOf: badClient(7000218, 'The request has neither secret nor assertion.'),
  secretWrong: badClient(7000215, 'The client secret is wrong.'),
  secretExpired: badClient(7000222, 'The client secret has expired.'),
  assertionTypeWrong: badClient(50012, 'The client_assertion_type is not the one for JWTs.'),
  assertionMalformed: badClient(50027, 'The client assertion is no JWT as it must be.'),
  assertionSignature: badClient(
    700027,
    'The client assertion is not signed by a registered, valid certificate.',
  ),
  assertionSubject: badClient(700021, 'Issuer and subject of the assertion must be the client id.'),
  assertionAudience: badClient(
    700023,
    'The audience of the assertion must be this token endpoint.',
  ),
  assertionTime: badClient(700024, 'The client assertion is outside its time of validity.'),
  federationNone: badClient(70021, 'The application has no federated credential.'),
  federationIssuer: badClient(700211, 'No federated credential has this issuer.'),
  federationAudience: badClient(700212, 'No federated credential has this audience.'),
  federationSubject: badClient(700213, 'No federated credential has this subject.'),
  federationCase: badClient(7002138, 'A federated credential differs in letter case only.'),
  // Scope and resource
  scopeMalformed: badScope(70011, 'The scope is malformed.'),
  scopeWithoutDefault: badScope(1002012, 'The scope must end in /.default.'),
  scopeOfSeveral: badScope(28000, 'The scope names several resources.'),
  resourceUnknown: of(400, 'invalid_resource', 500011, 'No such resource is in this tenant.'),
  assignmentRequired: badGrant(501051, 'The resource requires assignment; there is no role.'),
  // On-behalf-of
  userAssertionInvalid: badGrant(50013, 'The assertion is no valid access token.'),
  userAssertionAudience: badGrant(500131, 'The assertion is for another application.'),
  userAssertionExpired: badGrant(500133, 'The assertion has expired.'),
  userAssertionOfApp: badGrant(7000114, 'The assertion is of an application, not of a user.'),
  consentMissing: Object.freeze({
    ...badGrant(65001, 'There is no consent to these permissions.'),
    suberror: 'consent_required',
  }),
});

/** Refusals whose causes this emulator does not model; reached by injecting them. */
const injectedOnly: readonly AadstsError[] = [
  badRequest(90019, 'The request names no tenant.'),
  badScope(700022, 'The scope names several resources.'),
  badClient(700030, 'The subject of the certificate is not authorised.'),
  unauthorized(7000113, 'The application may not act on behalf of users.'),
  { ...badGrant(53003, 'A conditional access policy blocks this.'), suberror: 'message_only' },
  { ...badGrant(530035, 'Security defaults block this.'), suberror: 'message_only' },
  interaction(50076, 'Multi-factor authentication is required.'),
  interaction(50079, 'Registration for multi-factor authentication is required.'),
  interaction(50158, 'An external security challenge was not met.'),
  badRequest(90038, 'The tenant belongs to another national cloud.'),
  badRequest(900382, 'The application belongs to another national cloud.'),
  badRequest(900432, 'The application is not supported over this national cloud.'),
  badRequest(900439, 'The tenant is not supported over this national cloud.'),
  badGrant(50196, 'The same request was repeated in a loop.'),
  { ...of(429, 'invalid_request', 90055, 'The tenant is throttled.'), retryAfterSeconds: 60 },
  transient(90033, 'The service is temporarily unavailable.'),
  transient(90006, 'The service is temporarily unavailable.'),
  transient(90012, 'The request timed out.'),
  transient(90024, 'The request budget was exceeded.'),
  transient(50033, 'A transient error occurred.'),
];

const byNumber: ReadonlyMap<number, AadstsError> = new Map(
  [...injectedOnly, ...Object.values(aadsts)].map((entry) => [entry.code, entry]),
);

/** The refusal behind a number, or `undefined` for one this emulator does not know. */
export function aadstsByNumber(code: number): AadstsError | undefined {
  return byNumber.get(code);
}

/** All numbers it knows, ascending. */
export function aadstsNumbers(): readonly number[] {
  return [...byNumber.keys()].sort((a, b) => a - b);
}

/** The refusal for a missing form field. */
export function parameterMissing(name: string): AadstsError {
  return { ...aadsts.parameterMissing, text: `The request body lacks the parameter '${name}'.` };
}
