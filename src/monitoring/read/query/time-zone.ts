const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Offsets have seconds only before the zone introduced standard time. */
const OFFSET = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/;

/** Whether the value is an IANA time zone, or an offset that the runtime supports. */
export function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 64) return false;
  try {
    formatOf(value);
    return true;
  } catch {
    return false; // a RangeError means that the zone is unknown
  }
}

/** Returns the offset of a zone from UTC at a moment, in milliseconds. */
export function offsetAt(moment: number, timeZone: string): number {
  const [, sign, hours, minutes, seconds = 0] = OFFSET.exec(formatOf(timeZone).format(moment)) ?? [];
  if (sign === undefined) return 0; // `Intl` formats UTC without an offset
  return Number(`${sign}1`) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

/**
 * Returns the first moment at which clocks in the time zone show the local time `wall`. `wall` states the local time as if it were in UTC.
 * If a clock change skips the local time, returns a moment after the gap.
 */
export function momentOfWall(wall: number, timeZone: string): number {
  const [before, after] = [offsetAt(wall - DAY_MS, timeZone), offsetAt(wall + DAY_MS, timeZone)];
  const moments = [before, after].filter((offset) => offsetAt(wall - offset, timeZone) === offset);
  return wall - (moments.length > 0 ? Math.max(...moments) : before);
}

const DAY_MS = 86_400_000;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const name = timeZone.toLowerCase(); // names ignore case, so other spellings must not fill the memory
  const known = FORMATS.get(name);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  FORMATS.set(name, format);
  return format;
}
