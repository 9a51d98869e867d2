import { fieldIn, orNearest, type CorrelationRule, type EventRule, type Rule } from './rule.js';

interface Linked<Of extends Rule> {
  readonly rule: Of;
  readonly alerts: boolean;
  /** The fields whose values each match of the rule must contain. */
  readonly fields: readonly string[];
}

export type LinkedEventRule = Linked<EventRule>;

export interface LinkedCorrelation extends Linked<CorrelationRule> {
  /** The rules whose matches count, in the order of the rule. */
  readonly parts: readonly LinkedRule[];
}

export type LinkedRule = LinkedEventRule | LinkedCorrelation;

export function isCorrelation(linked: LinkedRule): linked is LinkedCorrelation {
  return linked.rule.kind === 'correlation';
}

export function isEventRule(linked: LinkedRule): linked is LinkedEventRule {
  return linked.rule.kind === 'event';
}

/** Each rule comes after the rules that it refers to. The list is empty if problems exist. */
interface LinkedRules {
  readonly rules: readonly LinkedRule[];
  readonly problems: readonly string[];
}

/**
 * Links the rules that run. Other rules that a running rule refers to are also linked, but raise no alerts. A rule that only serves other
 * rules is left out if none of these rules runs: otherwise, it would raise alerts itself.
 */
export function linkRules(
  rules: readonly Rule[],
  enable: readonly string[] = [],
  disable: readonly string[] = [],
): LinkedRules {
  const runs = rules.filter(({ name, enabled }) => (enabled || enable.includes(name)) && !disable.includes(name));
  return linkChosen(withNamed(rules, withoutIdleParts(rules, runs, enable)));
}

function withoutIdleParts(rules: readonly Rule[], runs: readonly Rule[], enable: readonly string[]): readonly Rule[] {
  const isNamedBy = (others: readonly Rule[], { name, id }: Rule): boolean =>
    others.some((other) => namedBy(other).some((reference) => reference === name || reference === id));
  const busy = runs.filter(
    (rule) => rule.alerts === true || enable.includes(rule.name) || !isNamedBy(rules, rule) || isNamedBy(runs, rule),
  );
  return busy.length === runs.length ? runs : withoutIdleParts(rules, busy, enable);
}

function withNamed(rules: readonly Rule[], runs: readonly Rule[]): readonly Rule[] {
  const wanted = new Map(runs.map((rule) => [rule.name, rule]));
  for (const rule of wanted.values()) {
    // A loop over a map also visits entries that the loop adds.
    for (const each of rules) {
      const isNamed = namedBy(rule).some((name) => name === each.name || name === each.id);
      if (isNamed && !wanted.has(each.name)) wanted.set(each.name, { ...each, alerts: false });
    }
  }
  return rules.flatMap(({ name, source }) => {
    const rule = wanted.get(name);
    return rule ? [{ ...rule, source }] : [];
  });
}

function linkChosen(given: readonly Rule[]): LinkedRules {
  const problems: string[] = [];
  const byName = new Map<string, Rule>();
  for (const rule of given) {
    const other = byName.get(rule.name);
    if (other) problems.push(`${rule.source}: another rule has the name ${rule.name}, at ${other.source}`);
    else byName.set(rule.name, rule);
  }
  const byReference = new Map([...byName.values()].flatMap((rule) => referencesOf(rule).map((name) => [name, rule])));
  const ordered: Rule[] = [];
  const open = new Set<Rule>();
  const visit = (rule: Rule): void => {
    if (ordered.includes(rule)) return;
    if (open.has(rule)) {
      problems.push(
        `${rule.source}: ${rule.name} refers to itself, through ${[...open].map(({ name }) => name).join(', ')}`,
      );
      return;
    }
    open.add(rule);
    for (const name of namedBy(rule)) {
      const named = byReference.get(name);
      if (named) visit(named);
      else {
        const meant = orNearest(name, [...byName.keys()]);
        problems.push(`${rule.source}: ${rule.name} refers to the unknown rule ${meant}`);
      }
    }
    open.delete(rule);
    ordered.push(rule);
  };
  for (const rule of byName.values()) visit(rule);
  if (problems.length > 0) return { rules: [], problems };
  const whole = ordered.map((rule) => withNames(rule, byReference));
  problems.push(...whole.flatMap((rule) => fieldProblems(rule, whole)));
  return { rules: problems.length > 0 ? [] : link(whole), problems };
}

function referencesOf({ name, id }: Rule): readonly string[] {
  return id === undefined ? [name] : [name, id];
}

function namedBy(rule: Rule): readonly string[] {
  return rule.kind === 'correlation' ? rule.rules : [];
}

function withNames(rule: Rule, byReference: ReadonlyMap<string, Rule>): Rule {
  const nameOf = (reference: string): string => byReference.get(reference)?.name ?? reference;
  if (rule.kind === 'event') return rule;
  const aliases = Object.entries(rule.aliases).map(([alias, byRule]) => [
    alias,
    Object.fromEntries(Object.entries(byRule).map(([reference, field]) => [nameOf(reference), field])),
  ]);
  return { ...rule, rules: rule.rules.map(nameOf), aliases: Object.fromEntries(aliases) as CorrelationRule['aliases'] };
}

/** A correlation's matches have only the fields of the correlation's `group-by`. */
function fieldProblems(rule: Rule, all: readonly Rule[]): readonly string[] {
  if (rule.kind === 'event') return [];
  return rule.rules.flatMap((name) => {
    const named = all.find((each) => each.name === name);
    if (named?.kind !== 'correlation') return [];
    return neededFields(rule)
      .map((field) => fieldIn(rule, field, name))
      .filter((field) => !named.groupBy.includes(field))
      .map((field) => `${rule.source}: ${rule.name} needs ${field} of ${name}, whose group-by lacks this field`);
  });
}

function neededFields(rule: CorrelationRule): readonly string[] {
  return rule.field !== undefined ? [...rule.groupBy, rule.field] : rule.groupBy;
}

/** @param rules each rule after the rules that it refers to */
function link(rules: readonly Rule[]): readonly LinkedRule[] {
  const fields = new Map<string, Set<string>>(rules.map(({ name, groupBy }) => [name, new Set(groupBy)]));
  const correlations = rules.filter((rule) => rule.kind === 'correlation');
  for (const rule of correlations.toReversed()) {
    for (const name of rule.rules) {
      for (const field of neededFields(rule)) fields.get(name)?.add(fieldIn(rule, field, name));
    }
  }
  const linked = new Map<string, LinkedRule>();
  for (const rule of rules) {
    const served = correlations.filter((other) => other.rules.includes(rule.name));
    const facts = {
      alerts: rule.alerts ?? (served.length === 0 || served.some(({ generate }) => generate)),
      fields: [...(fields.get(rule.name) ?? [])].toSorted(),
    };
    const parts = namedBy(rule).flatMap((name) => linked.get(name) ?? []);
    linked.set(rule.name, rule.kind === 'correlation' ? { rule, parts, ...facts } : { rule, ...facts });
  }
  return [...linked.values()];
}
