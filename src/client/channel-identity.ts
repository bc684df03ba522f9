import type { CallCredentials } from '@grpc/grpc-js';
import type { OnBehalfOf } from '../acquire/on-behalf-of.ts';
import { defaultRetryPolicy } from '../acquire/retry.ts';
import { checkDefaultScope } from '../acquire/scope.ts';
import type { TokenCredential } from '../acquire/token-credential.ts';
import type { TokenSource } from '../acquire/token-source.ts';
import { sharedSource } from '../acquire/token-sources.ts';
import { systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import { checkBoolean, invalidOption } from '../core/options.ts';
import type { Secret } from '../core/secret.ts';
import { tokenCallCredentials } from './call-credentials.ts';

/** What tokens are asked for. */
export interface TokenWish {
  /** What they are for, for example `api://orders/.default`. */
  readonly scope: string;
  /**
   * Tells the authority that this client answers claims challenges (`cp1`, continuous access evaluation). Servers challenge
   * only clients that say so. Challenges that come are answered either way. Default: false.
   */
  readonly enableCae?: boolean;
}

/** Which identity a channel's calls carry. There is no default: leaving it out is an error. */
export type ChannelIdentity =
  | (TokenWish & {
      /** Where tokens come from: `clientSecret(...)`, or any credential of the Azure SDKs. */
      readonly credential: TokenCredential;
    })
  | (TokenWish & {
      /** `onBehalfOf(...)`: each call says for which user it is made. */
      readonly credential: OnBehalfOf;
    })
  | {
      /** Calls carry no token; only methods that are public by rule will answer. */
      readonly credential: 'none';
    };

/** The identity, ready for use. */
export type ResolvedIdentity =
  | { readonly kind: 'none' }
  | { readonly kind: 'own'; readonly source: TokenSource }
  | { readonly kind: 'users'; readonly sourceOf: (userToken: string | Secret) => TokenSource };

function isOnBehalfOf(credential: unknown): credential is OnBehalfOf {
  return (
    typeof credential === 'object' &&
    credential !== null &&
    'for' in credential &&
    typeof credential.for === 'function'
  );
}

function isTokenCredential(credential: unknown): credential is TokenCredential {
  return (
    typeof credential === 'object' &&
    credential !== null &&
    'getToken' in credential &&
    typeof credential.getToken === 'function'
  );
}

/**
 * Checks which identity a channel's calls carry.
 *
 * @throws ConfigError `ERR_OPTION_INVALID` for something that is no credential, or a scope that Entra would refuse.
 */
export function resolveIdentity(
  identity: ChannelIdentity,
  sinks: { readonly logger: Logger; readonly metrics: Metrics },
): ResolvedIdentity {
  const { credential } = identity;
  if (credential === 'none') return { kind: 'none' };
  const sourceFor = (own: TokenCredential): TokenSource =>
    sharedSource({
      credential: own,
      scope: checkDefaultScope('createChannel scope', identity.scope),
      enableCae: checkBoolean('createChannel enableCae', identity.enableCae, false),
      clock: systemClock,
      retry: defaultRetryPolicy,
      ...sinks,
    });
  if (isTokenCredential(credential)) return { kind: 'own', source: sourceFor(credential) };
  if (isOnBehalfOf(credential)) {
    checkDefaultScope('createChannel scope', identity.scope);
    return { kind: 'users', sourceOf: (userToken) => sourceFor(credential.for(userToken)) };
  }
  throw invalidOption(
    'createChannel credential',
    'a credential such as clientSecret({...}), or "none" for public methods only',
    credential,
  );
}

/**
 * Call credentials for one user.
 *
 * @throws ConfigError when the channel has an identity of its own.
 */
export function userCallCredentials(
  identity: ResolvedIdentity,
  userToken: string | Secret,
): CallCredentials {
  if (identity.kind === 'users') return tokenCallCredentials(identity.sourceOf(userToken));
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    'a user token was given to a channel that does not call on behalf of users; make it with credential: onBehalfOf({...})',
  );
}
