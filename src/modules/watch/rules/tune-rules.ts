import { nearestName } from '../../../audit/plain.js';
import { HOURS_FORM, parseHours } from './parse-hours.js';
import { parseTimespan } from './parse-timespan.js';
import { isMap, LEVELS, MOST_COUNTED, type Level, type Rule } from './rule.js';

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

const KEYS: Readonly<Record<keyof RuleTuning, true>> = {
  threshold: true,
  timespan: true,
  level: true,
  repeatAfter: true,
  hours: true,
};

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
      : tuned(rule, tuning, (key, says) => problems.push(`tune.${rule.name}${key}: ${says}`));
  });
}

/** A problem for each name that no rule has. */
export function unknownRules(option: string, names: readonly string[], known: readonly string[]): readonly string[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${option} names the unknown rule ${name}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
    });
}

function tuned(rule: Rule, tuning: unknown, tell: (key: string, says: string) => void): Rule {
  if (!isMap(tuning)) {
    tell('', `must be an object with some of ${Object.keys(KEYS).join(', ')}`);
    return rule;
  }
  for (const key of Object.keys(tuning).filter((each) => !Object.hasOwn(KEYS, each))) {
    const nearest = nearestName(key, Object.keys(KEYS));
    tell(
      `.${key}`,
      `is not known (${nearest === undefined ? `the keys are ${Object.keys(KEYS).join(', ')}` : `did you mean ${nearest}?`})`,
    );
  }
  const { threshold, timespan, level, repeatAfter, hours } = tuning;
  let made = rule;
  if (threshold !== undefined) made = withThreshold(made, threshold, tell);
  if (timespan !== undefined) made = withTimespan(made, timespan, tell);
  if (level !== undefined) {
    const known = LEVELS.find((each) => each === level);
    if (known === undefined) tell('.level', `must be one of ${LEVELS.join(', ')}, not ${JSON.stringify(level)}`);
    else made = { ...made, level: known };
  }
  if (repeatAfter !== undefined) {
    const repeatAfterMs = parseTimespan(repeatAfter);
    if (repeatAfterMs === undefined) tell('.repeatAfter', TIMESPAN_FORM);
    else made = { ...made, repeatAfterMs };
  }
  return hours === undefined ? made : withHours(made, hours, tell);
}

const TIMESPAN_FORM = 'must be a length of time such as 90s, 5m, 12h or 30d, at most 400d';

function withThreshold(rule: Rule, threshold: unknown, tell: (key: string, says: string) => void): Rule {
  if (rule.kind !== 'correlation' || rule.type.startsWith('temporal')) {
    tell('.threshold', 'the rule counts nothing');
    return rule;
  }
  if (typeof threshold === 'number' && Number.isInteger(threshold) && threshold >= 2 && threshold <= MOST_COUNTED) {
    return { ...rule, least: threshold };
  }
  tell('.threshold', `must be a whole number from 2 to ${MOST_COUNTED}`);
  return rule;
}

function withTimespan(rule: Rule, timespan: unknown, tell: (key: string, says: string) => void): Rule {
  const ms = parseTimespan(timespan);
  if (ms === undefined) tell('.timespan', TIMESPAN_FORM);
  else if (rule.kind === 'correlation') return { ...rule, timespanMs: ms };
  else if (rule.unless) return { ...rule, unless: { ...rule.unless, withinMs: ms } };
  else if (rule.afterSilenceMs !== undefined) return { ...rule, afterSilenceMs: ms };
  else tell('.timespan', 'the rule is about single events');
  return rule;
}

function withHours(rule: Rule, hours: unknown, tell: (key: string, says: string) => void): Rule {
  if (rule.kind !== 'event' || !rule.outsideHours) {
    tell('.hours', 'the rule has no working hours');
    return rule;
  }
  const outsideHours = parseHours(hours);
  if (!outsideHours) tell('.hours', HOURS_FORM);
  return outsideHours ? { ...rule, outsideHours } : rule;
}
