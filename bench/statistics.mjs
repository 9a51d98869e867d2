/** The middle of a list of numbers; of an even count, the mean of the two in the middle. `NaN` of none. */
export function median(values) {
  return percentile(values, 50);
}

/** The value that `percent` of the values do not exceed, between two of them by their weighted mean. `NaN` of none. */
export function percentile(values, percent) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(position)];
  return below + (sorted[Math.ceil(position)] - below) * (position % 1);
}

/** What a list of measurements says: its median, and how far the single ones lie apart. */
export function summarize(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The ratios of two contenders, round by round: what slows a whole round down slows both. Rounds that either lacks are
 * left out.
 */
export function pairedRatios(values, references) {
  return values.slice(0, references.length).map((value, round) => value / references[round]);
}

/** The differences of two contenders, round by round. */
export function pairedDifferences(values, references) {
  return values.slice(0, references.length).map((value, round) => value - references[round]);
}
