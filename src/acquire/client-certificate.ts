import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
// Not from 'jose': all of it would take a third of the time it takes to import this package's client.
import { SignJWT } from 'jose/jwt/sign';
import { systemClock } from '../core/clock.ts';
import { guardedLogger, type Logger, silentLogger } from '../core/log.ts';
import { checkBoolean, checkOptionNames } from '../core/options.ts';
import {
  type AppCertificate,
  AppCertificateReader,
  CERTIFICATE_OPTIONS,
  type CertificateSource,
} from './app-certificate.ts';
import { ClientCredential } from './client-credentials.ts';
import {
  CLIENT_OPTIONS,
  type ClientAuthentication,
  type ClientOptions,
  ConfidentialClient,
  type TokenFields,
} from './confidential-client.ts';
import type { TokenCredential } from './token-credential.ts';

/** How assertions are made with a certificate. */
export interface CertificateAssertionOptions {
  /**
   * Sends the certificate with its chain (`x5c`), for applications registered by subject name and issuer instead of by
   * thumbprint. Default: false.
   */
  readonly sendChain?: boolean;
  /**
   * Signs RS256 and names the certificate by its SHA-1 thumbprint (`x5t`), for tenants and gateways that do not take
   * PS256 with `x5t#S256` yet. Default: false.
   */
  readonly legacyAssertion?: boolean;
  /** Told once about a certificate that cannot be read or nears its end. Default: silent. */
  readonly logger?: Logger;
}

/** Options of {@link clientCertificate}. */
export type ClientCertificateOptions = ClientOptions &
  CertificateAssertionOptions &
  CertificateSource;

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_LIFE_SECONDS = 600;

/** Form fields that carry an assertion (RFC 7523 section 2.2). */
export function assertionFields(assertion: string): TokenFields {
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
}

/** Names of {@link CertificateAssertionOptions} and the certificate's source. */
export const ASSERTION_OPTIONS: readonly string[] = [
  ...CERTIFICATE_OPTIONS,
  'sendChain',
  'legacyAssertion',
  'logger',
];

/** Thumbprints as the portal shows them. */
function shownOf({ sha1, sha256 }: AppCertificate): string {
  const hex = (thumbprint: string): string =>
    Buffer.from(thumbprint, 'base64url').toString('hex').toUpperCase();
  return `the certificate has SHA-1 ${hex(sha1)}, SHA-256 ${hex(sha256)}`;
}

/**
 * Proves the application by assertions it signs with its certificate, a new one for each request.
 *
 * @throws ConfigError when the certificate cannot be used.
 */
export function certificateAuthentication(
  where: string,
  clientId: string,
  options: ClientOptions & CertificateAssertionOptions & CertificateSource,
): ClientAuthentication {
  const clock = options.clock ?? systemClock;
  const logger = guardedLogger(options.logger ?? silentLogger);
  const sendChain = checkBoolean(`${where} sendChain`, options.sendChain, false);
  const legacy = checkBoolean(`${where} legacyAssertion`, options.legacyAssertion, false);
  const reader = new AppCertificateReader(where, options, () => clock.now(), logger);
  const header = ({ sha1, sha256, chain }: AppCertificate) => ({
    typ: 'JWT',
    ...(legacy ? { alg: 'RS256', x5t: sha1 } : { alg: 'PS256', 'x5t#S256': sha256 }),
    ...(sendChain ? { x5c: [...chain] } : {}),
  });
  return async (audience) => {
    const certificate = reader.current();
    const now = Math.floor(clock.now() / 1000);
    const assertion = await new SignJWT({})
      .setProtectedHeader(header(certificate))
      .setAudience(audience)
      .setIssuer(clientId)
      .setSubject(clientId)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + ASSERTION_LIFE_SECONDS)
      .sign(certificate.key);
    return { fields: assertionFields(assertion), shown: shownOf(certificate) };
  };
}

/**
 * Obtains tokens by client credentials with a certificate registered for the application: nothing secret leaves the
 * process. Files are read anew for each request, so a rotated certificate needs no restart.
 *
 * @returns A credential for {@link createChannel}, which caches: `getToken` itself asks the authority each time.
 * @throws ConfigError for a malformed option or an unusable certificate: RSA, 2048 bits or more, not expired.
 */
export function clientCertificate(options: ClientCertificateOptions): TokenCredential {
  checkOptionNames('clientCertificate options', options, [...CLIENT_OPTIONS, ...ASSERTION_OPTIONS]);
  const authenticate = certificateAuthentication(
    'clientCertificate',
    String(options.clientId).toLowerCase(),
    options,
  );
  return new ClientCredential(new ConfidentialClient('clientCertificate', options, authenticate));
}
