import type { AcquisitionDetails } from '../core/errors.ts';

/**
 * What to do about the refusals people meet most, by Microsoft's error number. For messages only: no decision is
 * taken by a number, because Microsoft may change them.
 */
const hints: ReadonlyMap<number, string> = new Map([
  [
    7000215,
    "the secret is wrong: use the secret's Value, not its Secret ID, and check for stray spaces",
  ],
  [7000222, 'the secret has expired: create a new one, or move to a certificate'],
  [7000216, 'no credential was sent: is the secret variable set?'],
  [7000218, 'no credential was sent: is the secret variable set?'],
  [
    700016,
    'the application is not known in this tenant: check that client id and tenant id belong together',
  ],
  [700038, 'the client id is a placeholder: use the application (client) id of the registration'],
  [7000112, 'the application is disabled: enable sign-in for its enterprise application'],
  [90002, 'the tenant was not found: check the tenant id and the cloud'],
  [900023, 'the tenant id is malformed: use the directory (tenant) id, a GUID'],
  [500011, 'the resource is not known in this tenant: check the App ID URI in the scope'],
  [
    1002012,
    'write the scope as <resource>/.default; roles are granted in Entra, not asked for by name',
  ],
  [70011, 'write the scope as <resource>/.default'],
  [28000, 'a request names one resource; make one channel a resource'],
  [501051, 'the resource requires assignment: assign an app role to this client'],
  [53003, 'a conditional access policy blocks this application: ask the tenant administrator'],
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
