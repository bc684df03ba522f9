import type { ChannelOptions as GrpcChannelOptions } from '@grpc/grpc-js';
import { checkChoice, checkInteger } from '../core/options.ts';

/** How connections and calls of a channel behave. */
export interface ChannelTuning {
  /**
   * Which of a name's addresses calls go to: the first that answers, or each in turn. Default: `pick_first`. The
   * addresses are those of DNS, so `round_robin` wants a name that has them all (in Kubernetes, a headless service).
   */
  readonly loadBalancing?: 'pick_first' | 'round_robin';
  /**
   * How often a call that ends UNAVAILABLE is made in all, with growing pauses, 1 to 5. Default: 1. A call may have been
   * executed although its answer was lost: raise it for methods that may run twice.
   */
  readonly attempts?: number;
  /** Pause after which an idle connection is probed, milliseconds, at least 10 000. Default: never. */
  readonly keepaliveMs?: number;
}

/** Names of {@link ChannelTuning}. */
export const TUNING_OPTIONS: readonly string[] = ['loadBalancing', 'attempts', 'keepaliveMs'];

const KEEPALIVE_TIMEOUT_MS = 10_000;

/** gRPC's service config for the tuning (gRFC A6), which names servers send are not to replace. */
function serviceConfig(attempts: number, loadBalancing: string): string {
  const retryPolicy = {
    maxAttempts: attempts,
    initialBackoff: '0.1s',
    maxBackoff: '2s',
    backoffMultiplier: 2,
    retryableStatusCodes: ['UNAVAILABLE'],
  };
  return JSON.stringify({
    loadBalancingConfig: [{ [loadBalancing]: {} }],
    methodConfig: attempts === 1 ? [] : [{ name: [{}], retryPolicy }],
  });
}

/**
 * The tuning as options of grpc-js.
 *
 * @throws ConfigError for a value outside its range.
 */
export function grpcChannelOptions(where: string, tuning: ChannelTuning): GrpcChannelOptions {
  const loadBalancing = checkChoice(
    `${where} loadBalancing`,
    tuning.loadBalancing,
    ['pick_first', 'round_robin'] as const,
    'pick_first',
  );
  const attempts = checkInteger(`${where} attempts`, tuning.attempts, {
    min: 1,
    max: 5,
    default: 1,
  });
  const keepaliveMs = checkInteger(`${where} keepaliveMs`, tuning.keepaliveMs, {
    min: 10_000,
    max: 2 ** 31 - 1,
    default: 0,
  });
  return {
    // Off: it exposes call counts and addresses to anyone who can reach an admin service in this process.
    'grpc.enable_channelz': 0,
    'grpc.service_config': serviceConfig(attempts, loadBalancing),
    // DNS must not be able to change the policy of calls.
    'grpc.service_config_disable_resolution': 1,
    ...(keepaliveMs === 0
      ? {}
      : {
          'grpc.keepalive_time_ms': keepaliveMs,
          'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
          'grpc.keepalive_permit_without_calls': 1,
        }),
  };
}
