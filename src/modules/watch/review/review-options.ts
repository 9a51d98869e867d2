import { InvalidOptionsError } from '../../../audit/plain.js';
import { isTimeZone } from '../../monitoring/query/overview/time-zone.js';

/** Opens a review of each day, which somebody signs off. */
export interface ReviewOptions {
  /** Whose days they are: a name of the IANA list, such as `Europe/Berlin`. @defaultValue 'UTC' */
  readonly timeZone?: string;
  /** The hour at which the review of the day before is opened, in that time zone: 0 to 23. @defaultValue 6 */
  readonly hour?: number;
  /** A day that nobody has signed off so many days after its end raises an alert: 1 to 365. @defaultValue 3 */
  readonly alertAfterDays?: number;
  /** Whether nobody may sign off a day in which they acted in what is to be reviewed. @defaultValue false */
  readonly fourEyes?: boolean;
  /** How many events are drawn as a sample: 1 to 200. @defaultValue 25 */
  readonly sampleSize?: number;
}

const OPTION_NAMES: Readonly<Record<keyof ReviewOptions, true>> = {
  timeZone: true,
  hour: true,
  alertAfterDays: true,
  fourEyes: true,
  sampleSize: true,
};

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveReview(given: unknown, problems: string[]): Required<ReviewOptions> | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push('review must be an object, such as {}');
    return undefined;
  }
  const options = given as ReviewOptions; // checked field by field
  problems.push(...InvalidOptionsError.unknownOptions(options, OPTION_NAMES).map((problem) => `review.${problem}`));
  const { timeZone = 'UTC', hour = 6, alertAfterDays = 3, fourEyes = false, sampleSize = 25 } = options;
  if (!isTimeZone(timeZone)) {
    problems.push(`review.timeZone is ${String(timeZone)}, not a time zone such as Europe/Berlin`);
  }
  checkNumber('hour', hour, [0, 23], problems);
  checkNumber('alertAfterDays', alertAfterDays, [1, 365], problems);
  checkNumber('sampleSize', sampleSize, [1, 200], problems);
  if (typeof fourEyes !== 'boolean') problems.push('review.fourEyes is neither true nor false');
  return { timeZone, hour, alertAfterDays, fourEyes, sampleSize };
}

function checkNumber(name: string, value: number, [least, most]: readonly [number, number], problems: string[]): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  problems.push(`review.${name} is ${String(value)}, not a whole number from ${least} to ${most}`);
}
