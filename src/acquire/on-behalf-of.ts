import { createHash } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { checkOptionNames, checkString } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import { CERTIFICATE_OPTIONS, type CertificateSource } from './app-certificate.ts';
import { type AssertionSource, externalAssertion } from './client-assertion.ts';
import {
  ASSERTION_OPTIONS,
  type CertificateAssertionOptions,
  certificateAuthentication,
} from './client-certificate.ts';
import { secretAuthentication } from './client-secret.ts';
import {
  CLIENT_OPTIONS,
  type ClientAuthentication,
  type ClientOptions,
  ConfidentialClient,
} from './confidential-client.ts';
import type { SecretSource } from './secret-source.ts';
import type { AccessToken, GetTokenOptions, TokenCredential } from './token-credential.ts';

/** How the application proves itself: by a secret, a certificate, or a federated token. */
export type ApplicationProof =
  | { readonly secret: SecretSource }
  | (CertificateSource & CertificateAssertionOptions)
  | { readonly assertion: AssertionSource };

/** Options of {@link onBehalfOf}. */
export type OnBehalfOfOptions = ClientOptions & ApplicationProof;

/** An application that calls further services on behalf of the users who call it. */
export interface OnBehalfOf {
  /**
   * The credential for one user.
   *
   * @param userToken - The access token the user's call came with, issued for this application.
   */
  for(userToken: string | Secret): TokenCredential;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Users at once; the longest unused goes (rule C7). */
const MAX_USERS = 1000;

class UserCredential implements TokenCredential {
  readonly #client: ConfidentialClient;
  readonly #userToken: Secret;

  constructor(client: ConfidentialClient, userToken: Secret) {
    this.#client = client;
    this.#userToken = userToken;
  }

  async getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    const scope = Array.isArray(scopes) ? scopes.join(' ') : scopes;
    return this.#client.request(
      {
        grant_type: GRANT,
        requested_token_use: 'on_behalf_of',
        assertion: this.#userToken.reveal(),
        scope: checkString('scope', scope),
      },
      options,
    );
  }
}

class Exchange implements OnBehalfOf {
  readonly #client: ConfidentialClient;
  /** By the SHA-256 of the user's token, so that no second copy of it lies in memory. */
  readonly #users = new Map<string, TokenCredential>();

  constructor(client: ConfidentialClient) {
    this.#client = client;
  }

  for(userToken: string | Secret): TokenCredential {
    const token = userToken instanceof Secret ? userToken : new Secret(checkToken(userToken));
    const id = createHash('sha256').update(token.reveal()).digest('base64url');
    const user = this.#users.get(id) ?? new UserCredential(this.#client, token);
    // Put at the end: the first is the longest unused.
    this.#users.delete(id);
    this.#users.set(id, user);
    for (const oldest of this.#users.keys()) {
      if (this.#users.size <= MAX_USERS) break;
      this.#users.delete(oldest);
    }
    return user;
  }
}

function checkToken(value: unknown): string {
  const token = checkString('onBehalfOf user token', value);
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    'onBehalfOf user token holds characters that no token has; give it without "Bearer"',
  );
}

function authenticationOf(options: OnBehalfOfOptions): ClientAuthentication {
  const given = [
    'secret' in options,
    'assertion' in options,
    CERTIFICATE_OPTIONS.some((name) => name in options),
  ].filter(Boolean).length;
  if (given !== 1) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `onBehalfOf needs one proof of the application: secret, certFile and keyFile, or assertion; found ${given}`,
    );
  }
  if ('secret' in options) return secretAuthentication('onBehalfOf secret', options.secret);
  if ('assertion' in options) return externalAssertion('onBehalfOf assertion', options.assertion);
  return certificateAuthentication('onBehalfOf', String(options.clientId).toLowerCase(), options);
}

/**
 * Exchanges the token of a user who calls this application for one for a further service, so that the user stays the
 * caller all the way (OAuth 2.0 on-behalf-of flow).
 *
 * @throws ConfigError for a malformed option, or unless the application proves itself in exactly one way.
 */
export function onBehalfOf(options: OnBehalfOfOptions): OnBehalfOf {
  checkOptionNames('onBehalfOf options', options, [
    ...CLIENT_OPTIONS,
    ...ASSERTION_OPTIONS,
    'secret',
    'assertion',
  ]);
  return new Exchange(new ConfidentialClient('onBehalfOf', options, authenticationOf(options)));
}
