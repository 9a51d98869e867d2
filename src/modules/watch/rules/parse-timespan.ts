const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LONGEST_MS = 400 * 86_400_000;

/** Parses a length of time such as `90s`, `5m`, `12h` or `30d` into milliseconds; `undefined` for anything else, and beyond 400 days. */
export function parseTimespan(text: unknown): number | undefined {
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhdw])$/.exec(String(text)) ?? [];
  if (count === undefined) return undefined;
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  return ms <= LONGEST_MS ? ms : undefined;
}
