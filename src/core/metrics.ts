/** Dimensions of a measurement. Every value comes from a closed list, so that no peer can multiply time series. */
export type MetricLabels = Readonly<Record<string, string>>;

/** Where measurements go; counters, histograms and gauges of OpenTelemetry and Prometheus fit with a line each. */
export interface Metrics {
  /** Adds one. */
  counter(name: string, labels?: MetricLabels): void;
  /** Records one value of many, in the unit that the name says. */
  histogram(name: string, value: number, labels?: MetricLabels): void;
  /** Sets the present value. */
  gauge(name: string, value: number, labels?: MetricLabels): void;
}

const ignore = (): void => {};

/** Measures nothing: the default. */
export const noMetrics: Metrics = Object.freeze({
  counter: ignore,
  histogram: ignore,
  gauge: ignore,
});

/** Wraps metrics so that nothing they throw reaches a call. */
export function guardedMetrics(metrics: Metrics): Metrics {
  // Nothing to guard, and whoever measures can see that nobody listens.
  if (metrics === noMetrics) return noMetrics;
  const guarded = (record: () => void): void => {
    try {
      record();
    } catch {
      // A measurement that is lost is worth less than the call it measures.
    }
  };
  return Object.freeze({
    counter: (name: string, labels?: MetricLabels) => guarded(() => metrics.counter(name, labels)),
    histogram: (name: string, value: number, labels?: MetricLabels) =>
      guarded(() => metrics.histogram(name, value, labels)),
    gauge: (name: string, value: number, labels?: MetricLabels) =>
      guarded(() => metrics.gauge(name, value, labels)),
  });
}
