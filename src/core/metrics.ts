/** Names of counters. A closed list. */
export type CounterName =
  /** Tokens validated; labels `outcome` (`accepted` or the reason of the refusal) and `cache` (`hit` or `miss`). */
  | 'token.validations'
  /** Fetches of signing keys; labels `authority`, `version` and `outcome` (`success` or `failure`). */
  | 'token.key_refreshes'
  /** Tokens that named a key which is not published, and were refused without a fetch; labels as above. */
  | 'token.unknown_keys';

/** Names of histograms. A closed list. */
export type HistogramName =
  /** Time to validate a token that was not remembered, milliseconds; label `outcome`. */
  | 'token.validation_ms'
  /** Time to fetch signing keys, milliseconds; labels `authority`, `version` and `outcome`. */
  | 'token.key_refresh_ms';

/**
 * Labels of one measurement. Every value is from a closed list or from the settings, never from a token, so that no
 * caller can make a monitoring system grow (rule E3).
 */
export type MetricLabels = Readonly<Record<string, string>>;

/**
 * Where measurements go. Structural, so that OpenTelemetry, Prometheus clients and a plain object fit with a few lines.
 * What it throws is swallowed: monitoring must refuse no caller.
 */
export interface Metrics {
  /** Counts one event. */
  increment(name: CounterName, labels: MetricLabels): void;
  /** Notes one value of a distribution. */
  record(name: HistogramName, value: number, labels: MetricLabels): void;
}

/** Wraps metrics so that nothing they throw reaches a call. */
export function guardedMetrics(metrics: Metrics): Metrics {
  return Object.freeze({
    increment: (name: CounterName, labels: MetricLabels): void => {
      try {
        metrics.increment(name, labels);
      } catch {
        // A measurement is lost, a call is not.
      }
    },
    record: (name: HistogramName, value: number, labels: MetricLabels): void => {
      try {
        metrics.record(name, value, labels);
      } catch {
        // As above.
      }
    },
  });
}
