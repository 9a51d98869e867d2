import { z } from 'zod';
import { HOURS, LEVEL, mapOf, problemOf, TIMESPAN } from './rule-values.js';
import { isMap, MOST_COUNTED, orNearest, type Level, type Rule } from './rule.js';

/** What of a rule an option changes. */
export interface RuleTuning {
  /** Of a rule that counts: how many, from 2 to 10,000. */
  readonly threshold?: number;
  /** Such as `15m`: within which time it counts, by when something has to follow, or for how long nothing happened. */
  readonly timespan?: string;
  /** How bad its alerts are. */
  readonly level?: Level;
  /** Such as `1d`: for how long the same alert is not raised again. */
  readonly repeatAfter?: string;
  /** Of a rule with `outside-hours`: the working hours, with the keys `from`, `to`, `days` and `time-zone`. */
  readonly hours?: Readonly<Record<string, unknown>>;
}

const THRESHOLD_FORM = `must be a whole number from 2 to ${MOST_COUNTED}`;

/** Applies an option to the rules, and adds problems to `problems`. */
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
      : tuned(rule, tuning, (path, says) => problems.push(`${['tune', rule.name, ...path].join('.')}: ${says}`));
  });
}

/** A problem for each name that no rule has. */
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

function tuned(rule: Rule, tuning: unknown, tell: (path: readonly PropertyKey[], says: string) => void): Rule {
  const { data, error } = TUNING.safeParse(tuning, { error: problemOf });
  for (const { path, message } of error?.issues ?? []) tell(path, message);
  const { threshold, timespan, level, repeatAfter, hours } = data ?? {};
  let made: Rule = {
    ...rule,
    ...(level !== undefined && { level }),
    ...(repeatAfter !== undefined && { repeatAfterMs: repeatAfter }),
  };
  if (threshold !== undefined) {
    if (made.kind === 'correlation' && !made.type.startsWith('temporal')) made = { ...made, least: threshold };
    else tell(['threshold'], 'the rule counts nothing');
  }
  if (timespan !== undefined) made = withTimespan(made, timespan, tell);
  if (hours !== undefined) {
    if (made.kind === 'event' && made.outsideHours) made = { ...made, outsideHours: hours };
    else tell(['hours'], 'the rule has no working hours');
  }
  return made;
}

function withTimespan(rule: Rule, ms: number, tell: Parameters<typeof tuned>[2]): Rule {
  if (rule.kind === 'correlation') return { ...rule, timespanMs: ms };
  if (rule.unless) return { ...rule, unless: { ...rule.unless, withinMs: ms } };
  if (rule.afterSilenceMs !== undefined) return { ...rule, afterSilenceMs: ms };
  tell(['timespan'], 'the rule is about single events');
  return rule;
}
