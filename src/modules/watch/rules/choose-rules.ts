import { namedBy } from './link-rules.js';
import type { Rule } from './rule.js';

/**
 * Chooses the rules that run, and the rules that they refer to, which then raise no alerts. A rule that only serves others does not run if
 * none of these does: it would raise alerts of its own.
 */
export function chooseRules(
  rules: readonly Rule[],
  enable: readonly string[],
  disable: readonly string[],
): readonly Rule[] {
  const runs = rules.filter(({ name, enabled }) => (enabled || enable.includes(name)) && !disable.includes(name));
  return withNamed(rules, withoutIdleParts(rules, runs, enable));
}

/** Removes rules that only serve others if none of these runs, including parts of parts. */
function withoutIdleParts(rules: readonly Rule[], runs: readonly Rule[], enable: readonly string[]): readonly Rule[] {
  const isNamedBy = (others: readonly Rule[], { name, id }: Rule): boolean =>
    others.some((other) => namedBy(other).some((reference) => reference === name || reference === id));
  const busy = runs.filter(
    (rule) => rule.alerts === true || enable.includes(rule.name) || !isNamedBy(rules, rule) || isNamedBy(runs, rule),
  );
  return busy.length === runs.length ? runs : withoutIdleParts(rules, busy, enable);
}

/** Chooses one rule, and those that it refers to, which raise no alerts. */
export function chooseRule(rules: readonly Rule[], name: string): readonly Rule[] {
  return withNamed(
    rules,
    rules.filter((rule) => rule.name === name).map((rule) => ({ ...rule, alerts: true })),
  );
}

function withNamed(rules: readonly Rule[], runs: readonly Rule[]): readonly Rule[] {
  const wanted = new Map(runs.map((rule) => [rule.name, rule]));
  for (const rule of wanted.values()) {
    // The loop over a map also visits entries that are added meanwhile.
    for (const each of rules) {
      const isNamed = namedBy(rule).some((name) => name === each.name || name === each.id);
      if (isNamed && !wanted.has(each.name)) wanted.set(each.name, { ...each, alerts: false });
    }
  }
  return rules.flatMap(({ name }) => wanted.get(name) ?? []);
}
