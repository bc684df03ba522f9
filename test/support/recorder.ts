import type { Logger } from '#src/core/log.ts';
import type { MetricLabels, Metrics } from '#src/core/metrics.ts';

/** One line of a log. */
export interface Logged {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: unknown;
}

/** A logger that remembers. */
export function recordingLogger(): { readonly logger: Logger; readonly lines: Logged[] } {
  const lines: Logged[] = [];
  const write =
    (level: keyof Logger) =>
    (message: string, fields?: unknown): void => {
      lines.push({ level, message, fields });
    };
  const logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  return { logger, lines };
}

/** Metrics that remember: counts by name and labels, and the last value of each gauge. */
export function recordingMetrics(): {
  readonly metrics: Metrics;
  count(name: string, labels?: MetricLabels): number;
  gauge(name: string, labels?: MetricLabels): number | undefined;
} {
  const counts = new Map<string, number>();
  const gauges = new Map<string, number>();
  const key = (name: string, labels: MetricLabels = {}): string =>
    `${name} ${JSON.stringify(labels)}`;
  return {
    metrics: {
      counter: (name, labels) => {
        counts.set(key(name, labels), (counts.get(key(name, labels)) ?? 0) + 1);
      },
      histogram: () => {},
      gauge: (name, value, labels) => {
        gauges.set(key(name, labels), value);
      },
    },
    count: (name, labels) => counts.get(key(name, labels)) ?? 0,
    gauge: (name, labels) => gauges.get(key(name, labels)),
  };
}
