import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:https';
import { type Clock, systemClock } from '../core/clock.ts';
import { AcquisitionError } from '../core/errors.ts';
import { createHttpsAgent, HttpsRequestError, httpsRequest } from '../core/https-request.ts';
import { checkGuid, checkOptionNames } from '../core/options.ts';
import {
  type Authority,
  type AuthorityOption,
  resolveAuthority,
  tokenUrl,
} from '../entra/authority.ts';
import { checkDefaultScope } from './scope.ts';
import { type SecretReader, type SecretSource, secretReader } from './secret-source.ts';
import type { AccessToken, GetTokenOptions, TokenCredential } from './token-credential.ts';
import { parseTokenResponse } from './token-response.ts';

/** Options of {@link clientSecret}. */
export interface ClientSecretOptions {
  /** Directory (tenant) id, a GUID. */
  readonly tenantId: string;
  /** Application (client) id of the calling application, a GUID. */
  readonly clientId: string;
  /** Its secret. */
  readonly secret: SecretSource;
  /** Who issues the tokens. Default: `global`. */
  readonly authority?: AuthorityOption;
  /** Source of time, for tests. */
  readonly clock?: Clock;
}

/** One attempt: long enough for a slow authority, short enough to leave time for another within an RPC's deadline. */
const ATTEMPT_TIMEOUT_MS = 10_000;
/** An Entra answer is a few kilobytes; the bound keeps a hostile proxy from filling memory (rule C12). */
const MAX_RESPONSE_BYTES = 1_048_576;

function unreachable(error: unknown): AcquisitionError {
  if (error instanceof HttpsRequestError) {
    if (error.failure === 'aborted') {
      return new AcquisitionError('ERR_ACQUISITION_ABORTED', 'the token request was aborted', {
        retryable: true,
        cause: error,
      });
    }
    const trust = error.failure === 'tls';
    return new AcquisitionError(
      'ERR_ACQUISITION_UNAVAILABLE',
      trust
        ? `the authority's certificate was not accepted (${error.systemCode ?? 'no code'}); for an emulator give its caFile`
        : `the authority cannot be reached: ${error.message}`,
      { retryable: !trust, cause: error },
    );
  }
  return new AcquisitionError('ERR_ACQUISITION_UNAVAILABLE', 'the token request failed', {
    retryable: false,
    cause: error,
  });
}

class ClientSecretCredential implements TokenCredential {
  readonly #url: URL;
  readonly #clientId: string;
  readonly #readSecret: SecretReader;
  readonly #agent: Agent;
  readonly #clock: Clock;

  constructor(
    authority: Authority,
    tenantId: string,
    clientId: string,
    read: SecretReader,
    clock: Clock,
  ) {
    this.#url = tokenUrl(authority, tenantId);
    this.#clientId = clientId;
    this.#readSecret = read;
    this.#agent = createHttpsAgent(authority.ca);
    this.#clock = clock;
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const scope = checkDefaultScope('scope', Array.isArray(scopes) ? scopes.join(' ') : scopes);
    const secret = await this.#readSecret();
    const requestedAt = this.#clock.now();
    const response = await httpsRequest({
      method: 'POST',
      url: this.#url,
      agent: this.#agent,
      timeoutMs: ATTEMPT_TIMEOUT_MS,
      maxBytes: MAX_RESPONSE_BYTES,
      signal: options.abortSignal,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'client-request-id': randomUUID(),
        'return-client-request-id': 'true',
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: this.#clientId,
        client_secret: secret.reveal(),
        scope,
      }).toString(),
    }).catch((error: unknown) => {
      throw unreachable(error);
    });
    return parseTokenResponse(response, requestedAt);
  }
}

/**
 * Obtains tokens by client credentials with a secret. Use a certificate or federation where you can; a secret is
 * for development and for places that offer nothing better.
 *
 * @returns A credential for {@link createChannel}, which caches: `getToken` itself asks the authority each time.
 * @throws ConfigError for a malformed option. The secret appears in no message, log or inspect output.
 */
export function clientSecret(options: ClientSecretOptions): TokenCredential {
  checkOptionNames('clientSecret options', options, [
    'tenantId',
    'clientId',
    'secret',
    'authority',
    'clock',
  ]);
  return new ClientSecretCredential(
    resolveAuthority('clientSecret authority', options.authority),
    checkGuid('clientSecret tenantId', options.tenantId, 'the directory (tenant) id'),
    checkGuid(
      'clientSecret clientId',
      options.clientId,
      'the application (client) id of the caller',
    ),
    secretReader('clientSecret secret', options.secret),
    options.clock ?? systemClock,
  );
}
