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
  const nameOf = new Map(rules.map(({ id, name }) => [id ?? name, name]));
  const all = rules.map((rule) => withNames(rule, (reference) => nameOf.get(reference) ?? reference));
  const runs = all.filter(({ name, enabled }) => (enabled || enable.includes(name)) && !disable.includes(name));
  return linkChosen(withNamed(all, withoutIdleParts(all, runs, enable)));
}

/** Rules may also refer to each other by Sigma's `id`. */
function withNames(rule: Rule, nameOf: (reference: string) => string): Rule {
  if (rule.kind === 'event') return rule;
  const aliases = Object.entries(rule.aliases).map(([alias, byRule]) => [
    alias,
    Object.fromEntries(Object.entries(byRule).map(([reference, field]) => [nameOf(reference), field])),
  ]);
  return { ...rule, rules: rule.rules.map(nameOf), aliases: Object.fromEntries(aliases) as CorrelationRule['aliases'] };
}

function namedBy(rule: Rule): readonly string[] {
  return rule.kind === 'correlation' ? rule.rules : [];
}

function withoutIdleParts(rules: readonly Rule[], runs: readonly Rule[], enable: readonly string[]): readonly Rule[] {
  const isNamedBy = (others: readonly Rule[], { name }: Rule): boolean =>
    others.some((other) => namedBy(other).includes(name));
  const busy = runs.filter(
    (rule) => rule.alerts === true || enable.includes(rule.name) || !isNamedBy(rules, rule) || isNamedBy(runs, rule),
  );
  return busy.length === runs.length ? runs : withoutIdleParts(rules, busy, enable);
}

function withNamed(rules: readonly Rule[], runs: readonly Rule[]): readonly Rule[] {
  const running = new Set(runs.map(({ name }) => name));
  const wanted = new Set(running);
  // A loop over a set also visits what the loop adds.
  for (const name of wanted) {
    for (const rule of rules) if (rule.name === name) namedBy(rule).forEach((part) => wanted.add(part));
  }
  return rules
    .filter(({ name }) => wanted.has(name))
    .map((rule) => (running.has(rule.name) ? rule : { ...rule, alerts: false }));
}

function linkChosen(rules: readonly Rule[]): LinkedRules {
  const problems: string[] = [];
  const byName = new Map<string, Rule>();
  for (const rule of rules) {
    const other = byName.get(rule.name);
    if (other) problems.push(`${rule.source}: another rule has the name ${rule.name}, at ${other.source}`);
    else byName.set(rule.name, rule);
  }
  const ordered = new Set<Rule>();
  const open = new Set<Rule>();
  const visit = (rule: Rule): void => {
    if (ordered.has(rule)) return;
    if (open.has(rule)) {
      const through = [...open].map(({ name }) => name).join(', ');
      problems.push(`${rule.source}: ${rule.name} refers to itself, through ${through}`);
      return;
    }
    open.add(rule);
    for (const name of namedBy(rule)) {
      const named = byName.get(name);
      if (named) visit(named);
      else {
        problems.push(`${rule.source}: ${rule.name} refers to the unknown rule ${orNearest(name, [...byName.keys()])}`);
      }
    }
    open.delete(rule);
    ordered.add(rule);
  };
  for (const rule of byName.values()) visit(rule);
  if (problems.length === 0) problems.push(...[...ordered].flatMap((rule) => fieldProblems(rule, [...ordered])));
  return { rules: problems.length > 0 ? [] : link([...ordered]), problems };
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
