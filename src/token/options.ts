import { type Clock, systemClock } from '../core/clock.ts';
import { guardedLogger, type Logger, silentLogger } from '../core/log.ts';
import { guardedMetrics, type Metrics } from '../core/metrics.ts';
import {
  checkBoolean,
  checkChoice,
  checkInteger,
  checkOptionNames,
  invalidOption,
} from '../core/options.ts';
import type { Authority } from '../entra/authority.ts';
import { resolveClientId, resolveV1Audiences } from './audience-option.ts';
import { checkProfile, resolveTokenAuthority, resolveVersions } from './authority-setting.ts';
import type { TokenCacheBounds } from './cache.ts';
import { loadInitialKeys } from './initial-keys.ts';
import type { KeyLifecycle } from './key-source.ts';
import type {
  Admission,
  CallerPolicy,
  KeyOptions,
  RevocationCheck,
  TokenCacheOptions,
  TokenPolicy,
  TokenValidatorOptions,
} from './policy.ts';
import { resolveTenants } from './tenant-option.ts';

const OPTION_NAMES: readonly (keyof TokenValidatorOptions)[] = [
  'tenantId',
  'clientId',
  'authority',
  'v1Audiences',
  'tokenVersions',
  'clockSkewSeconds',
  'maxTokenBytes',
  'maxTokenLifetimeSeconds',
  'maxTokenAgeSeconds',
  'requireIdtyp',
  'requireCertificateClient',
  'allowMissingTyp',
  'useAppSpecificKeys',
  'binding',
  'guests',
  'devices',
  'agents',
  'isRevoked',
  'metrics',
  'keys',
  'cache',
  'clock',
  'logger',
];
const KEY_OPTION_NAMES: readonly (keyof KeyOptions)[] = [
  'refreshMinutes',
  'lastKnownGoodHours',
  'unknownKeyCooldownSeconds',
  'initialKeysFile',
  'failFast',
];
const CACHE_OPTION_NAMES: readonly (keyof TokenCacheOptions)[] = ['maxEntries', 'maxAgeSeconds'];

const WEEK_SECONDS = 604_800;

/** Everything a validator is built from: the options, checked and copied. */
export interface ValidatorSettings {
  readonly policy: TokenPolicy;
  readonly lifecycle: KeyLifecycle;
  readonly cache: TokenCacheBounds;
  readonly cacheMaxAgeMs: number;
  readonly useAppSpecificKeys: boolean;
  readonly isRevoked: RevocationCheck | undefined;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ADMISSIONS: readonly Admission[] = ['allow', 'deny'];

function resolveCallers({ guests, devices, agents }: TokenValidatorOptions): CallerPolicy {
  return Object.freeze({
    guests: checkChoice('guests', guests, ADMISSIONS, 'allow'),
    devices: checkChoice('devices', devices, ADMISSIONS, 'deny'),
    agents: checkChoice('agents', agents, ADMISSIONS, 'deny'),
  });
}

function resolveRevocation(value: RevocationCheck | undefined): RevocationCheck | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw invalidOption('isRevoked', 'a function of the caller that returns true or false', value);
}

const METRIC_NAMES: readonly (keyof Metrics)[] = ['counter', 'histogram', 'gauge'];

function resolveMetrics(value: Metrics | undefined): Metrics | undefined {
  if (value === undefined) return undefined;
  const fits = value !== null && METRIC_NAMES.every((name) => typeof value[name] === 'function');
  if (!fits) throw invalidOption('metrics', 'an object with counter, histogram and gauge', value);
  return guardedMetrics(value);
}

