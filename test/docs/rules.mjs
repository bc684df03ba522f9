// Every rule a call's token must keep, in the order in which they are asked, each in one line. Numbers never change
// their meaning: reasons in logs and metrics refer to them.

/**
 * @typedef {object} Rule
 * @property {string} rule Number, or the first of several.
 * @property {string} text What it demands.
 * @property {string} [untested] Why no test has its number.
 */

/** @type {Readonly<Record<string, readonly Rule[]>>} */
export const groups = {
  'Metadata of the call': [
    { rule: 'M1', text: 'An `authorization` entry exists.' },
    { rule: 'M2', text: 'It has one value; with two, none is picked.' },
    {
      rule: 'M2b',
      text: 'Of two fields on the wire the first alone decides: Node drops the second.',
      untested: 'tested as construction 93 of the attack catalogue, with frames written by hand',
    },
    { rule: 'M3', text: 'The value is not empty.' },
    { rule: 'M4', text: 'The scheme is `Bearer`, in any letter case.' },
    { rule: 'M5', text: 'Spaces, and nothing else, stand between scheme and token.' },
    { rule: 'M6', text: 'The token is made of base64url characters and dots.' },
    { rule: 'M7', text: 'The token is at most 16 384 bytes long, or as long as configured.' },
    {
      rule: 'M8',
      text: 'A value with bytes no header may have is dropped by grpc-js, and its log line is redacted.',
      untested: 'tested as construction 96 of the attack catalogue, against a real server',
    },
    {
      rule: 'M9',
      text: 'A value with NUL, CR or LF is dropped by the HTTP/2 layer.',
      untested: 'the HTTP/2 layer of Node decides it before any code of this package runs',
    },
    {
      rule: 'M10',
      text: 'An upper-case field name resets the stream.',
      untested: 'the HTTP/2 layer of Node decides it before any code of this package runs',
    },
    {
      rule: 'M11',
      text: 'No other entry is consulted for a token.',
      untested: 'tested as construction 97 of the attack catalogue, against a real server',
    },
    { rule: 'M12', text: 'The value is text, not bytes.' },
    { rule: 'M13', text: 'Handlers do not see the credential.' },
    {
      rule: 'M14',
      text: 'A call is verified when it starts; a stream does not outlive its token for long.',
    },
  ],
  Structure: [
    { rule: 'S1', text: 'The token has three segments, none of them empty.' },
    { rule: 'S2', text: 'Each segment is canonical base64url: one spelling for one content.' },
    { rule: 'S3', text: 'Header and payload are UTF-8.' },
    { rule: 'S4', text: 'Header and payload are JSON objects.' },
    { rule: 'S5', text: 'No member name is repeated, at any level, however it is spelled.' },
    { rule: 'S5b', text: 'No claim that decides stands there twice in different letter case.' },
    { rule: 'S6', text: 'No member name reaches a prototype.' },
    { rule: 'S7', text: 'Nesting, number of members and sizes are within bounds.' },
    { rule: 'S8', text: 'The JSON serialisation of a JWS is not accepted.' },
    { rule: 'S9', text: 'The signature is as long as the modulus of the key.' },
  ],
  Header: [
    { rule: 'H1', text: '`alg` is `RS256`.' },
    {
      rule: 'H1b',
      text: 'No setting widens that.',
      untested: 'there is no setting for algorithms: an option of that name is refused as unknown',
    },
    { rule: 'H2', text: '`typ` is `JWT` or `at+jwt`.' },
    { rule: 'H2b', text: '`typ` is present, unless configured otherwise.' },
    { rule: 'H3', text: '`kid` is a printable string of 1 to 128 characters.' },
    {
      rule: 'H4',
      text: '`kid` names a published key; an unknown one causes at most one fetch in 5 minutes.',
    },
    { rule: 'H5', text: '`x5t` selects nothing.' },
    { rule: 'H6', text: 'The header brings no key and points to none.' },
    { rule: 'H7', text: '`crit` is absent.' },
    { rule: 'H8', text: 'No member of encryption, compression or unencoded payloads is present.' },
    { rule: 'H9', text: '`cty` is absent: nothing is nested.' },
    { rule: 'H10', text: '`nonce` is absent: such tokens are for other resources.' },
    { rule: 'H11', text: 'Other members are ignored.' },
  ],
  'Keys and signature': [
    {
      rule: 'K1',
      text: 'Keys are looked up by authority, version and id; the token picks among what is configured.',
    },
    {
      rule: 'K2',
      text: 'Published keys are admitted one by one: RSA of 2048 to 4096 bits, exponent 65537, no ROCA mark, for signing.',
    },
    { rule: 'K2b', text: 'Two different keys with one id are both left out.' },
    { rule: 'K2c', text: 'Symmetric keys are left out.' },
    { rule: 'K3', text: 'The signature fits; one attempt, one key, no fetch.' },
    { rule: 'K4', text: 'The key may sign for this issuer.' },
    { rule: 'K4b', text: 'A key that serves all tenants names its issuer.' },
    { rule: 'K5', text: 'The key belongs to this cloud.' },
    { rule: 'K6', text: 'Certificates beside published keys are no trust.' },
    { rule: 'K7', text: 'Keys of one application are used by opt-in.' },
    { rule: 'K8', text: 'Without usable keys calls are UNAVAILABLE, never accepted.' },
  ],
  'Issuer, tenant, version': [
    { rule: 'I1', text: 'The issuer is compared as a whole, character by character.' },
    { rule: 'I2', text: 'The version is accepted, and agrees with the form of the issuer.' },
    { rule: 'I3', text: 'v1.0 tokens are checked with v1.0 keys, v2.0 tokens with v2.0 keys.' },
    { rule: 'I4', text: 'The issuer is that of the configured tenant.' },
    { rule: 'I4b', text: 'The configured tenant is a GUID, not an alias.' },
    { rule: 'I5', text: '`tid` is a GUID and the one inside the issuer.' },
    {
      rule: 'I6',
      text: 'With several tenants, the tenant is on the list, or any was asked for by name.',
    },
    { rule: 'I7', text: 'Personal accounts are accepted only by name.' },
    { rule: 'I8', text: 'Metadata documents say exactly what this authority must say.' },
    {
      rule: 'I9',
      text: 'A policy of Azure AD B2C is on the list; without the B2C profile there is none.',
    },
    { rule: 'I10', text: 'Alias hosts are for discovery, not for issuers.' },
  ],
  Audience: [
    { rule: 'A1', text: 'An audience is configured.' },
    { rule: 'A2', text: '`aud` is one string, not an array.' },
    { rule: 'A3', text: 'In a v2.0 token it is the client id of the API.' },
    { rule: 'A4', text: 'In a v1.0 token it is the client id or a listed App ID URI.' },
    { rule: 'A5', text: 'It is compared exactly: no trailing slash, no prefix, no letter case.' },
    { rule: 'A6', text: 'An App ID URI is no audience of a v2.0 token.' },
    { rule: 'A7', text: 'A service of Microsoft cannot be configured as audience.' },
  ],
  Time: [
    { rule: 'T1', text: '`exp`, `nbf` and `iat` are present and whole numbers above zero.' },
    { rule: 'T2', text: 'The token has not expired.' },
    { rule: 'T3', text: 'The token is valid already, and was not issued in the future.' },
    { rule: 'T4', text: 'Its lifetime is plausible.' },
    { rule: 'T5', text: 'Clocks may differ by 60 seconds, or 0 to 300 as configured.' },
    { rule: 'T6', text: 'It is young enough, where that is configured.' },
  ],
  'Identity and kind': [
    { rule: 'C1', text: '`sub` is present.' },
    { rule: 'C2', text: '`oid` is a GUID.' },
    { rule: 'C3', text: 'The application has a service principal in the tenant.' },
    { rule: 'C4', text: 'The calling application is named, once.' },
    {
      rule: 'C5',
      text: 'An application has authenticated; by certificate, where that is configured.',
    },
    { rule: 'C6', text: 'The token is an application’s or a user’s, and says or shows which.' },
    { rule: 'C6b', text: 'An application has no delegated permissions.' },
    { rule: 'C6c', text: 'It says which, where that is configured.' },
    { rule: 'C7', text: 'It is no id token.' },
    { rule: 'C8', text: 'It carries no other token and no actor.' },
    { rule: 'C9', text: '`act` grants nothing.' },
    {
      rule: 'C10',
      text: 'A caller is identified by issuer, tenant and object id; names are for display.',
    },
    { rule: 'C11', text: 'Claims that are read have the type they must have.' },
    {
      rule: 'C12',
      text: 'A list of groups that is not complete says so; nobody is asked for the rest.',
    },
    { rule: 'C13', text: 'AI agents are admitted only by opt-in.' },
    {
      rule: 'C14',
      text: 'Audit names a token by `uti`, never by itself.',
      untested: 'tested with the audit of a real server, and by C10 as part of the caller',
    },
  ],
  'Proof of possession': [
    { rule: 'P1', text: 'A bound token is refused where nothing compares its certificate.' },
    { rule: 'P2', text: '`cnf` names one certificate, and it is that of the connection.' },
    { rule: 'P3', text: 'The connection has a certificate.' },
    { rule: 'P4', text: 'The token is bound, where that is required.' },
    { rule: 'P5', text: 'The scheme `MTLS_POP` is accepted where certificates are compared.' },
    { rule: 'P6', text: 'Signed HTTP requests (`PoP`) are not accepted.' },
    { rule: 'P7', text: '`DPoP` is not accepted.' },
    {
      rule: 'P8',
      text: 'The thumbprint is computed once a connection.',
      untested: 'how the gate learns the certificate; measured by the bench, not a verdict',
    },
  ],
  Authorization: [
    { rule: 'Z1', text: 'Something was granted: a role or a scope.' },
    { rule: 'Z2', text: 'Rules for applications admit applications, rules for users admit users.' },
    { rule: 'Z3', text: 'A role is no scope, a scope no role.' },
    { rule: 'Z4', text: 'A method without a rule is closed.' },
    { rule: 'Z5', text: 'Scopes are split at spaces, roles never; both are compared exactly.' },
    { rule: 'Z6', text: 'A list of clients narrows a rule and grants nothing.' },
    { rule: 'Z7', text: 'Guests and devices are admitted as configured.' },
    {
      rule: 'Z8',
      text: 'A token that does not hold is refused as such, whatever its rule would say.',
    },
  ],
  'Claims challenge, revocation': [
    {
      rule: 'X1',
      text: 'A missing authentication context is asked for, where the client can answer.',
    },
    { rule: 'X2', text: 'Otherwise the call is denied.' },
    { rule: 'X3', text: 'An application is denied and never asked.' },
    {
      rule: 'X4',
      text: 'A revoked caller is refused, and asked for a new token where the client can answer.',
    },
    { rule: 'X5', text: 'Realm and address of a challenge name the same tenant, or none.' },
    { rule: 'X6', text: 'A challenge is ASCII, quoted, each parameter once, at most 2 KiB.' },
  ],
  'Errors and output': [
    { rule: 'E1', text: 'The challenge goes into the trailing metadata, from a fixed list.' },
    { rule: 'E2', text: 'Callers are told the class of a refusal, the log its reason.' },
    { rule: 'E3', text: 'Reasons are a closed list, fit to label metrics.' },
    {
      rule: 'E4',
      text: 'A refused call decodes nothing, enters no handler and is answered in bounded time.',
    },
    { rule: 'E5', text: 'UNAVAILABLE carries a pause for retries; nothing else is retryable.' },
    { rule: 'E6', text: 'No token reaches a log, an error or an inspection.' },
  ],
};
