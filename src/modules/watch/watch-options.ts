import { InvalidOptionsError } from '../../audit/plain.js';
import { linkRules, type LinkedRule } from './rules/link-rules.js';
import { parseRules } from './rules/parse-rules.js';
import { readRuleFiles } from './rules/read-rule-files.js';
import { isMap, isTexts } from './rules/rule.js';
import { tuneRules, unknownRules, type RuleTuning } from './rules/tune-rules.js';
import { SHIPPED_RULES } from './shipped/shipped-rules.generated.js';
import { isTimeZone } from '../monitoring/query/overview/time-zone.js';

/** The options of `WatchModule`. */
export interface WatchOptions {
  /** Files of rules (`.yml`, `.yaml`), or folders of them. Default: the shipped rules alone. */
  readonly rules?: readonly string[];
  /** Whether the shipped rules run. @defaultValue true */
  readonly shipped?: boolean;
  /** Rules to run that are off, by name. */
  readonly enable?: readonly string[];
  /** Rules not to run, by name. */
  readonly disable?: readonly string[];
  /**
   * Whether an event of each type that a rule or a clause needs is recorded daily, marked by the resource type `audit_canary`; one that does not arrive
   * raises an alert.
   * @defaultValue false
   */
  readonly canaries?: boolean;
  /** Other thresholds, timespans and levels, by the names of rules: `{ brute_force: { threshold: 20, timespan: '15m', level: 'medium' } }`. */
  readonly tune?: Readonly<Record<string, RuleTuning>>;
  /**
   * Returns the country of an IP address, as `DE`, from your location database; `undefined` where it is not known. It is called for log-ins, and
   * must not wait. Default: the country that the application recorded as `metadata.country`.
   */
  readonly country?: (ip: string) => string | undefined;
  /** Opens a review of each day, which somebody signs off. `{}` suffices. Give every instance the same. Default: none is opened. */
  readonly review?: ReviewOptions;
}

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

/** {@link WatchOptions} with the rules that they select. */
export interface ResolvedWatch {
  readonly rules: readonly LinkedRule[];
  readonly countryOf: WatchOptions['country'];
  /** Whether canaries are recorded. */
  readonly canaries: boolean;
  /** `undefined` if no reviews are opened. */
  readonly review: Required<ReviewOptions> | undefined;
}

/** The injection token of {@link ResolvedWatch}. */
export const WATCH_OPTIONS = Symbol.for('nestjs-audit-ledger:watch-options');

const OPTION_NAMES: Readonly<Record<keyof WatchOptions, true>> = {
  rules: true,
  shipped: true,
  enable: true,
  disable: true,
  canaries: true,
  tune: true,
  country: true,
  review: true,
};

const REVIEW_NAMES: Readonly<Record<keyof ReviewOptions, true>> = {
  timeZone: true,
  hour: true,
  alertAfterDays: true,
  fourEyes: true,
  sampleSize: true,
};

/** Reads the rules of the options, and adds problems to `problems`, with their file and line. */
export function resolveWatch(options: WatchOptions, problems: string[]): ResolvedWatch {
  const {
    rules: paths = [],
    shipped = true,
    enable = [],
    disable = [],
    tune = {},
    country,
    canaries = false,
  } = options;
  const review = resolveReview(options.review, problems);
  problems.push(...InvalidOptionsError.unknownOptions(options, OPTION_NAMES));
  if (typeof canaries !== 'boolean') problems.push('canaries is neither true nor false');
  if (typeof shipped !== 'boolean') problems.push('shipped is neither true nor false');
  if (country !== undefined && typeof country !== 'function') problems.push('country is not a function');
  const lists = { rules: paths, enable, disable };
  const wrong = Object.entries(lists).filter(([, list]) => !isTexts(list));
  for (const [name] of wrong) problems.push(`${name} must be a list of texts`);
  if (wrong.length > 0) return { rules: [], countryOf: country, canaries, review };
  const unread: string[] = [];
  const parsed = parseRules([...(shipped ? SHIPPED_RULES : []), ...readRuleFiles(paths, unread)]);
  problems.push(...unread.map((problem) => `rules: ${problem}`));
  problems.push(...parsed.problems.map((problem) => `rules: ${problem}`));
  const names = parsed.rules.map(({ name }) => name);
  problems.push(...unknownRules('enable', enable, names), ...unknownRules('disable', disable, names));
  const linked = linkRules(tuneRules(parsed.rules, tune, problems), enable, disable);
  problems.push(...linked.problems.map((problem) => `rules: ${problem}`));
  return { rules: linked.rules, countryOf: country, canaries, review };
}

/** Fills in the defaults, and adds problems to `problems`. */
function resolveReview(given: unknown, problems: string[]): Required<ReviewOptions> | undefined {
  if (given === undefined) return undefined;
  if (!isMap(given)) {
    problems.push('review must be an object, such as {}');
    return undefined;
  }
  const options = given as ReviewOptions; // checked field by field
  problems.push(...InvalidOptionsError.unknownOptions(options, REVIEW_NAMES).map((problem) => `review.${problem}`));
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
