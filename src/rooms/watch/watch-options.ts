import { linkRules, type LinkedRule } from './rules/link-rules.js';
import { parseRules } from './rules/parse-rules.js';
import { isMap, isTexts } from './rules/rule.js';
import { tuneRules, unknownRules, type RuleTuning } from './rules/tune-rules.js';
import { SHIPPED_RULES } from './shipped/shipped-rules.generated.js';
import { problemsOfNumber, problemsOfSwitch } from '../../monitoring/store/connections/option-problems.js';
import { isTimeZone } from '../../monitoring/read/query/overview/time-zone.js';
import { unknownOptions } from '../../audit/plain.js';

/** The options of `WatchModule`. */
export interface WatchOptions {
  /** Files of rules (`.yml`, `.yaml`), or folders with such files. Default: only the shipped rules. */
  readonly rules?: readonly string[];
  /** Whether the shipped rules run. @defaultValue true */
  readonly shipped?: boolean;
  /** The names of rules that run although they are disabled by default. */
  readonly enable?: readonly string[];
  /** The names of rules that do not run. */
  readonly disable?: readonly string[];
  /** Changed thresholds, timespans and levels by rule name: `{ brute_force: { threshold: 20, timespan: '15m', level: 'medium' } }`. */
  readonly tune?: Readonly<Record<string, RuleTuning>>;
  /**
   * Returns the country of an IP address, such as `DE`, from your location database; `undefined` if the country is unknown. Rules call this function
   * synchronously for log-ins. Default: the country in `metadata.country`.
   */
  readonly country?: (ip: string) => string | undefined;
  /** Opens daily reviews, which somebody signs off. `{}` uses all defaults. Set the same options in every instance. Default: no reviews. */
  readonly review?: ReviewOptions;
}

/** The options of daily reviews. */
export interface ReviewOptions {
  /** The time zone of the days: an IANA name, such as `Europe/Berlin`. @defaultValue 'UTC' */
  readonly timeZone?: string;
  /** The hour at which the review of the previous day opens, in the time zone of `timeZone`: 0 to 23. @defaultValue 6 */
  readonly hour?: number;
  /** After how many days a day without a sign-off raises an alert: 1 to 365. @defaultValue 3 */
  readonly alertAfterDays?: number;
  /** Whether reviewers may not sign off a day if its review includes their own actions. @defaultValue false */
  readonly fourEyes?: boolean;
}

/** {@link WatchOptions} with the selected rules. */
export interface ResolvedWatch {
  readonly rules: readonly LinkedRule[];
  readonly countryOf: WatchOptions['country'];
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
  tune: true,
  country: true,
  review: true,
};

const REVIEW_NAMES: Readonly<Record<keyof ReviewOptions, true>> = {
  timeZone: true,
  hour: true,
  alertAfterDays: true,
  fourEyes: true,
};

/** Reads the rules of the options, and adds problems to `problems`. A problem of a rule names the rule's file and line. */
export async function resolveWatch(options: WatchOptions, problems: string[]): Promise<ResolvedWatch> {
  const { rules: paths = [], shipped = true, enable = [], disable = [], tune = {}, country } = options;
  const review = resolveReview(options.review, problems);
  problems.push(...unknownOptions(options, OPTION_NAMES));
  problems.push(...problemsOfSwitch('shipped', shipped));
  if (country !== undefined && typeof country !== 'function') problems.push('country is not a function');
  const lists = { rules: paths, enable, disable };
  const wrong = Object.entries(lists).filter(([, list]) => !isTexts(list));
  for (const [name] of wrong) problems.push(`${name} must be a list of texts`);
  if (wrong.length > 0) return { rules: [], countryOf: country, review };
  const unread: string[] = [];
  const own = paths.length > 0 ? (await import('./rules/read-rule-files.js')).readRuleFiles(paths, unread) : []; // loads the YAML parser
  const parsed = parseRules([...(shipped ? SHIPPED_RULES : []), ...own]);
  problems.push(...unread.map((problem) => `rules: ${problem}`));
  problems.push(...parsed.problems.map((problem) => `rules: ${problem}`));
  const names = parsed.rules.map(({ name }) => name);
  problems.push(...unknownRules('enable', enable, names), ...unknownRules('disable', disable, names));
  const linked = linkRules(tuneRules(parsed.rules, tune, problems), enable, disable);
  problems.push(...linked.problems.map((problem) => `rules: ${problem}`));
  return { rules: linked.rules, countryOf: country, review };
}

function resolveReview(given: unknown, problems: string[]): Required<ReviewOptions> | undefined {
  if (given === undefined) return undefined;
  if (!isMap(given)) {
    problems.push('review must be an object, such as {}');
    return undefined;
  }
  const options = given as ReviewOptions; // checked field by field
  const { timeZone = 'UTC', hour = 6, alertAfterDays = 3, fourEyes = false } = options;
  const own = [
    ...unknownOptions(options, REVIEW_NAMES),
    ...(isTimeZone(timeZone) ? [] : [`timeZone is ${String(timeZone)}, not a time zone such as Europe/Berlin`]),
    ...problemsOfNumber('hour', hour, [0, 23]),
    ...problemsOfNumber('alertAfterDays', alertAfterDays, [1, 365]),
    ...problemsOfSwitch('fourEyes', fourEyes),
  ];
  problems.push(...own.map((problem) => `review.${problem}`));
  return { timeZone, hour, alertAfterDays, fourEyes };
}
