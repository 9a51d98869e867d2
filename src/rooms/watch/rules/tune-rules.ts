import { z } from 'zod';
import { HOURS, LEVEL, mapOf, problemOf, TIMESPAN } from './rule-values.js';
import { isMap, MOST_COUNTED, orNearest, type Level, type Rule } from './rule.js';

/** The changes that the option `tune` makes to a rule. */
export interface RuleTuning {
  /** The count that a rule needs: 2 to 10,000. */
  readonly threshold?: number;
  /** The time span of a correlation, of `unless`, or of `after-silence`, such as `15m`. */
  readonly timespan?: string;
  /** The level of the rule's alerts. */
  readonly level?: Level;
  /** The time before the same alert can be raised again, such as `1d`. */
  readonly repeatAfter?: string;
  /** The working hours of a rule with `outside-hours`, with the keys `from`, `to`, `days` and `time-zone`. */
  readonly hours?: Readonly<Record<string, unknown>>;
}

const THRESHOLD_FORM = `must be a whole number from 2 to ${MOST_COUNTED}`;

/** Applies the option `tune` to the rules, and adds problems to `problems`. */
export function tuneRules(rules: readonly Rule[], tune: unknown, problems: string[]): readonly Rule[] {
  if (!isMap(tune)) {
    problems.push("tune must be an object, such as { brute_force: { threshold: 20, timespan: '15m' } }");
    return rules;
  }
  problems.push(
    ...unknownRules(
      'tune',
      Object.keys(tune),
      rules.map(({ name }) => name),
    ),
  );
  return rules.map((rule) => {
    const tuning = tune[rule.name];
    return tuning === undefined
      ? rule
      : tuned(rule, tuning, (path, text) => problems.push(`${['tune', rule.name, ...path].join('.')}: ${text}`));
  });
}

export function unknownRules(option: string, names: readonly string[], known: readonly string[]): readonly string[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => `${option} names the unknown rule ${orNearest(name, known)}`);
}

const TUNING = mapOf({
  threshold: z.int(THRESHOLD_FORM).min(2, THRESHOLD_FORM).max(MOST_COUNTED, THRESHOLD_FORM).optional(),
  timespan: TIMESPAN.optional(),
  level: LEVEL.optional(),
  repeatAfter: TIMESPAN.optional(),
  hours: HOURS.optional(),
});

function tuned(rule: Rule, tuning: unknown, report: (path: readonly PropertyKey[], problem: string) => void): Rule {
  const { data, error } = TUNING.safeParse(tuning, { error: problemOf });
  for (const { path, message } of error?.issues ?? []) report(path, message);
  const { threshold, timespan, level, repeatAfter, hours } = data ?? {};
  let made: Rule = {
    ...rule,
    ...(level !== undefined && { level }),
    ...(repeatAfter !== undefined && { repeatAfterMs: repeatAfter }),
  };
  if (threshold !== undefined) {
    if (made.kind === 'correlation' && !made.type.startsWith('temporal')) made = { ...made, least: threshold };
    else report(['threshold'], 'the rule counts nothing');
  }
  if (timespan !== undefined) made = withTimespan(made, timespan, report);
  if (hours !== undefined) {
    if (made.kind === 'event' && made.outsideHours) made = { ...made, outsideHours: hours };
    else report(['hours'], 'the rule has no working hours');
  }
  return made;
}

function withTimespan(rule: Rule, ms: number, report: Parameters<typeof tuned>[2]): Rule {
  if (rule.kind === 'correlation') return { ...rule, timespanMs: ms };
  if (rule.unless) return { ...rule, unless: { ...rule.unless, withinMs: ms } };
  if (rule.afterSilenceMs !== undefined) return { ...rule, afterSilenceMs: ms };
  report(['timespan'], 'the rule is about single events');
  return rule;
}
