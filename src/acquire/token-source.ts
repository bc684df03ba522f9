import type { Clock } from '../core/clock.ts';
import { AcquisitionError, GrpcEntraError } from '../core/errors.ts';
import type { LogFields, Logger } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import { withinBound } from './bound.ts';
import { checkToken } from './check-token.ts';
import { acquisitionFailure } from './foreign-failure.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import type { AccessToken, TokenCredential } from './token-credential.ts';

/** What a token source is made of. */
export interface TokenSourceOptions {
  readonly credential: TokenCredential;
  readonly scope: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly retry: RetryPolicy;
  /** Whether requests say that the client answers claims challenges. Default: false. */
  readonly enableCae?: boolean;
  /** Upper bound of one acquisition with its retries, milliseconds. Default: 30 000 (rule C9). */
  readonly boundMs?: number;
}

/** A token is not sent in its last seconds: it must still be valid when the server reads it (rule C5). */
const EXPIRY_MARGIN_MS = 30_000;
/** Pause after a failed refresh while the old token still serves (rule C4). */
const REFRESH_PAUSE_MS = 30_000;
/** How long a refusal is remembered, so that a misconfigured caller does not hammer the authority (rule C11). */
const REFUSAL_MEMORY_MS = 2000;
/** How long the answer to a claims challenge, good or bad, answers the same challenge again. */
const RENEWAL_MEMORY_MS = 10_000;
/** No call waits longer for a token, whatever the authority does (rule C9). */
const ACQUISITION_BOUND_MS = 30_000;
const TEN_MINUTES_MS = 600_000;
const TWO_HOURS_MS = 7_200_000;
/** Longest pause an authority can ask for before the next call asks again. */
const LONGEST_REFUSAL_MS = 60_000;

interface Held {
  readonly token: AccessToken;
  /** Monotonic milliseconds: wall-clock jumps must not make a dead token look alive (rule C6). */
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** A token and when it was asked for, from which its time counts (rule C6). */
interface Answer {
  readonly token: AccessToken;
  readonly askedAtWall: number;
  readonly askedAt: number;
}

/**
 * How long after its arrival a token is renewed, milliseconds (rule C3).
 *
 * @param askedMs - What the credential says about it, if anything.
 */
function refreshDelayMs(lifetimeMs: number, askedMs: number | undefined, random: number): number {
  // A credential with a cache of its own may answer with a token that is due already. Asking it with every call would
  // help nobody: it gets the pause that a failed refresh gets (rule C4).
  if (askedMs !== undefined && askedMs <= 0) return pauseMs(random);
  if (askedMs !== undefined && askedMs < lifetimeMs) return askedMs;
  let delayMs = lifetimeMs * 0.8;
  if (lifetimeMs >= TWO_HOURS_MS) delayMs = lifetimeMs / 2;
  else if (lifetimeMs >= TEN_MINUTES_MS) delayMs = Math.min(delayMs, lifetimeMs - 300_000);
  // Earlier only, by up to a tenth, so that replicas started together do not all refresh together.
  return delayMs * (1 - random / 10);
}

/** The pause between refreshes that did not help, spread so that replicas do not ask together. */
const pauseMs = (random: number): number => REFRESH_PAUSE_MS * (1 + random / 2);

/** Numbers and ids of a failure: what finds it at Microsoft, and nothing of the authority's words (rule C18). */
function loggedDetails(error: unknown): LogFields {
  if (!(error instanceof AcquisitionError)) return {};
  const { httpStatus, aadsts, traceId, correlationId } = error.details;
  return { httpStatus, aadsts, traceId, correlationId };
}

/**
 * One credential's tokens for one scope: cached, fetched once for any number of waiting calls, renewed in the
 * background before they end.
 */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  #held: Held | undefined;
  #inFlight: Promise<AccessToken> | undefined;
  #notBefore = 0;
  #renewed:
    | { readonly claims: string; readonly token: Promise<AccessToken>; readonly until: number }
    | undefined;
  #refusal: { readonly error: unknown; readonly until: number } | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /**
   * The token to send now: at once when one is held, else a promise that all callers share.
   *
   * @throws {@link AcquisitionError} (as a rejection) when none can be had.
   */
  get(): AccessToken | Promise<AccessToken> {
    const held = this.#held;
    const now = this.#options.clock.monotonic();
    if (held !== undefined && now < held.expiresAt) {
      if (now >= held.refreshAt && now >= this.#notBefore) this.#refreshInBackground();
      return held.token;
    }
    if (this.#refusal !== undefined && now < this.#refusal.until) {
      return Promise.reject(this.#refusal.error);
    }
    return this.#acquire();
  }

  /**
   * A new token for a claims challenge, which no held one answers. It replaces the held one; a failure changes nothing
   * (rule C8).
   *
   * @param claims - JSON, as the challenge asks.
   */
  async renew(claims: string): Promise<AccessToken> {
    const now = this.#options.clock.monotonic();
    const known = this.#renewed;
    // Many calls are challenged at once, and one new token answers all of them.
    if (known?.claims === claims && now < known.until) return known.token;
    const token = this.#request(claims).then((answer) => {
      this.#hold(answer);
      return answer.token;
    });
    this.#renewed = { claims, token, until: now + RENEWAL_MEMORY_MS };
    return token;
  }

