import { toInstant, getZoneOffset } from '../../../monitoring/read/query/query-times.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Steps of at most one hour are counted from midnight in the time zone. Longer steps follow the zone's calendar. */
const STEPS = {
  '1s': fixedStep(SECOND_MS),
  '5s': fixedStep(5 * SECOND_MS),
  '15s': fixedStep(15 * SECOND_MS),
  '1m': fixedStep(MINUTE_MS),
  '5m': fixedStep(5 * MINUTE_MS),
  '15m': fixedStep(15 * MINUTE_MS),
  '30m': fixedStep(30 * MINUTE_MS),
  '1h': fixedStep(HOUR_MS),
  '3h': hourStep(3),
  '6h': hourStep(6),
  '12h': hourStep(12),
  '1d': hourStep(24),
  '1w': hourStep(7 * 24, 4 * 24), // weeks begin on Monday, and 1 January 1970 was a Thursday
  '1mo': monthStep(1),
  '3mo': monthStep(3),
  '1y': monthStep(12),
} as const;

/** The name of a step's length. Weeks begin on Monday. */
export type StepName = keyof typeof STEPS;

/** A range of time, divided into steps. The range may cut off parts of the first and the last step. */
export interface TimeSteps {
  readonly step: StepName;
  /** The starts of the steps in milliseconds since 1970, in ascending order. The first start is the start of the range. */
  readonly starts: readonly number[];
}

/**
 * Divides a range into at most `max` steps and chooses the shortest possible step. Returns `undefined` if even steps of a year are too
 * many.
 */
export function chooseSteps(from: number, to: number, max: number, timeZone: string): TimeSteps | undefined {
  for (const [step, { aboutMs, listStarts }] of Object.entries(STEPS)) {
    if ((to - from) / aboutMs > 2 * max + 1) continue; // this step is certainly too short
    const starts = listStarts(from, to, timeZone);
    if (starts.length <= max) return { step: step as StepName, starts }; // a key of STEPS
  }
  return undefined;
}

interface Step {
  readonly aboutMs: number;
  readonly listStarts: (from: number, to: number, timeZone: string) => readonly number[];
}

function fixedStep(lengthMs: number): Step {
  const listStarts: Step['listStarts'] = (from, to, timeZone) => {
    const offset = getZoneOffset(from, timeZone);
    const starts = [from];
    const first = Math.floor((from + offset) / lengthMs + 1) * lengthMs - offset;
    for (let at = first; at < to; at += lengthMs) starts.push(at);
    return starts;
  };
  return { aboutMs: lengthMs, listStarts };
}

/** @param after the start of any one step, in hours since the start of 1970 */
function hourStep(count: number, after = 0): Step {
  const [lengthMs, afterMs] = [count * HOUR_MS, after * HOUR_MS];
  const getStart = (wall: Date, nth: number): number =>
    (Math.floor((wall.getTime() - afterMs) / lengthMs) + nth) * lengthMs + afterMs;
  return { aboutMs: lengthMs, listStarts: calendarStep(getStart) };
}

function monthStep(count: number): Step {
  const getStart = (wall: Date, nth: number): number =>
    Date.UTC(wall.getUTCFullYear(), (Math.floor(wall.getUTCMonth() / count) + nth) * count);
  return { aboutMs: count * 28 * DAY_MS, listStarts: calendarStep(getStart) };
}

/** @param getStart returns the start of the nth step after the step that contains the local time `wall` */
function calendarStep(getStart: (wall: Date, nth: number) => number): Step['listStarts'] {
  return (from, to, timeZone) => {
    const wall = new Date(from + getZoneOffset(from, timeZone));
    const starts = [from];
    for (let nth = 1; ; nth += 1) {
      const at = toInstant(getStart(wall, nth), timeZone);
      if (at >= to) return starts;
      if (at > (starts.at(-1) ?? from)) starts.push(at);
    }
  };
}
