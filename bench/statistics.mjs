export function median(values) {
  return percentile(values, 50);
}

export function percentile(values, percent) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(position)];
  return below + (sorted[Math.ceil(position)] - below) * (position % 1);
}

export function summarize(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Anything that slows a round slows both contenders, so the ratios are taken round by round. */
export function pairedRatios(values, references) {
  return values.slice(0, references.length).map((value, round) => value / references[round]);
}

export function pairedDifferences(values, references) {
  return values.slice(0, references.length).map((value, round) => value - references[round]);
}
