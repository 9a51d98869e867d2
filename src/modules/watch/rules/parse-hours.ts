import { isMap, type WorkingHours } from './rule.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** The form of {@link parseHours}, for a message. */
export const HOURS_FORM =
  "must be such as { from: '07:00', to: '19:00', days: [mon, tue, wed, thu, fri], time-zone: Europe/Berlin }";

/**
 * Parses the working hours of a rule or an option; `undefined` for anything else. Days are Monday to Friday and the time zone is UTC unless
 * they say otherwise.
 */
export function parseHours(given: unknown): WorkingHours | undefined {
  if (!isMap(given)) return undefined;
  const { from, to, days = DAYS.slice(0, 5), 'time-zone': timeZone = 'UTC', ...others } = given;
  const isWhole = typeof from === 'string' && typeof to === 'string' && TIME.test(from) && TIME.test(to) && from < to;
  if (!isWhole || !Array.isArray(days) || days.length === 0 || Object.keys(others).length > 0) return undefined;
  const numbers = days.map((day) => DAYS.indexOf(String(day)) + 1);
  if (numbers.includes(0) || typeof timeZone !== 'string' || !isTimeZone(timeZone)) return undefined;
  return { from, to, days: numbers, timeZone };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
