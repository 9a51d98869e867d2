const MILLISECONDS = Array.from({ length: 1_000 }, (_, each) => `${String(each).padStart(3, '0')}Z`);

let second = Number.NaN;
let untilSecond = '';

/**
 * Formats a time like `Date.toISOString`. Remembers the last second: events come one after another, and formatting a date takes a tenth of
 * an event's time.
 *
 * @throws RangeError for an invalid date
 */
export function isoTime(time: Date): string {
  const milliseconds = time.getTime();
  const whole = Math.floor(milliseconds / 1_000);
  if (whole !== second) {
    untilSecond = time.toISOString().slice(0, -4);
    second = whole;
  }
  return untilSecond + (MILLISECONDS[milliseconds - whole * 1_000] ?? '');
}
