import { isText, MOST_VALUES } from '../../../monitoring/read/query/query-parameters.js';
import type { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { translateRegex } from './linear-regex.js';
import { textOfValue } from './rule-field.js';

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
export function textPattern(
  field: string,
  [modifier, ...more]: readonly (string | undefined)[],
  value: unknown,
  report: (problem: string) => void,
): TextPattern | undefined {
  const texts = [value].flat();
  if (texts.length === 0 || texts.length > MOST_VALUES || !texts.every(isText)) {
    report(`must have 1 to ${MOST_VALUES} texts of 1 to 512 characters`);
    return undefined;
  }
  const patterns = texts.map((text) => {
    if (modifier !== 're') return likePattern(modifier, text);
    const translated = translateRegex(more.includes('i') ? `(?i)${text}` : text);
    if ('sql' in translated) return translated.sql;
    report(`has the regular expression ${text}, which is not supported: ${translated.problem}`);
    return '';
  });
  return { field, operator: modifier === 're' ? '~' : 'ILIKE', patterns, isAll: more.includes('all') };
}

function likePattern(modifier: string | undefined, text: string): string {
  const like = text.replace(/\\([*?\\])|[*?%_\\]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped === '\\' ? '\\\\' : escaped;
    return { '*': '%', '?': '_' }[found] ?? `\\${found}`;
  });
  if (modifier === 'contains') return `%${like}%`;
  return modifier === 'endswith' ? `%${like}` : like;
}

export function sqlOfPattern({ field, operator, patterns, isAll }: TextPattern, values: SqlValues): string {
  const each = patterns.map((pattern) => `${textOfValue(field, values)} ${operator} ${values.place(pattern)}::text`);
  return `(${each.join(isAll ? ' AND ' : ' OR ')})`;
}
