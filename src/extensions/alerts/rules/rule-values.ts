import { z } from 'zod';
import { findNearestName } from '../../../audit/nest-free.js';
import { LEVELS } from './rule.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const MAX_TIMESPAN_MS = 400 * 86_400_000;
const KINDS: Readonly<Record<string, string>> = { string: 'a text', boolean: 'true or false' };

/** Describes the problem of a value whose schema has no message. */
export function formatIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_value')
    return `must be one of ${issue.values.join(', ')}, not ${JSON.stringify(issue.input)}`;
  const kind = issue.code === 'invalid_type' ? KINDS[issue.expected] : undefined;
  return `must be ${kind ?? 'a map of keys and values'}`;
}

/** Makes a schema for a map that allows only the keys of `shape`. */
export function strictMap<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.looseObject(shape).superRefine((input, context) => {
    for (const key of Object.keys(input).filter((each) => !known.includes(each))) {
      const nearest = findNearestName(key, known);
      const hint = nearest === undefined ? `the keys here are ${known.join(', ')}` : `did you mean ${nearest}?`;
      context.addIssue({ code: 'custom', path: [key], message: `is not supported (${hint})` });
    }
  });
}

export const TEXT = z.string().refine((text) => text.trim() !== '' && text.length <= 4_096, 'must be a text');

export const TEXTS = z.preprocess(
  (input) => (typeof input === 'string' ? [input] : input),
  z.array(z.string(), { error: ({ input }) => (input === undefined ? undefined : 'must be a list of texts') }),
);

export const LEVEL = z.enum(LEVELS);

/** A duration such as `90s`, `5m`, `12h` or `30d`, at most 400 days. The result is in milliseconds. */
export const TIMESPAN = z.unknown().transform((input, context) => {
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhdw])$/.exec(String(input)) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (ms <= MAX_TIMESPAN_MS) return ms;
  context.addIssue('must be a duration such as 90s, 5m, 12h or 30d, at most 400d');
  return z.NEVER;
});
