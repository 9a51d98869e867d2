import { getErrorMessage, findNearestName } from '../../../audit/nest-free.js';
import { FIELD_NAMES, getFieldFilter, type FieldName } from '../../../monitoring/read/query/field-filters.js';
import { isPath, isText, MAX_VALUES } from '../../../monitoring/read/query/query-parameters.js';
import type { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { escapeName } from '../../../monitoring/proof/sealing/own-fields.js';

/** The first field with a value counts: `details.username or details.email`. */
const ALTERNATIVES = / or /;

/** Returns the problem of a field name; `undefined` if the name is valid. */
export function findFieldProblem(name: string): string | undefined {
  if (getJsonRoot(name)) return isPath(name.slice(name.indexOf('.') + 1)) ? undefined : `${name} is not a path`;
  if (isFieldName(name)) return undefined;
  const nearest = findNearestName(name, FIELD_NAMES);
  const hint =
    nearest === undefined
      ? 'write a filter of GET /audit/events, details.<path> or metadata.<path>'
      : `did you mean ${nearest}?`;
  return `${name} is an unknown field (${hint})`;
}

/**
 * Returns the problem of a field by which a rule groups, counts or compares. For such a field, alternatives with "or" are valid, in addition to all
 * names.
 */
export function findValueProblem(name: string): string | undefined {
  return name
    .split(ALTERNATIVES)
    .map(findFieldProblem)
    .find((problem) => problem !== undefined);
}

/** Returns the JSON column of a name such as `details.<path>`; `undefined` for other names. */
export function getJsonRoot(name: string): 'details' | 'metadata' | undefined {
  if (name.startsWith('details.')) return 'details';
  return name.startsWith('metadata.') ? 'metadata' : undefined;
}

/** Returns an SQL expression on `audit_event` for the text of a field, including personal values. */
export function buildValueSql(name: string, values: SqlValues): string {
  const texts = name.split(ALTERNATIVES).map((each) => `nullif(${buildFieldSql(each, values)}, '')`);
  return texts.length === 1 ? texts.join() : `coalesce(${texts.join(', ')})`;
}

function buildFieldSql(name: string, values: SqlValues): string {
  const root = getJsonRoot(name);
  if (root) {
    const path = name.slice(root.length + 1).split('.');
    const pointer = `/${[root, ...path].map(escapeName).join('/')}`;
    return `coalesce(${root} #>> ${values.bind(path)}::text[], personal ->> ${values.bind(pointer)}::text)`;
  }
  if (!isFieldName(name)) throw new TypeError(`Cannot group by ${name}: no event has such a field.`);
  const { column, filtered } = getFieldFilter(name);
  if (filtered !== undefined) return `${column} ->> '${filtered}'`;
  return column === 'ip' ? 'host(ip)' : `${column}::text`;
}

function isFieldName(name: string): name is FieldName {
  return FIELD_NAMES.some((known) => known === name);
}

export const TEXT_MODIFIERS = ['contains', 'endswith', 're'] as const;
type TextModifier = (typeof TEXT_MODIFIERS)[number];

/** Patterns for the text of a field. At least one pattern must match; with `isAll`, all patterns must match. */
export interface TextPattern {
  readonly field: string;
  /** `ILIKE` for a pattern that ignores case, in which `%` matches any text; `~` for a regular expression. */
  readonly operator: 'ILIKE' | '~';
  readonly patterns: readonly string[];
  readonly isAll: boolean;
}

export function isTextModifier(modifier: string | undefined): modifier is TextModifier {
  return TEXT_MODIFIERS.some((known) => known === modifier);
}

/** Returns whether a value has a star before its end, such as `arn:*:role/admin`. */
export function hasInnerStar(value: unknown): boolean {
  return [value].flat().some((each) => typeof each === 'string' && /(?<!\\)\*(?!$)/.test(each));
}

/**
 * Translates the values of a field with a text modifier, or with stars, into patterns.
 *
 * @param more the modifiers after the first: `all`, and `i` for a regular expression
 * @param report gets each problem
 */
export function parseTextPattern(
  field: string,
  [modifier, ...more]: readonly (string | undefined)[],
  value: unknown,
  report: (problem: string) => void,
): TextPattern | undefined {
  const texts = [value].flat();
  if (texts.length === 0 || texts.length > MAX_VALUES || !texts.every(isText)) {
    report(`must have 1 to ${MAX_VALUES} texts of 1 to 512 characters`);
    return undefined;
  }
  const patterns = texts.map((text) => {
    if (modifier !== 're') return buildLikePattern(modifier, text);
    const translated = translateRegex(more.includes('i') ? `(?i)${text}` : text);
    if ('sql' in translated) return translated.sql;
    report(`has the regular expression ${text}, which is not supported: ${translated.problem}`);
    return '';
  });
  return { field, operator: modifier === 're' ? '~' : 'ILIKE', patterns, isAll: more.includes('all') };
}

function buildLikePattern(modifier: string | undefined, text: string): string {
  const like = text.replace(/\\([*?\\])|[*?%_\\]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped === '\\' ? '\\\\' : escaped;
    return { '*': '%', '?': '_' }[found] ?? `\\${found}`;
  });
  if (modifier === 'contains') return `%${like}%`;
  return modifier === 'endswith' ? `%${like}` : like;
}

export function buildPatternSql({ field, operator, patterns, isAll }: TextPattern, values: SqlValues): string {
  const each = patterns.map((pattern) => `${buildValueSql(field, values)} ${operator} ${values.bind(pattern)}::text`);
  return `(${each.join(isAll ? ' AND ' : ' OR ')})`;
}

/** The maximum count of a repetition in PostgreSQL. */
const MAX_REPEATED = 255;
/** The text's length, times all its counts: an estimate of the states of its automaton. */
const MAX_STATES = 20_000;

/** What JavaScript understands, but PostgreSQL does not, or only by trying: then the time for a match would not be linear in the text's length. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\\(?:[1-9]|k)/, 'a back-reference'],
  [/\((?=\?(?!:))/, 'look-around, a named group or flags'],
  [/\\[pPuxc0]/, 'an escape for other characters'],
  [/\[[^\]]*(?:\[|\\[DSWbB])/, 'a [ or a class of others in a set: write \\['],
  [/\[\^?\]/, 'an empty set'],
  [/\{,/, '{ without a count: write \\{'],
];

/**
 * Translates a regular expression of a rule for PostgreSQL. The function accepts only expressions that a finite automaton can match.
 *
 * @returns the translation, or the problem
 */
function translateRegex(input: string): { readonly sql: string } | { readonly problem: string } {
  const text = input.replace(/^\(\?i\)/, '');
  try {
    new RegExp(text, 'u');
  } catch (error) {
    return { problem: getErrorMessage(error) };
  }
  const refused = REFUSED.find(([form]) => form.test(text.replaceAll('\\\\', '')));
  if (refused) return { problem: refused[1] };
  const counts = [...text.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, min, max]) =>
    Math.max(Number(min), Number(max ?? 0), 1),
  );
  const states = counts.reduce((product, count) => product * count, text.length);
  if (states > MAX_STATES || counts.some((count) => count > MAX_REPEATED))
    return { problem: 'its counts are too large' };
  const sql = text.replace(/\\([^])/g, (escaped, of: string) => ({ b: '\\y', B: '\\Y' })[of] ?? escaped);
  return { sql: `${text === input ? '' : '(?i)'}(?:${sql})` };
}
