/** The last millisecond that RFC 3339 can express. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/**
 * Reads the clock, in whole milliseconds since 1970. A clock that is set before 1970, or is not a number, reads as 0: the event loses its
 * time, but is recorded.
 */
export function clockMs(): number {
  const now = Math.trunc(Date.now());
  return now > 0 ? Math.min(now, LAST_MS) : 0;
}
