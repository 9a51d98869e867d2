const RFC_3339 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+ -]\d\d:\d\d)?)?$/i;

/**
 * Whether the value is an existing day or an RFC 3339 time. A time without an offset is in UTC. A space counts as `+`, because URL parsers
 * decode `+` to a space.
 */
export function isTime(value: unknown): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return typeof value === 'string' && RFC_3339.test(value) && !Number.isNaN(parseTime(value).getTime());
}

/** Returns the moment of a value that passed {@link isMoment}. For a day that does not exist, returns an invalid date. */
export function parseTime(input: string | Date, now = new Date()): Date {
  if (input instanceof Date) return input;
  const value = input.replace(' ', '+');
  const [, count, unit = ''] = RELATIVE_TIME.exec(value) ?? [];
  if (count !== undefined) return new Date(Math.max(now.getTime() - Number(count) * (UNIT_MS[unit] ?? 0), 0));
  const daysAgo = DAYS_AGO.get(value);
  if (value === NOW) return now;
  if (daysAgo !== undefined) return new Date(Math.floor(now.getTime() / DAY_MS - daysAgo) * DAY_MS);
  const day = value.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return new Date(Number.NaN);
  const isComplete = value === day || /(Z|[+-]\d\d:\d\d)$/i.test(value);
  return new Date(isComplete ? value : `${value}Z`);
}

/** Returns the exclusive end of a range that ends with a value that passed {@link isMoment}. A day belongs to the range as a whole. */
export function parseEndTime(input: string | Date, now = new Date()): Date {
  const time = parseTime(input, now);
  return typeof input === 'string' && isDay(input) ? new Date(time.getTime() + DAY_MS) : time;
}

const RELATIVE_TIME = /^-?(\d{1,5})([mhdw])$/;
const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS };

/** Days are in UTC. */
const DAYS_AGO: ReadonlyMap<unknown, number> = new Map([
  ['today', 0],
  ['yesterday', 1],
]);
const NOW = 'now';

/** Completes the message "must be …" for a value that is not a moment. */
export const TIME_FORMAT_HELP =
  'a day or an RFC 3339 time, such as 2026-11-20 or 2026-11-20T08:00:00Z, or how long ago, such as 24h or yesterday';

/** Whether the value is a day: `2026-11-20`, `yesterday`. */
export function isDay(value: string): boolean {
  return DAYS_AGO.has(value) || (/^[\d-]{10}$/.test(value) && isTime(value));
}

/** Whether the value is a time, or is relative to now: `24h`, `-24h`, `yesterday`. */
export function isMoment(value: unknown): value is string | Date {
  return isTime(value) || isAgo(value);
}

/** Whether the value is relative to now. */
export function isAgo(value: unknown): value is string {
  return typeof value === 'string' && (RELATIVE_TIME.test(value) || DAYS_AGO.has(value) || value === NOW);
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Offsets have seconds only before the zone introduced standard time. */
const OFFSET = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/;

/** Whether the value is an IANA time zone, or an offset that the runtime supports. */
export function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 64) return false;
  try {
    getFormat(value);
    return true;
  } catch {
    return false; // a RangeError means that the zone is unknown
  }
}

/** Returns the offset of a zone from UTC at a moment, in milliseconds. */
export function getZoneOffset(moment: number, timeZone: string): number {
  const [, sign, hours, minutes, seconds = 0] = OFFSET.exec(getFormat(timeZone).format(moment)) ?? [];
  if (sign === undefined) return 0; // `Intl` formats UTC without an offset
  return Number(`${sign}1`) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

/**
 * Returns the first moment at which clocks in the time zone show the local time `wall`. `wall` states the local time as if it were in UTC.
 * If a clock change skips the local time, returns a moment after the gap.
 */
export function toInstant(wall: number, timeZone: string): number {
  const [before, after] = [getZoneOffset(wall - DAY_MS, timeZone), getZoneOffset(wall + DAY_MS, timeZone)];
  const moments = [before, after].filter((offset) => getZoneOffset(wall - offset, timeZone) === offset);
  return wall - (moments.length > 0 ? Math.max(...moments) : before);
}

function getFormat(timeZone: string): Intl.DateTimeFormat {
  const name = timeZone.toLowerCase(); // names ignore case, so other spellings must not fill the memory
  const known = FORMATS.get(name);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  FORMATS.set(name, format);
  return format;
}
