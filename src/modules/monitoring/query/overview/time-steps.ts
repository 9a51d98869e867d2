import { momentOfWall, offsetAt } from './time-zone.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Short steps of a fixed length, counted from the zone's midnight. */
const EVEN = {
  '1s': SECOND_MS,
  '5s': 5 * SECOND_MS,
  '15s': 15 * SECOND_MS,
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
} as const;

/** Long steps by the zone's calendar: the approximate length of each, and the start of the step that contains a wall time. */
const BY_CALENDAR = {
  '3h': hours(3),
  '6h': hours(6),
  '12h': hours(12),
  '1d': hours(24),
  '1w': hours(7 * 24, 4 * 24), // 1970 began on a Thursday
  '1mo': months(1),
  '3mo': months(3),
  '1y': months(12),
} as const;

/** The length of a step. Weeks begin on Monday. */
export type StepName = keyof typeof EVEN | keyof typeof BY_CALENDAR;

/** A range of time in steps; the first and the last step are cut at its ends. */
export interface TimeSteps {
  readonly step: StepName;
  /** The beginnings of the steps, ascending; the first is that of the range. In milliseconds. */
  readonly starts: readonly number[];
}

/** Chooses the shortest steps of which a range, in milliseconds, has at most `most`; `undefined` if even years are too many. */
export function stepsWithin(from: number, to: number, most: number, timeZone: string): TimeSteps | undefined {
  for (const [step, lengthMs] of Object.entries(EVEN)) {
    if ((to - from) / lengthMs > most) continue;
    const starts = evenStarts(from, to, lengthMs, timeZone);
    if (starts.length <= most) return { step: step as StepName, starts };
  }
  for (const [step, { aboutMs }] of Object.entries(BY_CALENDAR)) {
    if ((to - from) / aboutMs > 2 * most + 1) continue; // too many steps to try
    const starts = calendarStarts(from, to, step as keyof typeof BY_CALENDAR, timeZone);
    if (starts.length <= most) return { step: step as StepName, starts };
  }
  return undefined;
}

function evenStarts(from: number, to: number, lengthMs: number, timeZone: string): readonly number[] {
  const offset = offsetAt(from, timeZone);
  const starts = [from];
  for (let at = Math.floor((from + offset) / lengthMs) * lengthMs - offset + lengthMs; at < to; at += lengthMs)
    starts.push(at);
  return starts;
}

function calendarStarts(from: number, to: number, step: keyof typeof BY_CALENDAR, timeZone: string): readonly number[] {
  const { begin, next } = BY_CALENDAR[step];
  const starts = [from];
  let wall = begin(new Date(from + offsetAt(from, timeZone)));
  for (;;) {
    wall = next(wall);
    const at = momentOfWall(wall.getTime(), timeZone);
    if (at >= to) return starts;
    if (at > (starts.at(-1) ?? from)) starts.push(at);
  }
}

interface CalendarStep {
  readonly aboutMs: number;
  readonly begin: (wall: Date) => Date;
  readonly next: (wall: Date) => Date;
}

/** @param after how many hours after 1970 began one of the steps begins */
function hours(count: number, after = 0): CalendarStep {
  const [lengthMs, afterMs] = [count * HOUR_MS, after * HOUR_MS];
  return {
    aboutMs: lengthMs,
    begin: (wall) => new Date(Math.floor((wall.getTime() - afterMs) / lengthMs) * lengthMs + afterMs),
    next: (wall) => new Date(wall.getTime() + lengthMs),
  };
}

function months(count: number): CalendarStep {
  const monthOf = (wall: Date, more: number): Date =>
    new Date(Date.UTC(wall.getUTCFullYear(), Math.floor(wall.getUTCMonth() / count) * count + more));
  return {
    aboutMs: count * 28 * DAY_MS,
    begin: (wall) => monthOf(wall, 0),
    next: (wall) => monthOf(wall, count),
  };
}