  #acquire(): Promise<AccessToken> {
    this.#inFlight ??= this.#fetch().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  #refreshInBackground(): void {
    if (this.#inFlight !== undefined) return;
    const startedAt = this.#options.clock.monotonic();
    this.#acquire().catch((error: unknown) => {
      const asked = error instanceof AcquisitionError ? (error.details.retryAfterMs ?? 0) : 0;
      const pause = Math.max(asked, pauseMs(this.#options.retry.random()));
      this.#notBefore = this.#options.clock.monotonic() + pause;
      this.#options.logger.warn('token refresh failed; the current token still serves', {
        code: error instanceof GrpcEntraError ? error.code : 'unknown',
        ...loggedDetails(error),
        durationMs: Math.round(this.#options.clock.monotonic() - startedAt),
        nextAttemptMs: Math.round(pause),
      });
    });
  }

  async #fetch(): Promise<AccessToken> {
    try {
      const answer = await this.#request();
      this.#hold(answer);
      return answer.token;
    } catch (error) {
      const asked = error instanceof AcquisitionError ? (error.details.retryAfterMs ?? 0) : 0;
      const pause = Math.min(Math.max(asked, REFUSAL_MEMORY_MS), LONGEST_REFUSAL_MS);
      this.#refusal = { error, until: this.#options.clock.monotonic() + pause };
      throw error;
    }
  }

  async #request(claims?: string): Promise<Answer> {
    const { credential, scope, retry, clock, metrics, boundMs, enableCae } = this.#options;
    const askedAtWall = clock.now();
    const askedAt = clock.monotonic();
    const count = (result: string): void =>
      metrics.counter('grpc_entra.client.token_requests', { result });
    try {
      const token = await withinBound(
        (abortSignal) =>
          withRetries(
            () =>
              credential.getToken(scope, {
                abortSignal,
                ...(claims === undefined ? {} : { claims }),
                ...(enableCae === true ? { enableCae } : {}),
              }),
            retry,
          ),
        boundMs ?? ACQUISITION_BOUND_MS,
      );
      const checked = checkToken(token, clock.now());
      count('success');
      metrics.histogram('grpc_entra.client.token_request_ms', clock.monotonic() - askedAt);
      return { token: checked, askedAtWall, askedAt };
    } catch (error) {
      // Only here: our own retries are for our own requests, other people's credentials have theirs.
      const failure = acquisitionFailure(error);
      count(failure.code);
      throw failure;
    }
  }

  #hold({ token, askedAt, askedAtWall }: Answer): void {
    const lifetimeMs = token.expiresOnTimestamp - askedAtWall;
    const askedMs = token.refreshAfterTimestamp;
    // A short-lived token is used for what it has rather than fetched anew for each call (row B11).
    const margin = Math.min(EXPIRY_MARGIN_MS, lifetimeMs / 4);
    const delay = refreshDelayMs(
      lifetimeMs,
      askedMs === undefined ? undefined : askedMs - askedAtWall,
      this.#options.retry.random(),
    );
    this.#held = {
      token,
      refreshAt: askedAt + delay,
      expiresAt: askedAt + lifetimeMs - margin,
    };
    this.#refusal = undefined;
  }
}
