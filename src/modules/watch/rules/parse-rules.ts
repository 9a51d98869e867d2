import { HOURS_FORM, parseHours } from './parse-hours.js';
import { parseCondition } from './parse-condition.js';
import { parseSelection } from './parse-selection.js';
import { RuleDocument } from './rule-document.js';
import { RuleReader, type Given } from './rule-reader.js';
import {
  CORRELATIONS,
  LEVELS,
  MOST_COUNTED,
  type Condition,
  type CorrelationRule,
  type EventRule,
  type Rule,
  type Selection,
} from './rule.js';

/** A file of rules: YAML, one rule or several, each a document of its own. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

/** Keys of Sigma that do not affect matching, beside those that are read. */
const TOLD = ['status', 'author', 'date', 'modified', 'references', 'falsepositives', 'fields', 'license', 'logsource'];
const KEYS = ['title', 'id', 'name', 'description', 'level', 'tags', 'x-ledger', ...TOLD];
const CORRELATION_KEYS = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate'];
const COMMON_LEDGER_KEYS = ['repeat-after', 'across-tenants', 'enabled', 'alert'];
const EVENT_LEDGER_KEYS = ['group-by', 'unless', 'after-silence', 'outside-hours', ...COMMON_LEDGER_KEYS];
const DAY_MS = 86_400_000;

/** Parses the rules of files. Each problem names its file and line. It does not check whether rules fit together. */
export function parseRules(files: readonly RuleFile[]): {
  readonly rules: readonly Rule[];
  readonly problems: readonly string[];
} {
  const documents = files.flatMap(({ name, text }) => RuleDocument.allOf(text, name));
  const rules = documents.flatMap((document) => new RuleParser(document).parse() ?? []);
  return { rules, problems: documents.flatMap(({ problems }) => problems) };
}

class RuleParser extends RuleReader {
  /** `undefined` if it has problems. */
  parse(): Rule | undefined {
    const given = this.document.value;
    if (!given) return undefined;
    const isCorrelation = 'correlation' in given;
    this.knowsOnly([], given, [...KEYS, isCorrelation ? 'correlation' : 'detection']);
    const rule = isCorrelation ? this.correlation(given) : this.event(given);
    return this.document.problems.length > 0 ? undefined : rule;
  }

  private event(given: Given): EventRule {
    const ledger = this.map(['x-ledger'], given['x-ledger'] ?? {});
    this.knowsOnly(['x-ledger'], ledger, EVENT_LEDGER_KEYS);
    const detection = this.map(['detection'], given.detection);
    const selections = new Map<string, Selection>();
    for (const [name, selection] of Object.entries(detection)) {
      if (name === 'condition') continue;
      const here = ['detection', name];
      selections.set(
        name,
        parseSelection(selection, ({ at, says }) => this.document.problem([...here, ...at], says)),
      );
    }
    const { unless, 'after-silence': silence, 'outside-hours': hours } = ledger;
    const afterSilenceMs = silence === undefined ? undefined : this.timespan(['x-ledger', 'after-silence'], silence);
    const outsideHours = hours === undefined ? undefined : parseHours(hours);
    if (hours !== undefined && !outsideHours) this.document.problem(['x-ledger', 'outside-hours'], HOURS_FORM);
    return {
      kind: 'event',
      ...this.facts(given, ledger, this.fields(['x-ledger', 'group-by'], ledger['group-by'] ?? [])),
      selections,
      condition: this.condition(detection.condition, [...selections.keys()]),
      ...(unless !== undefined && { unless: this.unless(unless) }),
      ...(afterSilenceMs !== undefined && { afterSilenceMs }),
      ...(outsideHours && { outsideHours }),
    };
  }

  private correlation(given: Given): CorrelationRule {
    const ledger = this.map(['x-ledger'], given['x-ledger'] ?? {});
    this.knowsOnly(['x-ledger'], ledger, COMMON_LEDGER_KEYS);
    const correlation = this.map(['correlation'], given.correlation);
    this.knowsOnly(['correlation'], correlation, CORRELATION_KEYS);
    const type = this.word(['correlation', 'type'], correlation.type, CORRELATIONS) ?? 'event_count';
    const rules = this.texts(['correlation', 'rules'], correlation.rules);
    if (rules.length === 0) this.document.problem(['correlation', 'rules'], 'must name a rule');
    const isTemporal = type === 'temporal' || type === 'temporal_ordered';
    if (isTemporal && rules.length < 2) this.document.problem(['correlation', 'rules'], 'must name two rules or more');
    const groupBy = this.fields(['correlation', 'group-by'], correlation['group-by'] ?? []);
    const { least, field } = isTemporal
      ? this.noCondition(correlation.condition, rules.length)
      : this.threshold(correlation.condition, type === 'value_count');
    return {
      kind: 'correlation',
      ...this.facts(given, ledger, groupBy),
      type,
      rules,
      timespanMs: this.timespan(['correlation', 'timespan'], correlation.timespan) ?? 0,
      least,
      ...(field !== undefined && { field }),
      generate: this.flag(['correlation', 'generate'], correlation.generate ?? false),
      aliases: this.aliases(correlation.aliases ?? {}, rules),
    };
  }

