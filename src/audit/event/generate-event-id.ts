import { V7Generator } from 'uuidv7';

const generator = new V7Generator();

/**
 * Makes a UUIDv7, greater than all earlier ids of this process, unless the clock was set back by more than ten seconds.
 *
 * @param now the time of the id, in milliseconds since 1970
 */
export function generateEventId(now = getClockMs()): string {
  return generator.generateOrResetWithTs(now).toString();
}

/** The last millisecond that RFC 3339 can express. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/**
 * Reads the clock, in whole milliseconds since 1970. Returns 0 for a time before 1970 or for an invalid time, so that the event is
 * recorded, although without its time.
 */
export function getClockMs(): number {
  const now = Math.trunc(Date.now());
  return now > 0 ? Math.min(now, LAST_MS) : 0;
}
