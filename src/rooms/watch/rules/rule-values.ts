import { z } from 'zod';
import { nearestName } from '../../../audit/nest-free.js';
import { isTimeZone } from '../../../monitoring/read/query/query-times.js';
import { LEVELS, type WorkingHours, isMap, MOST_COUNTED, orNearest, type Level, type Rule } from './rule.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LONGEST_MS = 400 * 86_400_000;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const HOURS_FORM =
  "must have the form { from: '07:00', to: '19:00', days: [mon, tue, wed, thu, fri], time-zone: Europe/Berlin }";
const KINDS: Readonly<Record<string, string>> = { string: 'a text', boolean: 'true or false' };

/** Describes the problem of a value whose schema has no message. */
export function problemOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_value')
    return `must be one of ${issue.values.join(', ')}, not ${JSON.stringify(issue.input)}`;
  const kind = issue.code === 'invalid_type' ? KINDS[issue.expected] : undefined;
  return `must be ${kind ?? 'a map of keys and values'}`;
}

/** Makes a schema for a map that allows only the keys of `shape`. */
export function mapOf<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.looseObject(shape).superRefine((given, context) => {
    for (const key of Object.keys(given).filter((each) => !known.includes(each))) {
      const nearest = nearestName(key, known);
      const hint = nearest === undefined ? `the keys here are ${known.join(', ')}` : `did you mean ${nearest}?`;
      context.addIssue({ code: 'custom', path: [key], message: `is not supported (${hint})` });
    }
  });
}

export const TEXT = z.string().refine((text) => text.trim() !== '' && text.length <= 4_096, 'must be a text');

export const TEXTS = z.preprocess(
  (given) => (typeof given === 'string' ? [given] : given),
  z.array(z.string(), { error: ({ input }) => (input === undefined ? undefined : 'must be a list of texts') }),
);

export const LEVEL = z.enum(LEVELS);

/** A duration such as `90s`, `5m`, `12h` or `30d`, at most 400 days. The result is in milliseconds. */
export const TIMESPAN = z.unknown().transform((given, context) => {
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhdw])$/.exec(String(given)) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (ms <= LONGEST_MS) return ms;
  context.addIssue('must be a duration such as 90s, 5m, 12h or 30d, at most 400d');
  return z.NEVER;
});

const TIME = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** Working hours. The default days are Monday to Friday, and the default time zone is UTC. */
export const HOURS = z.unknown().transform((given, context): WorkingHours => {
  const { success, data } = z
    .strictObject({
      ...{ from: TIME, to: TIME, days: z.array(z.enum(DAYS)).min(1).default(DAYS.slice(0, 5)) },
      'time-zone': z.string().refine(isTimeZone).default('UTC'),
    })
    .refine(({ from, to }) => from < to)
    .safeParse(given);
  if (success) {
    const { from, to, days, 'time-zone': timeZone } = data;
    return { from, to, days: days.map((day) => DAYS.indexOf(day) + 1), timeZone };
  }
  context.addIssue(HOURS_FORM);
  return z.NEVER;
});

/** The changes that the option `tune` makes to a rule. */
export interface RuleTuning {
  /** The count that a rule needs: 2 to 10,000. */
  readonly threshold?: number;
  /** The time span of a correlation, such as `15m`. */
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
  if (timespan !== undefined) {
    if (made.kind === 'correlation') made = { ...made, timespanMs: timespan };
    else report(['timespan'], 'the rule is about single events');
  }
  if (hours !== undefined) {
    if (made.kind === 'event' && made.outsideHours) made = { ...made, outsideHours: hours };
    else report(['hours'], 'the rule has no working hours');
  }
  return made;
}