  private facts(
    given: Given,
    ledger: Given,
    groupBy: readonly string[],
  ): Omit<EventRule, 'kind' | 'selections' | 'condition'> {
    const name = this.text(['name'], given.name ?? given.id) ?? '';
    const id = given.id === undefined ? undefined : this.text(['id'], given.id);
    const description = given.description === undefined ? undefined : this.text(['description'], given.description);
    return {
      name,
      ...(id !== undefined && { id }),
      title: this.text(['title'], given.title) ?? '',
      ...(description !== undefined && { description }),
      level: this.word(['level'], given.level ?? 'medium', LEVELS) ?? 'medium',
      tags: this.texts(['tags'], given.tags ?? []),
      source: this.document.placeOf([]),
      alerts: ledger.alert === undefined ? undefined : this.flag(['x-ledger', 'alert'], ledger.alert),
      enabled: this.flag(['x-ledger', 'enabled'], ledger.enabled ?? true),
      groupBy,
      acrossTenants: this.flag(['x-ledger', 'across-tenants'], ledger['across-tenants'] ?? false),
      repeatAfterMs:
        ledger['repeat-after'] === undefined
          ? DAY_MS
          : (this.timespan(['x-ledger', 'repeat-after'], ledger['repeat-after']) ?? DAY_MS),
    };
  }

  private unless(given: unknown): NonNullable<EventRule['unless']> {
    const unless = this.map(['x-ledger', 'unless'], given);
    this.knowsOnly(['x-ledger', 'unless'], unless, ['rule', 'within']);
    const rule = this.text(['x-ledger', 'unless', 'rule'], unless.rule) ?? '';
    return { rule, withinMs: this.timespan(['x-ledger', 'unless', 'within'], unless.within) ?? 0 };
  }

  private condition(given: unknown, names: readonly string[]): Condition {
    const nothing: Condition = { is: 'selection', name: '' };
    const text = this.text(['detection', 'condition'], given);
    if (text === undefined) return nothing;
    const condition = parseCondition(text, names);
    if (typeof condition !== 'string') return condition;
    this.document.problem(['detection', 'condition'], condition);
    return nothing;
  }

  /** Parses Sigma's `gt`, `gte` and `eq`, which mean a count that is reached. `lt` and `lte` cannot be decided when an event arrives. */
  private threshold(given: unknown, hasField: boolean): Pick<CorrelationRule, 'least' | 'field'> {
    const here = ['correlation', 'condition'];
    const condition = this.map(here, given);
    const known = hasField ? ['gt', 'gte', 'eq', 'field'] : ['gt', 'gte', 'eq'];
    this.knowsOnly(here, condition, known);
    const bounds = (['gt', 'gte', 'eq'] as const).filter((sign) => condition[sign] !== undefined);
    const [sign] = bounds;
    const bound = sign && condition[sign];
    const least = Number(bound) + (sign === 'gt' ? 1 : 0);
    const isKnown = Object.keys(condition).every((key) => known.includes(key));
    if (isKnown && (bounds.length !== 1 || !Number.isInteger(least) || least < 2 || least > MOST_COUNTED)) {
      this.document.problem(here, `must have one of gte, gt and eq, for 2 to ${MOST_COUNTED} events`);
    }
    if (!hasField) return { least };
    const [field] = this.fields([...here, 'field'], condition.field === undefined ? [] : [condition.field].flat());
    if (field === undefined) this.document.problem([...here, 'field'], 'must name the field whose values are counted');
    return { least, ...(field !== undefined && { field }) };
  }

  private noCondition(given: unknown, least: number): Pick<CorrelationRule, 'least' | 'field'> {
    if (given !== undefined) this.document.problem(['correlation', 'condition'], 'has no meaning here: leave it out');
    return { least };
  }

  private aliases(given: unknown, rules: readonly string[]): CorrelationRule['aliases'] {
    const here = ['correlation', 'aliases'];
    const aliases = this.map(here, given);
    return Object.fromEntries(
      Object.entries(aliases).map(([alias, byRule]) => {
        const names = this.map([...here, alias], byRule);
        const fields = Object.entries(names).map(([rule, field]): [string, string] => {
          if (!rules.includes(rule))
            this.document.problem([...here, alias, rule], `is not one of the rules ${rules.join(', ')}`);
          return [rule, this.fields([...here, alias, rule], [field])[0] ?? ''];
        });
        return [alias, Object.fromEntries(fields)];
      }),
    );
  }
}
