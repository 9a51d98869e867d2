import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage, InvalidOptionsError, nearestName } from '../../../audit/plain.js';
import { linkRules, namedBy, type LinkedRule } from './rules/link-rules.js';
import { isMap } from './rules/is-map.js';
import { parseRules, type RuleFile } from './rules/parse-rules.js';
import type { Rule } from './rules/rule.js';
import { SHIPPED_RULES } from './shipped/shipped-rules.generated.js';

/** Watches the ledger by rules, and raises alerts. */
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
}

/** What the room of rules sees of the options. */
export interface WatchSlice {
  /** `undefined`: the ledger is not watched. */
  readonly watch: readonly LinkedRule[] | undefined;
  readonly canaries: boolean;
}

/** The injection token of {@link WatchSlice}. */
export const WATCH_OPTIONS = Symbol.for('nestjs-audit-ledger:watch-options');

const OPTION_NAMES: Readonly<Record<keyof WatchOptions, true>> = {
  rules: true,
  shipped: true,
  enable: true,
  disable: true,
  canaries: true,
};

/** Whether canaries are recorded. */
export function resolveCanaries(options: WatchOptions | undefined, problems: string[]): boolean {
  const { canaries = false } = isMap(options) ? options : {};
  if (typeof canaries === 'boolean') return canaries;
  problems.push('watch.canaries is neither true nor false');
  return false;
}

/** Reads the rules of the options. What is wrong with them goes to `problems`, with its file and line. */
export function resolveWatch(options: WatchOptions | undefined, problems: string[]): WatchSlice['watch'] {
  if (options === undefined) return undefined;
  const given: unknown = options; // plain JavaScript may give anything
  if (!isMap(given)) {
    problems.push('watch must be an object, such as {}');
    return undefined;
  }
  const { rules: paths = [], shipped = true, enable = [], disable = [] } = options;
  problems.push(...InvalidOptionsError.unknownOptions(options, OPTION_NAMES).map((problem) => `watch.${problem}`));
  if (typeof shipped !== 'boolean') problems.push('watch.shipped is neither true nor false');
  const lists = { rules: paths, enable, disable };
  const wrong = Object.entries(lists).filter(([, list]) => !isListOfTexts(list));
  for (const [name] of wrong) problems.push(`watch.${name} must be a list of texts`);
  if (wrong.length > 0) return undefined;
  const parsed = parseRules([...(shipped ? SHIPPED_RULES : []), ...readRuleFiles(paths, problems)]);
  problems.push(...parsed.problems.map((problem) => `watch: ${problem}`));
  for (const [option, names] of Object.entries({ enable, disable })) {
    problems.push(...unknownRules(`watch.${option}`, names, parsed.rules));
  }
  const linked = linkRules(chosen(parsed.rules, enable, disable));
  problems.push(...linked.problems.map((problem) => `watch: ${problem}`));
  return linked.rules;
}

/** The files at the paths, and in the folders there, in the order of their names. */
function readRuleFiles(paths: readonly string[], problems: string[]): readonly RuleFile[] {
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [{ name: path, text: readFileSync(path, 'utf8') }];
      const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
      if (names.length === 0) problems.push(`watch.rules: the folder ${path} has no file .yml`);
      return names.toSorted().map((name) => ({ name: join(path, name), text: readFileSync(join(path, name), 'utf8') }));
    } catch (error) {
      problems.push(`watch.rules: ${path} cannot be read (${errorMessage(error)})`);
      return [];
    }
  });
}

/** The rules that run, and those that they refer to. */
function chosen(rules: readonly Rule[], enable: readonly string[], disable: readonly string[]): readonly Rule[] {
  const runs = rules.filter(({ name, enabled }) => (enabled || enable.includes(name)) && !disable.includes(name));
  const wanted = new Set(runs);
  for (const rule of wanted) {
    // The loop over a set also visits what is added to it meanwhile.
    for (const each of rules) {
      if (namedBy(rule).includes(each.name) || (each.id !== undefined && namedBy(rule).includes(each.id)))
        wanted.add(each);
    }
  }
  return rules
    .filter((rule) => wanted.has(rule))
    .map((rule) => (runs.includes(rule) ? rule : { ...rule, alerts: false }));
}

function unknownRules(option: string, names: readonly string[], rules: readonly Rule[]): readonly string[] {
  const known = rules.map(({ name }) => name);
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${option} names the unknown rule ${name}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
    });
}

function isListOfTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((each) => typeof each === 'string');
}
