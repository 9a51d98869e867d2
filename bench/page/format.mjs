const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A number with as many digits as mean something: 12,345 or 123 or 12.3 or 1.23. */
export function formatNumber(value) {
  const size = Math.abs(value);
  if (size >= 100) return whole.format(value);
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** A median, and between which values it lies. */
export function formatSpread({ median, min, max }, unit) {
  const text =
    min === max ? formatNumber(median) : `${formatNumber(median)} (${formatNumber(min)} to ${formatNumber(max)})`;
  return unit === undefined ? text : `${text} ${unit}`;
}

/** A Markdown table. */
export function makeTable(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
