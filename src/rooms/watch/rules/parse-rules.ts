import { z } from 'zod';
import { parseCondition, parseSelection } from './parse-detection.js';
import { problemOfValue } from './rule-field.js';
import {
  CORRELATIONS,
  MOST_COUNTED,
  type CorrelationRule,
  type EventRule,
  type Rule,
  type UnparsedRule,
} from './rule.js';
import { HOURS, LEVEL, mapOf, problemOf, TEXT, TEXTS, TIMESPAN } from './rule-values.js';

/** Parses rules. Each problem names the file and the line of the rule. {@link linkRules} checks references between rules. */
export function parseRules(given: readonly UnparsedRule[]): {
  readonly rules: readonly Rule[];
  readonly problems: readonly string[];
} {
  const rules = given.flatMap((each) => parseRule(each) ?? []);
  return { rules, problems: given.flatMap(({ problems }) => problems) };
}

function parseRule(document: UnparsedRule): Rule | undefined {
  const { value } = document;
  if (!value) return undefined;
  const schema = 'correlation' in value ? CORRELATION_RULE : EVENT_RULE;
  const { data, error } = schema.safeParse(value, { error: problemOf });
  for (const { path, message } of error?.issues ?? []) document.problem(path as string[], message); // YAML has no symbols
  return data && { ...data, source: document.sourceOf([]) };
}

const DAY_MS = 86_400_000;
const MOST_FIELDS = 5;
const UNREAD = [
  'status',
  'author',
  'date',
  'modified',
  'references',
  'falsepositives',
  'fields',
  'license',
  'logsource',
];

const FACTS = {
  title: TEXT,
  id: TEXT.exactOptional(),
  name: TEXT.exactOptional(),
  description: TEXT.exactOptional(),
  level: LEVEL.default('medium'),
  tags: TEXTS.default([]),
  ...Object.fromEntries(UNREAD.map((key) => [key, z.unknown().optional()])),
};
const LEDGER = {
  'repeat-after': TIMESPAN.default(DAY_MS),
  'across-tenants': z.boolean().default(false),
  enabled: z.boolean().default(true),
  alert: z.boolean().optional(),
};
const FIELDS = TEXTS.default([]).refine((all) => all.length <= MOST_FIELDS, `must have at most ${MOST_FIELDS} fields`);

const DETECTION = z.record(z.string(), z.unknown()).transform((given, context) => {
  const { condition: text, ...named } = given;
  const selections = new Map(
    Object.entries(named).map(([name, selection]) => [
      name,
      parseSelection(selection, (path, message) =>
        context.addIssue({ code: 'custom', path: [name, ...path], message }),
      ),
    ]),
  );
  const condition = typeof text === 'string' ? parseCondition(text, [...selections.keys()]) : 'must be a text';
  if (typeof condition !== 'string') return { selections, condition };
  context.addIssue({ code: 'custom', path: ['condition'], message: text === undefined ? 'is missing' : condition });
  return z.NEVER;
});

const EVENT_RULE = mapOf({
  ...FACTS,
  detection: DETECTION,
  'x-ledger': mapOf({
    ...LEDGER,
    'group-by': FIELDS,
    unless: z.unknown().optional(),
    'after-silence': z.unknown().optional(),
    'outside-hours': HOURS.optional(),
  }).prefault({}),
}).transform(({ detection, ...given }, context): Omit<EventRule, 'source'> => {
  const ledger = given['x-ledger'];
  const { 'outside-hours': outsideHours, 'group-by': groupBy } = ledger;
  for (const key of ['unless', 'after-silence'] as const) {
    if (ledger[key] !== undefined) refuseGone(given, ['x-ledger', key], `has "${key}", which rules`, context);
  }
  checkFields(groupBy, ['x-ledger', 'group-by'], context);
  return {
    kind: 'event',
    ...factsOf(given, context),
    ...detection,
    groupBy,
    ...(outsideHours && { outsideHours }),
  };
});

/** `lt` and `lte` are not supported, because a later event could still exceed the limit. */
const BOUNDS = { gt: z.number().exactOptional(), gte: z.number().exactOptional(), eq: z.number().exactOptional() };

