import { type Clock, systemClock } from '../core/clock.ts';
import { AcquisitionError, ConfigError } from '../core/errors.ts';
import type { HttpsResponse } from '../core/https-request.ts';
import { checkGuid, checkOptionNames, checkString } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import { unreachable } from './confidential-client.ts';
import { isLocalAddress, localGet } from './local-http.ts';
import { checkDefaultScope } from './scope.ts';
import type { AccessToken, GetTokenOptions, TokenCredential } from './token-credential.ts';

/** Options of {@link managedIdentity}. At most one of the ids; none means the system-assigned identity. */
export interface ManagedIdentityOptions {
  /** Client id of a user-assigned identity, a GUID. */
  readonly clientId?: string;
  /** Object (principal) id of a user-assigned identity, a GUID. */
  readonly objectId?: string;
  /** Azure resource id of a user-assigned identity. */
  readonly resourceId?: string;
  /** Where the platform says what it offers. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Source of time, for tests. */
  readonly clock?: Clock;
}

/** Where tokens come from, and how they are asked for. */
interface Platform {
  readonly url: URL;
  readonly headers: Readonly<Record<string, Secret>>;
  /** What the platform calls an Azure resource id. */
  readonly resourceIdName: 'mi_res_id' | 'msi_res_id';
}

const IMDS = 'http://169.254.169.254';
const TIMEOUT_MS = 5000;
const MAX_RESPONSE_BYTES = 65_536;
/** The metadata service restarts, starts late, or is overloaded: all of these pass. */
const PASSING: readonly number[] = [404, 408, 410, 429];

/** A platform's address is local, or it is not the platform's: secrets and tokens in plain HTTP stay on this machine. */
function localUrl(where: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' && isLocalAddress(url.hostname)) return url;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} must be an http address of this machine (127.0.0.1, localhost or 169.254.x.x), as the platform sets it`,
  );
}

function platformOf(env: Readonly<Record<string, string | undefined>>): Platform {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = env;
  if (endpoint !== undefined && header !== undefined) {
    const url = localUrl('IDENTITY_ENDPOINT', endpoint);
    url.searchParams.set('api-version', '2019-08-01');
    const headers = { 'x-identity-header': new Secret(header) };
    return { url, headers, resourceIdName: 'mi_res_id' };
  }
  if (endpoint !== undefined || header !== undefined) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `managedIdentity found ${endpoint === undefined ? 'IDENTITY_HEADER' : 'IDENTITY_ENDPOINT'} without its partner; ` +
        'App Service sets IDENTITY_ENDPOINT and IDENTITY_HEADER together',
    );
  }
  const host = env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? IMDS;
  const url = new URL(
    '/metadata/identity/oauth2/token',
    localUrl('AZURE_POD_IDENTITY_AUTHORITY_HOST', host),
  );
  url.searchParams.set('api-version', '2018-02-01');
  const headers = { metadata: new Secret('true') };
  return { url, headers, resourceIdName: 'msi_res_id' };
}

function number(value: unknown): number | undefined {
  const parsed = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) && parsed > 0 ? parsed : undefined;
}

function bodyOf({ body }: HttpsResponse): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Judged by its status alone.
  }
  return {};
}

function refusal({ status }: HttpsResponse): AcquisitionError {
  const retryable = PASSING.includes(status) || status >= 500;
  return new AcquisitionError(
    retryable ? 'ERR_ACQUISITION_UNAVAILABLE' : 'ERR_ACQUISITION_REJECTED',
    `the managed identity endpoint answered HTTP ${status}; ${
      retryable ? 'it is retried by itself' : 'is the identity assigned to this resource?'
    }`,
    { retryable, details: { httpStatus: status } },
  );
}

class ManagedIdentityCredential implements TokenCredential {
  readonly #platform: Platform;
  readonly #identity: Readonly<Record<string, string>>;
  readonly #clock: Clock;

  constructor(platform: Platform, identity: Readonly<Record<string, string>>, clock: Clock) {
    this.#platform = platform;
    this.#identity = identity;
    this.#clock = clock;
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const scope = checkDefaultScope('scope', Array.isArray(scopes) ? scopes.join(' ') : scopes);
    const { url: endpoint, headers } = this.#platform;
    const url = new URL(endpoint);
    url.searchParams.set('resource', scope.slice(0, -'/.default'.length));
    for (const [name, value] of Object.entries(this.#identity)) url.searchParams.set(name, value);
    const requestedAt = this.#clock.now();
    const response = await localGet({
      url,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.reveal()]),
      ),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_RESPONSE_BYTES,
      signal: options.abortSignal,
    }).catch((error: unknown) => {
      throw unreachable(error);
    });
    if (response.status !== 200) throw refusal(response);
    const body = bodyOf(response);
    const token: unknown = body['access_token'];
    const expiresOn = number(body['expires_on']);
    const expiresIn = number(body['expires_in']);
    const endsAt =
      expiresIn === undefined ? expiresOn && expiresOn * 1000 : requestedAt + expiresIn * 1000;
    if (typeof token !== 'string' || endsAt === undefined) {
      throw new AcquisitionError(
        'ERR_ACQUISITION_UNAVAILABLE',
        'the managed identity endpoint answered without access_token or expiry',
        { retryable: true, details: { httpStatus: 200 } },
      );
    }
    return Object.freeze({ token, expiresOnTimestamp: endsAt });
  }
}

/**
 * Obtains tokens of the identity that Azure gave this machine, container or function: nothing to configure, nothing to
 * keep. App Service, Functions and Container Apps are recognised by IDENTITY_ENDPOINT; else the metadata service of a
 * virtual machine is asked.
 *
 * @throws ConfigError for two ids at once, or an endpoint that is not on this machine.
 */
export function managedIdentity(options: ManagedIdentityOptions = {}): TokenCredential {
  checkOptionNames('managedIdentity options', options, [
    'clientId',
    'objectId',
    'resourceId',
    'env',
    'clock',
  ]);
  const platform = platformOf(options.env ?? process.env);
  const { clientId, objectId, resourceId } = options;
  const identity: Record<string, string> = {};
  if (clientId !== undefined) {
    identity['client_id'] = checkGuid(
      'managedIdentity clientId',
      clientId,
      'client id of the identity',
    );
  }
  if (objectId !== undefined) {
    identity['object_id'] = checkGuid(
      'managedIdentity objectId',
      objectId,
      'object id of the identity',
    );
  }
  if (resourceId !== undefined) {
    identity[platform.resourceIdName] = checkString('managedIdentity resourceId', resourceId);
  }
  if (Object.keys(identity).length > 1) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'managedIdentity takes one of clientId, objectId and resourceId, or none for the system-assigned identity',
    );
  }
  return new ManagedIdentityCredential(platform, identity, options.clock ?? systemClock);
}
