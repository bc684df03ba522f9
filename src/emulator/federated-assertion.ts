import { compactVerify, createLocalJWKSet } from 'jose';
import { type AadstsError, aadsts } from './aadsts.ts';
import type { App } from './apps.ts';
import type { DecodedClientAssertion } from './client-assertion.ts';
import type { FederatedCredential } from './federated-credential.ts';
import { Refusal } from './refusal.ts';

/** The one audience of an assertion, which may come as a list of one. */
function audienceOf(claims: DecodedClientAssertion['claims']): unknown {
  const { aud } = claims;
  return Array.isArray(aud) && aud.length === 1 ? (aud[0] as unknown) : aud;
}

function same(a: unknown, b: string, ignoreCase: boolean): boolean {
  if (typeof a !== 'string') return false;
  return ignoreCase ? a.toLowerCase() === b.toLowerCase() : a === b;
}

/** Narrows the credentials claim by claim, so that the refusal names the first that differs. */
function match(
  credentials: readonly FederatedCredential[],
  claims: DecodedClientAssertion['claims'],
  ignoreCase: boolean,
): FederatedCredential | AadstsError {
  const byIssuer = credentials.filter(({ issuer }) => same(claims['iss'], issuer, ignoreCase));
  if (byIssuer.length === 0) return aadsts.federationIssuer;
  const bySubject = byIssuer.filter(({ subject }) => same(claims['sub'], subject, ignoreCase));
  if (bySubject.length === 0) return aadsts.federationSubject;
  const audience = audienceOf(claims);
  const [found] = bySubject.filter((credential) => same(audience, credential.audience, ignoreCase));
  return found ?? aadsts.federationAudience;
}

/**
 * Verifies an assertion of another issuer against the application's federated credentials. Issuer, subject and
 * audience match exactly; a difference in letter case alone has its own refusal.
 *
 * @throws Refusal
 */
export async function verifyFederatedAssertion(
  assertion: DecodedClientAssertion,
  app: App,
): Promise<void> {
  if (app.federatedCredentials.length === 0) throw new Refusal(aadsts.federationNone);
  const found = match(app.federatedCredentials, assertion.claims, false);
  if ('code' in found) {
    const nearly = match(app.federatedCredentials, assertion.claims, true);
    throw new Refusal('code' in nearly ? found : aadsts.federationCase);
  }
  try {
    const keys = createLocalJWKSet(await found.loadKeys());
    await compactVerify(assertion.token, keys, { algorithms: ['RS256'] });
  } catch {
    throw new Refusal(aadsts.assertionSignature);
  }
}
