import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { Caller } from '#src/core/caller.ts';
import { TokenError } from '#src/core/errors.ts';
import type { Logger } from '#src/core/log.ts';
import type { TokenReason } from '#src/core/token-reason.ts';
import { allChecks, type Checks } from '#src/token/checks.ts';
import { DocumentMissingError } from '#src/token/document-fetcher.ts';
import { resolveOptions } from '#src/token/options.ts';
import type { TokenValidatorOptions } from '#src/token/policy.ts';
import { assembleTokenValidator, type TokenValidator } from '#src/token/validator.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type FakeTimers, fakeTimers } from './fake-timers.ts';
import { API_ID, type Claims, TENANT, testKey } from './tokens.ts';

const ORIGIN = 'https://login.microsoftonline.com';

/** An authority in memory: what it publishes can be changed at any time, and what it is asked is written down. */
export interface FakeAuthority {
  /** Keys published for v2.0 tokens. */
  keys: readonly unknown[];
  /** Keys published for v1.0 tokens. */
  v1Keys: readonly unknown[];
  /** Members of the metadata to replace. */
  metadata: Claims;
  /** In place of an answer. */
  fail: ((url: URL) => Error | undefined) | undefined;
  /** Holds every answer back until it resolves. */
  hold: Promise<void> | undefined;
  /** Addresses asked for, in order. */
  readonly requests: string[];
  fetch(url: URL, maxBytes: number): Promise<Buffer>;
}

/** Metadata of a tenant of customers, by its address. */
function customerMetadataOf({ origin, host, pathname }: URL): Claims | undefined {
  const path = /^(\/([^/]+)(?:\/[^/]+)?)\/v2\.0\/\.well-known\/openid-configuration$/.exec(
    pathname,
  );
  if (path === null) return undefined;
  const [, documents = '', tenant = ''] = path;
  const issuer = host.endsWith('.b2clogin.com')
    ? `${origin}/${tenant}/v2.0/`
    : `https://${tenant}.ciamlogin.com/${tenant}/v2.0`;
  return { issuer, jwks_uri: `${origin}${documents}/discovery/v2.0/keys` };
}

function metadataOf(url: URL): Claims | undefined {
  if (url.origin !== ORIGIN) return customerMetadataOf(url);
  const path = url.pathname;
  const match = /^\/([^/]+)(\/v2\.0)?\/\.well-known\/openid-configuration$/.exec(path);
  const tenant = match?.[1];
  if (tenant === undefined) return undefined;
  const shown = ['common', 'organizations'].includes(tenant) ? '{tenantid}' : tenant;
  const v2 = match?.[2] !== undefined;
  return {
    issuer: v2 ? `${ORIGIN}/${shown}/v2.0` : `https://sts.windows.net/${shown}/`,
    jwks_uri: `${ORIGIN}/${tenant}/discovery/${v2 ? 'v2.0/' : ''}keys`,
    cloud_instance_name: 'microsoftonline.com',
  };
}

export function fakeAuthority(): FakeAuthority {
  const published = { ...testKey('published').jwk, issuer: `${ORIGIN}/{tenantid}/v2.0` };
  return {
    keys: [published],
    v1Keys: [testKey('published').jwk],
    metadata: {},
    fail: undefined,
    hold: undefined,
    requests: [],
    async fetch(url) {
      this.requests.push(url.href);
      await this.hold;
      const failure = this.fail?.(url);
      if (failure !== undefined) throw failure;
      const metadata = metadataOf(url);
      if (metadata !== undefined) {
        return Buffer.from(JSON.stringify({ ...metadata, ...this.metadata }));
      }
      if (!url.pathname.endsWith('/keys')) throw new DocumentMissingError('no such document');
      const keys = url.pathname.includes('/v2.0/') ? this.keys : this.v1Keys;
      return Buffer.from(JSON.stringify({ keys }));
    },
  };
}

/** One line of a log. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: unknown;
}

/** A validator whose authority and time are in the test's hands. */
export interface TokenWorld {
  readonly validator: TokenValidator;
  readonly authority: FakeAuthority;
  readonly clock: FakeClock;
  readonly timers: FakeTimers;
  readonly log: LogLine[];
}

/** Options under which the tokens of `tokens.ts` are accepted. */
export const OPTIONS: TokenValidatorOptions = { tenantId: TENANT, clientId: API_ID };

/** Makes a validator. */
export function tokenWorld(
  changes: Partial<TokenValidatorOptions> = {},
  checks: Checks = allChecks,
): TokenWorld {
  const clock = fakeClock();
  const timers = fakeTimers(clock);
  const authority = fakeAuthority();
  const log: LogLine[] = [];
  const write =
    (level: keyof Logger) =>
    (message: string, fields?: unknown): void => {
      log.push({ level, message, fields });
    };
  const logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const settings = resolveOptions({ ...OPTIONS, clock, logger, ...changes });
  const validator = assembleTokenValidator(settings, {
    keys: {
      fetch: (url, maxBytes) => authority.fetch(url, maxBytes),
      clock,
      timers,
      random: () => 0.5,
      logger: settings.logger,
      metrics: settings.metrics,
    },
    checks,
    close: () => {},
  });
  return { validator, authority, clock, timers, log };
}

/** What became of a token: who calls, or why not. */
export async function verdict(world: TokenWorld, token: string): Promise<Caller | TokenReason> {
  try {
    return await world.validator.validate(token);
  } catch (error) {
    assert.ok(error instanceof TokenError, String(error));
    return error.reason;
  }
}

/** Asserts that a token is refused for one reason. */
export async function refuses(
  world: TokenWorld,
  token: string,
  reason: TokenReason,
): Promise<void> {
  assert.equal(await verdict(world, token), reason);
}

/** Asserts that a token is accepted. */
export async function accepts(world: TokenWorld, token: string): Promise<Caller> {
  const caller = await verdict(world, token);
  if (typeof caller === 'string') assert.fail(`refused: ${caller}`);
  return caller;
}
