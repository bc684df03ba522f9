import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { aadsts } from './aadsts.ts';
import type { AppCertificate } from './app-certificate.ts';
import type { App } from './apps.ts';
import { type EmulatorContext, nowSeconds } from './context.ts';
import { verifyFederatedAssertion } from './federated-assertion.ts';
import { Refusal } from './refusal.ts';
import type { Tenant } from './tenants.ts';

/** A client assertion, decoded and not verified. */
export interface DecodedClientAssertion {
  readonly token: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

const ALGORITHMS = ['PS256', 'RS256'];
/** As Entra allows between two clocks (trap T1). */
const SKEW_SECONDS = 300;

function decode(token: string): DecodedClientAssertion {
  try {
    return { token, header: { ...decodeProtectedHeader(token) }, claims: { ...decodeJwt(token) } };
  } catch {
    throw new Refusal(aadsts.assertionMalformed);
  }
}

/** A time claim, which some libraries send with a fraction. */
function timeOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Refusal(aadsts.assertionMalformed);
  }
  return value;
}

/** Refuses an assertion outside its time of validity. Only `exp` must be there (trap T1). */
export function checkAssertionTime(
  claims: DecodedClientAssertion['claims'],
  context: EmulatorContext,
): void {
  const now = nowSeconds(context);
  const expires = timeOf(claims['exp']);
  if (expires === undefined) throw new Refusal(aadsts.assertionMalformed);
  if (expires + SKEW_SECONDS <= now) throw new Refusal(aadsts.assertionTime);
  for (const name of ['nbf', 'iat']) {
    const start = timeOf(claims[name]);
    if (start !== undefined && start > now + SKEW_SECONDS) throw new Refusal(aadsts.assertionTime);
  }
}

/** The bytes of a thumbprint, in base64 or base64url, padded or not: libraries differ (trap T1). */
function thumbprintOf(value: unknown): Buffer | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) {
    throw new Refusal(aadsts.assertionMalformed);
  }
  return Buffer.from(value, 'base64url');
}

function findCertificate(header: DecodedClientAssertion['header'], app: App): AppCertificate {
  const sha256 = thumbprintOf(header['x5t#S256']);
  const sha1 = thumbprintOf(header['x5t']);
  if (sha256 === undefined && sha1 === undefined) throw new Refusal(aadsts.assertionMalformed);
  const found = app.certificates.find(
    (certificate) =>
      (sha256 === undefined || certificate.sha256.equals(sha256)) &&
      (sha1 === undefined || certificate.sha1.equals(sha1)),
  );
  if (found === undefined) throw new Refusal(aadsts.assertionSignature);
  return found;
}

/** Token endpoints, issuers and the authority of a tenant, all of which may be the audience (trap T3). */
function isAudience(audience: unknown, tenant: Tenant, origin: string): boolean {
  if (typeof audience !== 'string') return false;
  const path = audience.startsWith(`${origin}/`) ? audience.slice(origin.length + 1) : undefined;
  if (path === undefined) return false;
  const [segment = '', ...rest] = path.replace(/\/$/, '').split('/');
  return (
    [tenant.tenantId, ...tenant.domains].includes(segment.toLowerCase()) &&
    ['', 'v2.0', 'oauth2/v2.0/token', 'oauth2/token'].includes(rest.join('/'))
  );
}

/** Audiences may come as a list of one. */
function singleAudience(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
}

async function verifyCertificateAssertion(
  assertion: DecodedClientAssertion,
  app: App,
  tenant: Tenant,
  context: EmulatorContext,
): Promise<void> {
  const { header, claims, token } = assertion;
  if (claims['iss'] !== app.clientId || claims['sub'] !== app.clientId) {
    throw new Refusal(aadsts.assertionSubject);
  }
  const certificate = findCertificate(header, app);
  const now = context.clock.now();
  if (now < certificate.validFrom || now > certificate.validTo) {
    throw new Refusal(aadsts.assertionSignature);
  }
  try {
    await compactVerify(token, certificate.publicKey, { algorithms: ALGORITHMS });
  } catch {
    throw new Refusal(aadsts.assertionSignature);
  }
  if (!isAudience(singleAudience(claims['aud']), tenant, context.origin)) {
    throw new Refusal(aadsts.assertionAudience);
  }
  checkAssertionTime(claims, context);
}

/**
 * Verifies the assertion a client authenticates with: signed by itself with a registered certificate, or by another
 * issuer that a federated credential names. An assertion may be used again until it expires (trap T2).
 *
 * @throws Refusal
 */
export async function verifyClientAssertion(
  token: string,
  app: App,
  tenant: Tenant,
  context: EmulatorContext,
): Promise<void> {
  const assertion = decode(token);
  // Other issuers are named by their addresses, clients by their ids.
  const { iss } = assertion.claims;
  if (typeof iss === 'string' && iss.includes('://')) {
    await verifyFederatedAssertion(assertion, app);
    checkAssertionTime(assertion.claims, context);
    return;
  }
  await verifyCertificateAssertion(assertion, app, tenant, context);
}
