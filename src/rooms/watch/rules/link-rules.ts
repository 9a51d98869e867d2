import { fieldIn, orNearest, type CorrelationRule, type Rule } from './rule.js';

export interface LinkedRule {
  readonly rule: Rule;
  readonly alerts: boolean;
  readonly servedRules: readonly CorrelationRule[];
  /** The fields whose values each match of the rule must contain. */
  readonly fields: readonly string[];
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
  if (rule.kind === 'correlation') return rule.rules;
  return rule.unless ? [rule.unless.rule] : [];
}

function withNames(rule: Rule, byReference: ReadonlyMap<string, Rule>): Rule {
  const nameOf = (reference: string): string => byReference.get(reference)?.name ?? reference;
  if (rule.kind === 'event') {
    return rule.unless ? { ...rule, unless: { ...rule.unless, rule: nameOf(rule.unless.rule) } } : rule;
  }
  const aliases = Object.entries(rule.aliases).map(([alias, byRule]) => [
    alias,
    Object.fromEntries(Object.entries(byRule).map(([reference, field]) => [nameOf(reference), field])),
  ]);
  return { ...rule, rules: rule.rules.map(nameOf), aliases: Object.fromEntries(aliases) as CorrelationRule['aliases'] };
}

/** A correlation's matches have only the fields of the correlation's `group-by`. */
function fieldProblems(rule: Rule, all: readonly Rule[]): readonly string[] {
  const needs = neededFields(rule);
  return namedBy(rule).flatMap((name) => {
    const named = all.find((each) => each.name === name);
    if (named?.kind === 'event' && named.unless) {
      return [
        `${rule.source}: ${rule.name} refers to ${name}, which has "unless": other rules cannot refer to such a rule`,
      ];
    }
    if (named?.kind !== 'correlation') return [];
    if (rule.kind === 'event') {
      return [
        `${rule.source}: ${rule.name} refers to the correlation ${name} in "unless", which needs a rule about single events`,
      ];
    }
    return needs
      .map((field) => fieldIn(rule, field, name))
      .filter((field) => !named.groupBy.includes(field))
      .map((field) => `${rule.source}: ${rule.name} needs ${field} of ${name}, whose group-by lacks this field`);
  });
}

function neededFields(rule: Rule): readonly string[] {
  return rule.kind === 'correlation' && rule.field !== undefined ? [...rule.groupBy, rule.field] : rule.groupBy;
}

function link(rules: readonly Rule[]): readonly LinkedRule[] {
  const fields = new Map<string, Set<string>>(rules.map(({ name, groupBy }) => [name, new Set(groupBy)]));
  for (const rule of rules.toReversed()) {
    for (const name of namedBy(rule)) {
      for (const field of neededFields(rule)) {
        fields.get(name)?.add(rule.kind === 'correlation' ? fieldIn(rule, field, name) : field);
      }
    }
  }
  return rules.map((rule) => {
    const servedRules = rules.filter(
      (other): other is CorrelationRule => other.kind === 'correlation' && other.rules.includes(rule.name),
    );
    const isOnlyServing = rules.some((other) => namedBy(other).includes(rule.name));
    return {
      rule,
      alerts: rule.alerts ?? (!isOnlyServing || servedRules.some(({ generate }) => generate)),
      servedRules,
      fields: [...(fields.get(rule.name) ?? [])].toSorted(),
    };
  });
}
