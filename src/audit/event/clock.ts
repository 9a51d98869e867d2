/** The last millisecond that RFC 3339 can name. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/**
 * Reads the clock, in whole milliseconds since 1970. A clock that is set before that, or to no number, costs the time of an event and never
 * the event: it reads as 0.
 */
export function clockMs(): number {
  const now = Math.trunc(Date.now());
  return now > 0 ? Math.min(now, LAST_MS) : 0;
}
