import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { Caller } from '../core/caller.ts';
import { createHttpsAgent } from '../core/https-request.ts';
import { noMetrics } from '../core/metrics.ts';
import { systemTimers } from '../core/timers.ts';
import type { TokenReason } from '../core/token-reason.ts';
import type { AccessTokenClaims, VerifiedClaims } from '../entra/claims.ts';
import { checkAdmission } from './admission-checks.ts';
import type { CallConnection } from './binding-checks.ts';
import { stillHolds, TokenCache } from './cache.ts';
import { type CallRules, createCallRules } from './call-rules.ts';
import { callerFrom } from './caller.ts';
import { firstViolation, refusal, runChecks } from './check.ts';
import { allChecks, type Checks, plausibilityChecks } from './checks.ts';
import type { ClaimFacts } from './claim-checks.ts';
import { checkAuthContext, requireAuthContext } from './claims-challenge.ts';
import { ClockWatch } from './clock-watch.ts';
import { type CompactToken, decodePayload, decodeSegment, splitToken } from './compact.ts';
import { createDocumentFetcher } from './document-fetcher.ts';
import { entryBytes } from './entry-bytes.ts';
import { ForgeryMemory } from './forgery-memory.ts';
import { HeaderReader } from './header-reader.ts';
import type { KeySet } from './key-set.ts';
import type { KeySource, KeySourceDependencies } from './key-source.ts';
import { createKeySources, type KeySources } from './key-sources.ts';
import { type CacheOutcome, ValidationMeter } from './meter.ts';
import { resolveOptions, type ValidatorSettings } from './options.ts';
import type { CertificateBinding, TokenValidatorOptions } from './policy.ts';
import type { SigningKey } from './signing-key.ts';
import type { ValidatorState } from './state.ts';
import type { TokenValidator } from './token-validator.ts';
import { VersionHint } from './version-hint.ts';

export type { TokenValidator } from './token-validator.ts';

/** A token that passed every rule which needs no key. */
interface ReadToken {
  /** SHA-256 of the exact token. */
  readonly id: string;
  readonly parts: CompactToken;
  readonly kid: string;
  readonly signature: Buffer;
  readonly claims: AccessTokenClaims;
}

/** What a validator works with. Tests pass other documents, time and rules. */
export interface ValidatorParts {
  readonly keys: KeySourceDependencies;
  readonly checks: Checks;
  readonly close: () => void;
}

class EntraTokenValidator implements TokenValidator {
  readonly maxTokenBytes: number;
  readonly binding: CertificateBinding;
  readonly #settings: ValidatorSettings;
  readonly #checks: Checks;
  readonly #sources: KeySources;
  readonly #cache: TokenCache;
  readonly #forgeries = new ForgeryMemory();
  readonly #headers: HeaderReader;
  readonly #versionHint: VersionHint;
  readonly #clockWatch: ClockWatch;
  readonly #waiting = new Map<string, Promise<Caller>>();
  readonly #closeParts: () => void;
  readonly #callRules: CallRules | undefined;
  readonly #meter: ValidationMeter | undefined;
  /** Where the last verdict came from. Read at once after it was given. */
  #cacheOutcome: CacheOutcome = 'miss';

  constructor(settings: ValidatorSettings, parts: ValidatorParts) {
    const { policy, lifecycle, useAppSpecificKeys } = settings;
    this.maxTokenBytes = policy.maxTokenBytes;
    this.binding = policy.binding;
    this.#settings = settings;
    this.#checks = parts.checks;
    this.#closeParts = parts.close;
    this.#cache = new TokenCache(settings.cache);
    this.#callRules = createCallRules(settings);
    this.#versionHint = new VersionHint(settings.logger);
    const { metrics, clock } = settings;
    this.#clockWatch = new ClockWatch(clock, settings.logger);
    const measured = metrics !== undefined && metrics !== noMetrics;
    this.#meter = measured ? new ValidationMeter(metrics, clock) : undefined;
    this.#headers = new HeaderReader(parts.checks, policy.allowMissingTyp);
    this.#sources = createKeySources(policy, lifecycle, parts.keys, useAppSpecificKeys);
  }

  async validate(token: string, connection?: CallConnection): Promise<Caller> {
    return this.check(token, connection);
  }

  check(token: string, connection?: CallConnection): Caller | Promise<Caller> {
    if (this.#meter === undefined) return this.#decide(token, connection);
    return this.#meter.measure(
      () => this.#decide(token, connection),
      () => this.#cacheOutcome,
    );
  }