function leastOf(
  { gt, gte, eq, field }: { gt?: number; gte?: number; eq?: number; field?: unknown },
  context: z.RefinementCtx,
) {
  const [least = 0, ...others] = [gt === undefined ? undefined : gt + 1, gte, eq].filter((each) => each !== undefined);
  if (others.length > 0 || !Number.isInteger(least) || least < 2 || least > MOST_COUNTED) {
    context.addIssue(`must have one of gte, gt and eq, for 2 to ${MOST_COUNTED} events`);
  }
  return { least, ...(typeof field === 'string' && { field }) };
}

const CORRELATION = {
  rules: TEXTS.refine((names) => names.length > 0, 'must name a rule'),
  'group-by': FIELDS,
  timespan: TIMESPAN,
  aliases: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  generate: z.boolean().default(false),
};

const CORRELATION_RULE = mapOf({
  ...FACTS,
  'x-ledger': mapOf(LEDGER).prefault({}),
  correlation: z.discriminatedUnion(
    'type',
    [
      mapOf({
        ...CORRELATION,
        type: z.enum(['temporal', 'temporal_ordered']),
        rules: TEXTS.refine((names) => names.length > 1, 'must name two rules'),
        condition: z.undefined('is not supported for this type: remove it').optional(),
      }),
      mapOf({ ...CORRELATION, type: z.literal('event_count'), condition: mapOf(BOUNDS).transform(leastOf) }),
      mapOf({
        ...CORRELATION,
        type: z.literal('value_count'),
        condition: mapOf({ ...BOUNDS, field: z.string('must name the field whose values are counted') }).transform(
          leastOf,
        ),
      }),
    ],
    `must be one of ${CORRELATIONS.join(', ')}`,
  ),
}).transform(({ correlation, ...given }, context): Omit<CorrelationRule, 'source'> => {
  const { type, rules, 'group-by': groupBy, timespan: timespanMs, condition, aliases, generate } = correlation;
  const counted = condition ?? { least: 2 };
  if (!condition && rules.length > 2) {
    refuseGone(given, ['correlation', 'rules'], `is ${type} of more than two rules, which the watch`, context);
  }
  const at = ['correlation', 'aliases'];
  for (const [alias, byRule] of Object.entries(aliases)) {
    for (const [rule, field] of Object.entries(byRule)) {
      checkFields([field], [...at, alias, rule], context);
      if (rules.includes(rule)) continue;
      const message = `is not one of the rules ${rules.join(', ')}`;
      context.addIssue({ code: 'custom', path: [...at, alias, rule], message });
    }
  }
  const isOfEvents = (field: string) => !Object.hasOwn(aliases, field);
  checkFields(groupBy.filter(isOfEvents), ['correlation', 'group-by'], context);
  checkFields([counted.field ?? []].flat().filter(isOfEvents), ['correlation', 'condition', 'field'], context);
  return {
    kind: 'correlation',
    ...factsOf(given, context),
    type,
    rules,
    groupBy,
    timespanMs,
    ...counted,
    generate,
    aliases,
  };
});

function refuseGone(
  { name = '' }: { readonly name?: string },
  path: string[],
  what: string,
  context: z.RefinementCtx,
): void {
  const message = `the rule ${name} ${what} cannot do: see docs/reference/watch-rules.md#what-a-rule-may-not-contain`;
  context.addIssue({ code: 'custom', path, message });
}

function checkFields(fields: readonly string[], path: string[], context: z.RefinementCtx): void {
  for (const field of fields) {
    const message = problemOfValue(field);
    if (message !== undefined) context.addIssue({ code: 'custom', path, message });
  }
}

type Facts = Pick<z.infer<z.ZodObject<typeof FACTS>>, 'title' | 'id' | 'name' | 'description' | 'level' | 'tags'> & {
  readonly 'x-ledger': z.infer<z.ZodObject<typeof LEDGER>>;
};

function factsOf(
  { title, id, name = id, description, level, tags, 'x-ledger': ledger }: Facts,
  context: z.RefinementCtx,
) {
  if (name === undefined) context.addIssue({ code: 'custom', path: ['name'], message: 'is missing' });
  return {
    ...{ name: name ?? '', title, level, tags, alerts: ledger.alert, enabled: ledger.enabled },
    ...(id !== undefined && { id }),
    ...(description !== undefined && { description }),
    acrossTenants: ledger['across-tenants'],
    repeatAfterMs: ledger['repeat-after'],
  };
}
