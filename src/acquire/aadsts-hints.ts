import type { AcquisitionDetails } from '../core/errors.ts';

/**
 * What to do about the refusals people meet most, by Microsoft's error number. For messages only: no decision is
 * taken by a number, because Microsoft may change them.
 */
const hints: ReadonlyMap<number, string> = new Map([
  [
    7000215,
    "the secret is wrong: use the secret's Value, not its Secret ID, check for stray spaces, and give a new one a moment",
  ],
  [7000222, 'the secret has expired: create a new one, or move to a certificate or federation'],
  [7000216, 'no credential was sent: is the secret variable set, is the file readable?'],
  [7000218, 'no credential was sent: is the secret variable set, is the file readable?'],
  [
    700016,
    'the application is not known in this tenant: check that client id and tenant id belong together, and that it was ' +
      'consented to there',
  ],
  [700038, 'the client id is a placeholder: use the application (client) id of the registration'],
  [7000112, 'the application is disabled: enable sign-in for its enterprise application'],
  [90002, 'the tenant was not found: check the tenant id and the cloud'],
  [
    900023,
    'the tenant id is malformed: use the directory (tenant) id, a GUID; is the variable set?',
  ],
  [50059, 'the request names no tenant: use the authority of one tenant'],
  [90019, 'the request names no tenant: use the authority of one tenant'],
  [50194, 'an application has one tenant: use its id instead of common'],
  [9001023, 'an application has one tenant: use its id instead of consumers'],
  [
    500011,
    'the resource is not known in this tenant: check the App ID URI in the scope, and the tenant',
  ],
  [
    1002012,
    'write the scope as <resource>/.default; roles are granted in Entra, not asked for by name',
  ],
  [70011, 'write the scope as <resource>/.default; check its slashes'],
  [28000, 'a request names one resource; make one channel a resource'],
  [700022, 'a request names one resource; make one channel a resource'],
  [
    700025,
    'the application is registered as a public client: turn its platform to a confidential one',
  ],
  [
    700027,
    'the certificate is not registered with the application: compare the thumbprints; one registered by subject name and ' +
      'issuer needs sendChain',
  ],
  [700030, 'the subject of the certificate is not authorised for the application'],
  [
    700024,
    'the assertion is out of its time: check the clock of this machine, and that the token file is kept fresh',
  ],
  [700023, 'the audience of the assertion is not the token endpoint of this tenant and cloud'],
  [700021, 'issuer and subject of the assertion must both be the client id'],
  [50012, 'the assertion is malformed'],
  [50027, 'the assertion is malformed'],
  [
    70021,
    'no federated credential matches: compare issuer, subject and audience with the registration',
  ],
  [700211, 'no federated credential has this issuer: compare it with the registration'],
  [700212, 'no federated credential has this audience: it is usually api://AzureADTokenExchange'],
  [700213, 'no federated credential has this subject: compare it with the registration'],
  [
    7002138,
    'the federated credential differs in upper and lower case only: write issuer and subject exactly',
  ],
  [501051, 'the resource requires assignment: assign an app role to this client'],
  [53003, 'a conditional access policy blocks this application: ask the tenant administrator'],
  [530035, 'a conditional access policy blocks this application: ask the tenant administrator'],
  [65001, 'nobody consented: consent for the application, or preauthorise the one that calls it'],
  [
    50013,
    "the user's token is not valid for the exchange: it must be fresh and issued for this application",
  ],
  [500131, "the user's token is for another audience: it must be issued for this application"],
  [500133, "the user's token has expired: the caller must send a fresh one"],
  [
    7000113,
    'the application may not act on behalf of users: use client credentials for its own calls',
  ],
  [
    7000114,
    'the token is of an application; acting on behalf of is for users: use client credentials',
  ],
  [50076, 'the user must sign in again with more proof: return the challenge to the caller'],
  [50079, 'the user must sign in again with more proof: return the challenge to the caller'],
  [50158, 'the user must sign in again with more proof: return the challenge to the caller'],
  [90038, 'the tenant is of another cloud: set the authority to it'],
  [900382, 'the tenant is of another cloud: set the authority to it'],
  [900432, 'the tenant is of another cloud: set the authority to it'],
  [900439, 'the tenant is of another cloud: set the authority to it'],
  [50196, 'the same request came too often: keep one channel and let it cache tokens'],
]);

/** The most helpful next step for a refused token request. */
export function aadstsHint(details: AcquisitionDetails): string {
  const known = details.aadsts === undefined ? undefined : hints.get(details.aadsts);
  if (known !== undefined) return known;
  if (details.httpStatus === 429)
    return 'the tenant is throttled: wait, and check that tokens are cached';
  if (details.httpStatus !== undefined && details.httpStatus >= 500)
    return 'it is retried by itself';
  if (details.httpStatus !== undefined && details.httpStatus >= 300 && details.httpStatus < 400) {
    return 'redirects are not followed: check the authority address';
  }
  return 'look the code up in the Entra sign-in log by its trace id';
}