  #decide(token: string, connection: CallConnection | undefined): Caller | Promise<Caller> {
    const verified = this.#identify(token);
    const rules = this.#callRules;
    if (rules === undefined) return verified;
    const ask = (caller: Caller): Caller => {
      rules(caller, connection);
      return caller;
    };
    return verified instanceof Promise ? verified.then(ask) : ask(verified);
  }

  requireAuthContext(caller: Caller, context: string): void {
    requireAuthContext(this.#settings.policy, caller, checkAuthContext('context', context));
  }

  #identify(token: string): Caller | Promise<Caller> {
    this.#cacheOutcome = 'miss';
    const { clock } = this.#settings;
    const now = { wallMs: clock.now(), monotonicMs: clock.monotonic() };
    this.#clockWatch.look(now);
    if (token.length > this.maxTokenBytes) throw refusal('token_too_long');
    const id = hash('sha256', token, 'base64url');
    const remembered = this.#cache.get(id);
    if (remembered !== undefined) {
      if (stillHolds(remembered, now)) {
        this.#cacheOutcome = 'hit';
        return remembered.caller;
      }
      this.#cache.delete(id);
    }
    if (this.#forgeries.has(id, now.monotonicMs)) throw refusal('signature_invalid');
    return this.#verify(this.#read(token, id));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#sources.all.map((source) => source.ready()));
  }

  state(): ValidatorState {
    return {
      keySets: this.#sources.all.map((source) => source.state()),
      rememberedTokens: this.#cache.size,
      rememberedBytes: this.#cache.weight,
    };
  }

  close(): void {
    for (const source of this.#sources.all) source.close();
    this.#closeParts();
  }

  #read(token: string, id: string): ReadToken {
    const { structure } = this.#checks;
    const parts = splitToken(token);
    const kid = this.#headers.read(parts.header);
    const claims = decodePayload(parts.payload, structure);
    return { id, parts, kid, claims, signature: decodeSegment(parts.signature, structure) };
  }

  #verify(token: ReadToken): Caller | Promise<Caller> {
    const source = this.#sources.select(token.claims);
    if (source === undefined) throw refusal(this.#implausibility(token.claims) ?? 'key_id_unknown');
    const monotonicMs = this.#settings.clock.monotonic();
    const set = source.usable(monotonicMs);
    const key = set?.keys.get(token.kid);
    if (set !== undefined && key !== undefined) return this.#accept(token, source, set, key);
    return this.#verifyAfterRefresh(token, source, monotonicMs);
  }

  #verifyAfterRefresh(token: ReadToken, source: KeySource, monotonicMs: number): Promise<Caller> {
    // Calls that carry one token wait as one: only distinct tokens count against the bound on waiting.
    const joined = this.#waiting.get(token.id);
    if (joined !== undefined) return joined;
    const plausible = (): boolean => this.#implausibility(token.claims) === undefined;
    const refreshed = source.awaitRefresh(monotonicMs, plausible);
    if (refreshed === undefined) {
      throw refusal(
        source.usable(monotonicMs) === undefined ? 'keys_unavailable' : 'key_id_unknown',
      );
    }
    const verified = refreshed
      .then(() => this.#verifyWithKeysAtHand(token, source))
      .finally(() => this.#waiting.delete(token.id));
    this.#waiting.set(token.id, verified);
    return verified;
  }

  #verifyWithKeysAtHand(token: ReadToken, source: KeySource): Caller {
    const set = source.usable(this.#settings.clock.monotonic());
    if (set === undefined) throw refusal('keys_unavailable');
    const key = set.keys.get(token.kid);
    if (key === undefined) throw refusal('key_id_unknown');
    return this.#accept(token, source, set, key);
  }

  #accept(token: ReadToken, source: KeySource, keySet: KeySet, key: SigningKey): Caller {
    const { parts, signature, claims } = token;
    const signingInput = Buffer.from(parts.signingInput, 'latin1');
    const unsigned = firstViolation(this.#checks.signature, { signingInput, signature, key });
    if (unsigned !== undefined) {
      if (unsigned.reason === 'signature_invalid') {
        this.#forgeries.add(token.id, { source, key }, this.#settings.clock.monotonic());
      }
      throw refusal(unsigned.reason);
    }
    this.#headers.remember(parts.header, token.kid);
    const { policy, clock } = this.#settings;
    const facts = { claims, policy, nowSeconds: clock.now() / 1000, key, keySet };
    const misissued = firstViolation(this.#checks.issuer, facts);
    if (misissued !== undefined) {
      this.#versionHint.consider(misissued.reason, claims);
      throw refusal(misissued.reason);
    }
    runChecks(this.#checks.key, facts);
    runChecks(this.#checks.claims, facts);
    checkAdmission({ claims, callers: policy.callers });
    const caller = callerFrom(claims, policy);
    this.#remember(token, source, key, caller);
    return caller;
  }

  #remember(token: ReadToken, source: KeySource, key: SigningKey, caller: Caller): void {
    const { policy, clock, cacheMaxAgeMs } = this.#settings;
    const { exp, nbf, iat } = token.claims as VerifiedClaims;
    this.#cache.set(token.id, {
      caller,
      source,
      key,
      validFrom: Math.max(nbf, iat) - policy.clockSkewSeconds,
      validUntil: Math.min(exp, iat + policy.maxTokenAgeSeconds) + policy.clockSkewSeconds,
      reviewAt: clock.monotonic() + cacheMaxAgeMs,
      weight: entryBytes(caller),
    });
  }

  #factsOf(claims: AccessTokenClaims): ClaimFacts {
    const { policy, clock } = this.#settings;
    return { claims, policy, nowSeconds: clock.now() / 1000 };
  }

  /** Why a token would be refused even if its signature turned out right. */
  #implausibility(claims: AccessTokenClaims): TokenReason | undefined {
    return firstViolation(plausibilityChecks, this.#factsOf(claims))?.reason;
  }
}

/** Builds a validator from its parts. Tests pass documents, time and rules of their own. */
export function assembleTokenValidator(
  settings: ValidatorSettings,
  parts: ValidatorParts,
): TokenValidator {
  return new EntraTokenValidator(settings, parts);
}

/**
 * Makes a validator of Entra access tokens. It fetches nothing before {@link TokenValidator.ready} or the first token.
 *
 * @throws {@link ConfigError} for options that cannot work or must not be used.
 */
export function createTokenValidator(options: TokenValidatorOptions): TokenValidator {
  const settings = resolveOptions(options);
  const { clock, logger, policy } = settings;
  const agent = createHttpsAgent(policy.authority.ca);
  return assembleTokenValidator(settings, {
    keys: {
      fetch: createDocumentFetcher(agent),
      clock,
      logger,
      metrics: settings.metrics,
      timers: systemTimers,
      random: Math.random,
    },
    checks: allChecks,
    close: () => agent.destroy(),
  });
}
