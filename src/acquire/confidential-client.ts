import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:https';
import { type Clock, systemClock } from '../core/clock.ts';
import { AcquisitionError, ConfigError } from '../core/errors.ts';
import { createHttpsAgent, HttpsRequestError, httpsRequest } from '../core/https-request.ts';
import { checkGuid, checkString, invalidOption } from '../core/options.ts';
import { type AuthorityOption, resolveAuthority, tokenUrl } from '../entra/authority.ts';
import type { AccessToken, GetTokenOptions } from './token-credential.ts';
import { parseTokenResponse } from './token-response.ts';

/** What every application with a registration states. */
export interface ClientOptions {
  /** Directory (tenant) id, a GUID. */
  readonly tenantId: string;
  /** Application (client) id of the calling application, a GUID. */
  readonly clientId: string;
  /** Who issues the tokens. Default: `global`. */
  readonly authority?: AuthorityOption;
  /**
   * Where tokens are asked for, when that is not the authority's own address: a private endpoint or a gateway in front
   * of it. An https address without user, query and fragment. Secrets are sent there.
   */
  readonly tokenEndpoint?: string;
  /** Connections to the authority, for a proxy. Default: an own pool that trusts Node's CAs, or the emulator's. */
  readonly agent?: Agent;
  /** Source of time, for tests. */
  readonly clock?: Clock;
}

/** Names of {@link ClientOptions}. */
export const CLIENT_OPTIONS: readonly string[] = [
  'tenantId',
  'clientId',
  'authority',
  'tokenEndpoint',
  'agent',
  'clock',
];

/** Form fields of a token request (RFC 6749 section 4.4.2). */
export type TokenFields = Readonly<Record<string, string>>;

/** What an application proves itself with. */
export interface ClientProof {
  /** Form fields of a secret or assertion. */
  readonly fields: TokenFields;
  /** What a refusal tells about the proof, so that it can be compared with the registration. Nothing secret. */
  readonly shown?: string;
}

/**
 * Proves who the application is. Asked for each request, so that rotated material comes into use.
 *
 * @param audience - Address of the token endpoint.
 */
export type ClientAuthentication = (audience: string) => Promise<ClientProof>;

/** One attempt: long enough for a slow authority, short enough to leave time for another within an RPC's deadline. */
const ATTEMPT_TIMEOUT_MS = 10_000;
/** An Entra answer is a few kilobytes; the bound keeps a hostile proxy from filling memory (rule C12). */
const MAX_RESPONSE_BYTES = 1_048_576;

/** The error for a request that got no answer. */
export function unreachable(error: unknown): AcquisitionError {
  if (error instanceof AcquisitionError) return error;
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

/** An address to send secrets to is stated in full, and nothing is left for it to hide behind (rule C13). */
function checkEndpoint(where: string, value: unknown): URL {
  const text = checkString(where, value);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url !== undefined &&
    url.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (plain) return url;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} must be an https address without user, query and fragment, for example ` +
      '"https://login.internal/<tenant>/oauth2/v2.0/token"',
  );
}

/** The `claims` of a request: those of a challenge, and that the client answers challenges. */
function claimsParameter({ claims, enableCae }: GetTokenOptions): string | undefined {
  if (enableCae !== true) return claims;
  const asked = claims === undefined ? {} : readClaims(claims);
  return JSON.stringify({
    ...asked,
    access_token: { ...asked.access_token, xms_cc: { values: ['cp1'] } },
  });
}

function readClaims(claims: string): { readonly access_token?: object } {
  try {
    const parsed: unknown = JSON.parse(claims);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Refused below.
  }
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    'getToken claims must be the JSON of a claims request',
  );
}

/** Sends the token requests of one application to one authority. */
export class ConfidentialClient {
  readonly clientId: string;
  readonly tenantId: string;
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #clock: Clock;
  readonly #authenticate: ClientAuthentication;

  /**
   * @param where - Start of option names in messages, for example `clientSecret`.
   * @throws ConfigError for a malformed option.
   */
  constructor(where: string, options: ClientOptions, authenticate: ClientAuthentication) {
    const authority = resolveAuthority(`${where} authority`, options.authority);
    this.tenantId = checkGuid(`${where} tenantId`, options.tenantId, 'the directory (tenant) id');
    this.clientId = checkGuid(
      `${where} clientId`,
      options.clientId,
      'the application (client) id of the caller',
    );
    this.#url =
      options.tokenEndpoint === undefined
        ? tokenUrl(authority, this.tenantId)
        : checkEndpoint(`${where} tokenEndpoint`, options.tokenEndpoint);
    if (options.agent !== undefined && typeof options.agent !== 'object') {
      throw invalidOption(`${where} agent`, 'an https.Agent', options.agent);
    }
    this.#agent = options.agent ?? createHttpsAgent(authority.ca);
    this.#clock = options.clock ?? systemClock;
    this.#authenticate = authenticate;
  }

  /**
   * Asks for a token once.
   *
   * @throws {@link AcquisitionError} saying why there is none, with the authority's error number and a hint.
   */
  async request(fields: TokenFields, options: GetTokenOptions = {}): Promise<AccessToken> {
    const proof = await this.#authenticate(this.#url.href);
    const claims = claimsParameter(options);
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
        ...fields,
        client_id: this.clientId,
        ...proof.fields,
        ...(claims === undefined ? {} : { claims }),
      }).toString(),
    }).catch((error: unknown) => {
      throw unreachable(error);
    });
    return parseTokenResponse(response, requestedAt, proof.shown);
  }
}
