import { listOption, optionsSchema, parseOptions, BOOLEAN, type RawOptions } from '../../audit/option-schemas.js';
import { linkRules, type LinkedRule } from './rules/link-rules.js';
import { parseRules } from './rules/parse-rules.js';
import { suggestName } from './rules/rule.js';
import { SHIPPED_RULES } from './shipped-rules/shipped-rules.generated.js';

const OPTIONS = {
  /**
   * Files of rules (`.yml`, `.yaml`), or folders with such files. A rule with the name of a shipped rule replaces the shipped one. Default:
   * only the shipped rules. Set this when you detect misuse of your own operations, such as many refunds by one clerk.
   */
  rules: listOption('must be a list of texts').optional(),
  /**
   * Whether the shipped rules run. Set this when your SIEM already has rules for log-ins and rights, and only your own rules should run
   * (`false`).
   */
  shipped: BOOLEAN.default(true),
  /** The names of rules that raise no alerts. Set this when a rule fits your business badly, such as one for exports in a reporting tool. */
  disable: listOption('must be a list of texts').optional(),
};

/** The options of `AlertsModule`. */
export interface AlertsOptions extends RawOptions<typeof OPTIONS> {}

/** The rules that raise alerts. */
export interface ResolvedAlerts {
  readonly rules: readonly LinkedRule[];
}

/** The injection token of {@link ResolvedAlerts}. */
export const ALERTS_OPTIONS = Symbol.for('nestjs-audit-ledger:alerts-options');

/** Reads the rules of the options, and adds problems to `problems`. A problem of a rule names the rule's file and line. */
export async function resolveAlerts(options: AlertsOptions, problems: string[]): Promise<ResolvedAlerts> {
  const parsedOptions = parseOptions(optionsSchema(OPTIONS), options, problems);
  if (!parsedOptions) return { rules: [] };
  const { rules: paths = [], shipped, disable = [] } = parsedOptions;
  const unread: string[] = [];
  const documents = paths.length > 0 ? (await import('./rules/rule-document.js')).readRuleFiles(paths, unread) : []; // loads the YAML parser
  const own = parseRules(documents);
  const ownNames = new Set(own.rules.map(({ name }) => name));
  const others = parseRules(shipped ? SHIPPED_RULES : []).rules.filter(({ name }) => !ownNames.has(name));
  const rules = [...others, ...own.rules];
  const names = rules.map(({ name }) => name);
  const unknown = disable.filter((name) => !names.includes(name));
  const linked = linkRules(rules, disable);
  problems.push(...[...unread, ...own.problems, ...linked.problems].map((problem) => `rules: ${problem}`));
  problems.push(...unknown.map((name) => `disable names the unknown rule ${suggestName(name, names)}`));
  return { rules: linked.rules };
}
