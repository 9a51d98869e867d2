/** Returns the median: the middle value, or the mean of the two middle values if the count is even. Returns `NaN` for an empty list. */
export function median(values) {
  return percentile(values, 50);
}

/** Returns the value that `percent` of the values do not exceed. Between two values, interpolates. Returns `NaN` for an empty list. */
export function percentile(values, percent) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(position)];
  return below + (sorted[Math.ceil(position)] - below) * (position % 1);
}

/** Summarises measurements: the median, the smallest and the largest value. */
export function summarize(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Returns the ratios of two contenders, round by round, because anything that slows a round slows both contenders. Rounds that one contender
 * lacks are omitted.
 */
export function pairedRatios(values, references) {
  return values.slice(0, references.length).map((value, round) => value / references[round]);
}

/** Returns the differences between two contenders, round by round. */
export function pairedDifferences(values, references) {
  return values.slice(0, references.length).map((value, round) => value - references[round]);
}
