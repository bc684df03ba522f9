// Medians and spread of samples.

/** Linear interpolation between the neighbours of a rank. */
export function quantile(samples, q) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

export const median = (samples) => quantile(samples, 0.5);

/** Minimum, quartiles and number of samples, for the reader. */
export function spreadOf(samples, unit) {
  const figure = (value) => Number(value.toPrecision(3));
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => figure(quantile(samples, q)));
  const least = figure(Math.min(...samples));
  return `min ${least}, quartiles ${low} / ${middle} / ${high} ${unit}, ${samples.length} rounds`;
}

/** A row of a result: the larger is the worse. `limit` null only reports. */
export function atMost(name, measured, limit, spread) {
  return { name, measured, limit, ok: limit === null || measured <= limit, spread };
}

/** A row of a result: the smaller is the worse. */
export function atLeast(name, measured, limit, spread) {
  return { name, measured, limit, ok: measured >= limit, spread };
}
