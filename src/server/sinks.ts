import { guardedLogger, type Logger, silentLogger } from '../core/log.ts';
import { guardedMetrics, type Metrics, noMetrics } from '../core/metrics.ts';
import { type AuditSink, auditToStderr, guardedSink } from './audit.ts';

/** What a server tells about itself. None of it can throw into a call. */
export interface Sinks {
  readonly audit: AuditSink;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Options for what a server tells about itself. */
export interface SinkOptions {
  /**
   * Receives one event a call and one a failed handshake. Default: JSON lines on stderr, because a server that
   * refuses callers silently cannot be operated.
   */
  readonly audit?: AuditSink;
  /** Receives messages about the server itself. Default: silent. */
  readonly logger?: Logger;
  /** Receives counts and times; labels come from closed lists. Default: none. */
  readonly metrics?: Metrics;
}

/** Names of {@link SinkOptions}. */
export const SINK_OPTIONS: readonly string[] = ['audit', 'logger', 'metrics'];

/** Fills in defaults, and guards every sink. */
export function resolveSinks(options: SinkOptions): Sinks {
  const logger = guardedLogger(options.logger ?? silentLogger);
  return {
    logger,
    audit: guardedSink(options.audit ?? auditToStderr, () =>
      logger.error('an audit event was lost: the audit sink threw'),
    ),
    metrics: guardedMetrics(options.metrics ?? noMetrics),
  };
}
