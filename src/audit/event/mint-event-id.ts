import { V7Generator } from 'uuidv7';

const generator = new V7Generator();

/** Makes a UUIDv7: greater than all earlier ones of this process, unless its clock was set back by more than ten seconds. */
export function mintEventId(): string {
  return generator.generateOrResetWithTs(clockMs()).toString();
}

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
