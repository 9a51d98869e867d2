import { momentOfWall, offsetAt } from '../../monitoring/query/overview/time-zone.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The day at a moment, in a time zone, such as `2026-11-20`. */
export function dayAt(moment: number, timeZone: string): string {
  return new Date(moment + offsetAt(moment, timeZone)).toISOString().slice(0, 10);
}

/** The day that is so many days after another. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** When a day begins in a time zone, in milliseconds since 1970. */
export function beginningOf(day: string, timeZone: string): number {
  return momentOfWall(Date.parse(day), timeZone);
}

/** The last day whose review is due at a moment: the day before, from the hour of the option on. */
export function lastDayDue(moment: number, { timeZone, hour }: { timeZone: string; hour: number }): string {
  const today = dayAt(moment, timeZone);
  const opensAt = momentOfWall(Date.parse(today) + hour * HOUR_MS, timeZone);
  return dayAfter(today, moment >= opensAt ? -1 : -2);
}
