import { z } from 'zod';
import { functionOf, listOf, optionsOf, parseOptions, SWITCH, type Given } from '../../audit/option-schemas.js';
import { linkRules, type LinkedRule } from './rules/link-rules.js';
import { parseRules } from './rules/parse-rules.js';
import { tuneRules, unknownRules, type RuleTuning } from './rules/rule-values.js';
import { SHIPPED_RULES } from './shipped-rules/shipped-rules.generated.js';

const OPTIONS = {
  /** Files of rules (`.yml`, `.yaml`), or folders with such files. Default: only the shipped rules. */
  rules: listOf('must be a list of texts').optional(),
  /** Whether the shipped rules run. */
  shipped: SWITCH.default(true),
  /** The names of rules that run although they are disabled by default. */
  enable: listOf('must be a list of texts').optional(),
  /** The names of rules that do not run. */
  disable: listOf('must be a list of texts').optional(),
  /** Changed thresholds, timespans and levels by rule name: `{ brute_force: { threshold: 20, timespan: '15m', level: 'medium' } }`. */
  tune: z.custom<Readonly<Record<string, RuleTuning>>>().optional(),
  /**
   * Returns the country of an IP address, such as `DE`, from your location database; `undefined` if the country is unknown. Rules call this function
   * synchronously for log-ins. Default: the country in `metadata.country`.
   */
  country: functionOf<(ip: string) => string | undefined>().optional(),
};

/** The options of `WatchModule`. */
export interface WatchOptions extends Given<typeof OPTIONS> {}

/** {@link WatchOptions} with the selected rules. */
export interface ResolvedWatch {
  readonly rules: readonly LinkedRule[];
  readonly countryOf: WatchOptions['country'];
}

/** The injection token of {@link ResolvedWatch}. */
export const WATCH_OPTIONS = Symbol.for('nestjs-audit-ledger:watch-options');

/** Reads the rules of the options, and adds problems to `problems`. A problem of a rule names the rule's file and line. */
export async function resolveWatch(options: WatchOptions, problems: string[]): Promise<ResolvedWatch> {
  const parsedOptions = parseOptions(optionsOf(OPTIONS), options, problems);
  if (!parsedOptions) return { rules: [], countryOf: undefined };
  const { rules: paths = [], shipped, enable = [], disable = [], tune = {}, country } = parsedOptions;
  const unread: string[] = [];
  const own = paths.length > 0 ? (await import('./rules/rule-document.js')).readRuleFiles(paths, unread) : []; // loads the YAML parser
  const parsed = parseRules([...(shipped ? SHIPPED_RULES : []), ...own]);
  problems.push(...unread.map((problem) => `rules: ${problem}`));
  problems.push(...parsed.problems.map((problem) => `rules: ${problem}`));
  const names = parsed.rules.map(({ name }) => name);
  problems.push(...unknownRules('enable', enable, names), ...unknownRules('disable', disable, names));
  const linked = linkRules(tuneRules(parsed.rules, tune, problems), enable, disable);
  problems.push(...linked.problems.map((problem) => `rules: ${problem}`));
  return { rules: linked.rules, countryOf: country };
}
