import { InvalidOptionsError } from '../../audit/plain.js';
import { resolveReview, type ReviewOptions } from './review/review-options.js';
import { chooseRules } from './rules/choose-rules.js';
import { linkRules, type LinkedRule } from './rules/link-rules.js';
import { parseRules } from './rules/parse-rules.js';
import { readRuleFiles } from './rules/read-rule-files.js';
import { tuneRules, unknownRules, type RuleTuning } from './rules/tune-rules.js';
import { SHIPPED_RULES } from './shipped/shipped-rules.generated.js';

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
  const wrong = Object.entries(lists).filter(([, list]) => !isListOfTexts(list));
  for (const [name] of wrong) problems.push(`${name} must be a list of texts`);
  if (wrong.length > 0) return { rules: [], countryOf: country, canaries, review };
  const unread: string[] = [];
  const parsed = parseRules([...(shipped ? SHIPPED_RULES : []), ...readRuleFiles(paths, unread)]);
  problems.push(...unread.map((problem) => `rules: ${problem}`));
  problems.push(...parsed.problems.map((problem) => `rules: ${problem}`));
  const names = parsed.rules.map(({ name }) => name);
  problems.push(...unknownRules('enable', enable, names), ...unknownRules('disable', disable, names));
  const linked = linkRules(chooseRules(tuneRules(parsed.rules, tune, problems), enable, disable));
  problems.push(...linked.problems.map((problem) => `rules: ${problem}`));
  return { rules: linked.rules, countryOf: country, canaries, review };
}

function isListOfTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((each) => typeof each === 'string');
}