function resolvePolicy(options: TokenValidatorOptions, authority: Authority): TokenPolicy {
  const clientId = resolveClientId(options.clientId);
  const tenants = resolveTenants(options.tenantId);
  checkProfile(authority, tenants, options);
  const versions = resolveVersions(options.tokenVersions, authority);
  const { maxTokenAgeSeconds } = options;
  return Object.freeze({
    authority,
    tenants,
    clientId,
    v1Audiences: new Set([
      clientId,
      ...resolveV1Audiences(options.v1Audiences, versions, authority),
    ]),
    versions,
    clockSkewSeconds: checkInteger('clockSkewSeconds', options.clockSkewSeconds, {
      min: 0,
      max: 300,
      default: 60,
    }),
    maxTokenBytes: checkInteger('maxTokenBytes', options.maxTokenBytes, {
      min: 1024,
      max: 65_536,
      default: 16_384,
    }),
    maxTokenLifetimeSeconds: checkInteger(
      'maxTokenLifetimeSeconds',
      options.maxTokenLifetimeSeconds,
      // Tokens of sessions under continuous access evaluation live 20 to 28 hours.
      { min: 300, max: WEEK_SECONDS, default: 29 * 3600 },
    ),
    maxTokenAgeSeconds:
      maxTokenAgeSeconds === undefined
        ? Number.POSITIVE_INFINITY
        : checkInteger('maxTokenAgeSeconds', maxTokenAgeSeconds, {
            min: 60,
            max: WEEK_SECONDS,
            default: WEEK_SECONDS,
          }),
    requireIdtyp: checkBoolean('requireIdtyp', options.requireIdtyp, false),
    requireCertificateClient: checkBoolean(
      'requireCertificateClient',
      options.requireCertificateClient,
      false,
    ),
    allowMissingTyp: checkBoolean('allowMissingTyp', options.allowMissingTyp, false),
    binding: checkChoice('binding', options.binding, ['off', 'optional', 'required'], 'off'),
    callers: resolveCallers(options),
  });
}

function resolveLifecycle(options: KeyOptions | undefined = {}, clock: Clock): KeyLifecycle {
  checkOptionNames('keys', options, KEY_OPTION_NAMES);
  const { refreshMinutes, lastKnownGoodHours, unknownKeyCooldownSeconds, initialKeysFile } =
    options;
  return Object.freeze({
    refreshMs:
      checkInteger('keys.refreshMinutes', refreshMinutes, { min: 5, max: 1440, default: 60 }) *
      60_000,
    lastKnownGoodMs:
      checkInteger('keys.lastKnownGoodHours', lastKnownGoodHours, {
        min: 1,
        max: 72,
        default: 24,
      }) * 3_600_000,
    unknownKeyCooldownMs:
      checkInteger('keys.unknownKeyCooldownSeconds', unknownKeyCooldownSeconds, {
        min: 30,
        max: 3600,
        default: 300,
      }) * 1000,
    initialKeys: loadInitialKeys('keys.initialKeysFile', initialKeysFile, clock.now()),
    failFast: checkBoolean('keys.failFast', options.failFast, false),
  });
}

const CACHE_WEIGHT = 16 * 1024 * 1024;
const CACHE_ENTRIES_PER_CALLER = 32;

/**
 * Checks and copies the options of a validator.
 *
 * @throws {@link ConfigError} for the first option that cannot work or must not be used.
 */
export function resolveOptions(options: TokenValidatorOptions): ValidatorSettings {
  checkOptionNames('token validator options', options, OPTION_NAMES);
  const { cache = {}, clock = systemClock } = options;
  checkOptionNames('cache', cache, CACHE_OPTION_NAMES);
  const maxEntries = checkInteger('cache.maxEntries', cache.maxEntries, {
    min: 0,
    max: 1_000_000,
    default: 10_000,
  });
  const maxAgeSeconds = checkInteger('cache.maxAgeSeconds', cache.maxAgeSeconds, {
    min: 1,
    max: 3600,
    default: 300,
  });
  return Object.freeze({
    policy: resolvePolicy(options, resolveTokenAuthority(options.authority)),
    lifecycle: resolveLifecycle(options.keys, clock),
    cache: {
      maxEntries,
      maxWeight: Math.max(CACHE_WEIGHT, (maxEntries / 10_000) * CACHE_WEIGHT),
      maxPerCaller: CACHE_ENTRIES_PER_CALLER,
    },
    cacheMaxAgeMs: maxAgeSeconds * 1000,
    useAppSpecificKeys: checkBoolean('useAppSpecificKeys', options.useAppSpecificKeys, false),
    isRevoked: resolveRevocation(options.isRevoked),
    metrics: resolveMetrics(options.metrics),
    clock,
    logger: guardedLogger(options.logger ?? silentLogger),
  });
}
