import { checkInteger, checkOptionNames } from '../core/options.ts';
import { LONGEST_TIMER_MS } from '../core/timers.ts';
import type { ServerLimits } from './server-options.ts';

/** Bounds with their defaults filled in. */
export type Limits = Required<ServerLimits>;

const LIMIT_NAMES = [
  'connections',
  'streamsPerConnection',
  'receiveBytes',
  'handshakeMs',
  'connectionAgeMs',
  'connectionGraceMs',
  'verificationMs',
];

/**
 * Checks bounds and fills in defaults.
 *
 * @throws ConfigError `ERR_OPTION_INVALID` or `ERR_OPTION_UNKNOWN` naming the limit.
 */
export function resolveLimits(limits: ServerLimits = {}): Limits {
  checkOptionNames('createServer limits', limits, LIMIT_NAMES);
  const whole = (name: keyof ServerLimits, min: number, max: number, fallback: number): number =>
    checkInteger(`createServer limits.${name}`, limits[name], { min, max, default: fallback });
  return {
    connections: whole('connections', 1, 1_000_000, 10_000),
    // grpc-js's own default is 2^32-1: one peer could open calls without end.
    streamsPerConnection: whole('streamsPerConnection', 1, 100_000, 100),
    receiveBytes: whole('receiveBytes', 0, 2 ** 31 - 1, 4_194_304),
    handshakeMs: whole('handshakeMs', 1, 120_000, 10_000),
    // Old certificates and old client certificates fade out within this time.
    connectionAgeMs: whole('connectionAgeMs', 1000, LONGEST_TIMER_MS, 1_800_000),
    // How long running calls hold an aged connection: long enough for most, and an end for those that are held open.
    connectionGraceMs: whole('connectionGraceMs', 0, LONGEST_TIMER_MS, 300_000),
    verificationMs: whole('verificationMs', 1, 60_000, 5000),
  };
}
