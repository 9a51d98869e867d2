import { z } from 'zod';
import { parseCondition, parseSelection } from './parse-detection.js';
import { findValueProblem } from './rule-field.js';
import {
  isMap,
  MAX_THRESHOLD,
  type CountRule,
  type EventRule,
  type Rule,
  type SequenceRule,
  type UnparsedRule,
} from './rule.js';
import { LEVEL, strictMap, formatIssue, TEXT, TEXTS, TIMESPAN } from './rule-values.js';

/** Parses rules. Each problem names the file and the line of the rule. {@link linkRules} checks references between rules. */
export function parseRules(input: readonly UnparsedRule[]): {
  readonly rules: readonly Rule[];
  readonly problems: readonly string[];
} {
  const rules = input.flatMap((each) => parseRule(each) ?? []);
  return { rules, problems: input.flatMap(({ problems }) => problems) };
}

function parseRule(document: UnparsedRule): Rule | undefined {
  const { value } = document;
  if (!value) return undefined;
  const { correlation } = value;
  const isCount = isMap(correlation) && String(correlation.type).endsWith('_count');
  const schema = correlation === undefined ? EVENT_RULE : isCount ? COUNT_RULE : SEQUENCE_RULE;
  const { data, error } = schema.safeParse(value, { error: formatIssue });
  for (const { path, message } of error?.issues ?? []) document.problem(path as string[], message); // YAML has no symbols
  return data && { ...data, source: document.getSource([]) };
}

const DAY_MS = 86_400_000;
const CORRELATION_TYPES = ['event_count', 'value_count', 'temporal_ordered'];
const MAX_FIELDS = 5;
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
const LEDGER = { 'across-tenants': z.boolean().default(false), alert: z.boolean().optional() };
const REPEATED = { 'repeat-after': TIMESPAN.default(DAY_MS) };
const FIELDS = TEXTS.default([]).refine((all) => all.length <= MAX_FIELDS, `must have at most ${MAX_FIELDS} fields`);

const DETECTION = z.record(z.string(), z.unknown()).transform((input, context) => {
  const { condition: text, ...named } = input;
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

const EVENT_RULE = strictMap({
  ...FACTS,
  detection: DETECTION,
  'x-ledger': strictMap({ ...LEDGER, ...REPEATED, 'group-by': FIELDS }).prefault({}),
}).transform(({ detection, ...input }, context): Omit<EventRule, 'source'> => {
  const { 'group-by': groupBy, 'repeat-after': repeatAfterMs } = input['x-ledger'];
  checkFields(groupBy, ['x-ledger', 'group-by'], context);
  return { kind: 'event', ...parseFacts(input, context), ...detection, groupBy, repeatAfterMs };
});

/** `lt` and `lte` are not supported, because a later event could still exceed the limit. */
const BOUNDS = { gt: z.number().exactOptional(), gte: z.number().exactOptional(), eq: z.number().exactOptional() };

function parseThreshold(
  { gt, gte, eq, field }: { gt?: number; gte?: number; eq?: number; field?: unknown },
  context: z.RefinementCtx,
) {
  const bounds = [gt === undefined ? undefined : gt + 1, gte, eq].filter((each) => each !== undefined);
  const [threshold = 0, ...others] = bounds;
  if (others.length > 0 || !Number.isInteger(threshold) || threshold < 2 || threshold > MAX_THRESHOLD) {
    context.addIssue(`must have one of gte, gt and eq, for 2 to ${MAX_THRESHOLD} events`);
  }
  return { threshold, ...(typeof field === 'string' && { field }) };
}

const CORRELATION = {
  'group-by': FIELDS,
  timespan: TIMESPAN,
  aliases: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  generate: z.boolean().default(false),
};
const COUNTED = TEXTS.refine((names) => names.length > 0, 'must name a rule');

const COUNT_RULE = strictMap({
  ...FACTS,
  'x-ledger': strictMap(LEDGER).prefault({}),
  correlation: z.discriminatedUnion('type', [
    strictMap({
      ...CORRELATION,
      type: z.literal('event_count'),
      rules: COUNTED,
      condition: strictMap(BOUNDS).transform(parseThreshold),
    }),
    strictMap({
      ...CORRELATION,
      type: z.literal('value_count'),
      rules: COUNTED,
      condition: strictMap({ ...BOUNDS, field: z.string('must name the field whose values are counted') }).transform(
        parseThreshold,
      ),
    }),
  ]),
}).transform(({ correlation, ...input }, context): Omit<CountRule, 'source'> => {
  const { condition } = correlation;
  const { field } = condition;
  const isAlias = (name: string): boolean => Object.hasOwn(correlation.aliases, name);
  if (field !== undefined && !isAlias(field)) checkFields([field], ['correlation', 'condition', 'field'], context);
  return { kind: 'count', ...parseFacts(input, context), ...parseCorrelation(correlation, context), ...condition };
});

const SEQUENCE_RULE = strictMap({
  ...FACTS,
  'x-ledger': strictMap({ ...LEDGER, ...REPEATED }).prefault({}),
  correlation: strictMap({
    ...CORRELATION,
    type: z.literal('temporal_ordered', `must be one of ${CORRELATION_TYPES.join(', ')}`),
    rules: TEXTS.refine(
      (names) => names.length === 2,
      'must name two rules: the one that matches first, then the other',
    ),
    condition: z.undefined('is not supported for this type: remove it').optional(),
  }),
}).transform(({ correlation, ...input }, context): Omit<SequenceRule, 'source'> => ({
  ...{ kind: 'sequence', ...parseFacts(input, context), ...parseCorrelation(correlation, context) },
  repeatAfterMs: input['x-ledger']['repeat-after'],
}));

type Given = z.infer<z.ZodObject<typeof CORRELATION>> & { readonly rules: readonly string[] };

function parseCorrelation(
  { rules, 'group-by': groupBy, timespan: timespanMs, aliases, generate }: Given,
  context: z.RefinementCtx,
) {
  const at = ['correlation', 'aliases'];
  for (const [alias, byRule] of Object.entries(aliases)) {
    for (const [rule, field] of Object.entries(byRule)) {
      checkFields([field], [...at, alias, rule], context);
      if (rules.includes(rule)) continue;
      const message = `is not one of the rules ${rules.join(', ')}`;
      context.addIssue({ code: 'custom', path: [...at, alias, rule], message });
    }
  }
  const unaliased = groupBy.filter((field) => !Object.hasOwn(aliases, field));
  checkFields(unaliased, ['correlation', 'group-by'], context);
  return { rules, groupBy, timespanMs, aliases, generate };
}

function checkFields(fields: readonly string[], path: string[], context: z.RefinementCtx): void {
  for (const field of fields) {
    const message = findValueProblem(field);
    if (message !== undefined) context.addIssue({ code: 'custom', path, message });
  }
}

type Facts = Pick<z.infer<z.ZodObject<typeof FACTS>>, 'title' | 'id' | 'name' | 'description' | 'level' | 'tags'> & {
  readonly 'x-ledger': z.infer<z.ZodObject<typeof LEDGER>>;
};

function parseFacts(
  { title, id, name = id, description, level, tags, 'x-ledger': ledger }: Facts,
  context: z.RefinementCtx,
) {
  if (name === undefined) context.addIssue({ code: 'custom', path: ['name'], message: 'is missing' });
  return {
    ...{ name: name ?? '', title, level, tags, alerts: ledger.alert, acrossTenants: ledger['across-tenants'] },
    ...(id !== undefined && { id }),
    ...(description !== undefined && { description }),
  };
}
