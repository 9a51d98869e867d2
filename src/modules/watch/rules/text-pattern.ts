import { isText, MOST_VALUES } from '../../monitoring/query/query-values.js';
import type { SqlValues } from '../../monitoring/query/sql-values.js';
import { translateRegex } from './linear-regex.js';
import { textOfValue } from './rule-field.js';

/** The modifiers that match parts of a text. */
export const TEXT_MODIFIERS = ['contains', 'endswith', 're'] as const;
type TextModifier = (typeof TEXT_MODIFIERS)[number];

/** The patterns for the text of a field: any or all of them must match. */
export interface TextPattern {
  readonly field: string;
  /** `ILIKE` ignores case, and `%` matches any text; `~` is a regular expression. */
  readonly operator: 'ILIKE' | '~';
  readonly patterns: readonly string[];
  readonly isAll: boolean;
}

export function isTextModifier(modifier: string | undefined): modifier is TextModifier {
  return TEXT_MODIFIERS.some((known) => known === modifier);
}

/** Whether a value without a modifier has a star elsewhere than at its end, such as `arn:*:role/admin`. */
export function hasInnerStar(value: unknown): boolean {
  return [value].flat().some((each) => typeof each === 'string' && /(?<!\\)\*(?!$)/.test(each));
}

/**
 * Reads the patterns of a field with such a modifier, or of one with stars.
 *
 * @param more the modifiers after it: `all`, and for a regular expression `i`
 * @param tell gets each problem
 */
export function textPattern(
  field: string,
  [modifier, ...more]: readonly (string | undefined)[],
  value: unknown,
  tell: (says: string) => void,
): TextPattern | undefined {
  const texts = [value].flat();
  if (texts.length === 0 || texts.length > MOST_VALUES || !texts.every(isText)) {
    tell(`must have texts of 1 to 512 characters, and at most ${MOST_VALUES}`);
    return undefined;
  }
  const patterns = texts.map((text) => {
    if (modifier !== 're') return likePattern(modifier, text);
    const translated = translateRegex(more.includes('i') ? `(?i)${text}` : text);
    if ('sql' in translated) return translated.sql;
    tell(`has the regular expression ${text}, which is not supported: ${translated.problem}`);
    return '';
  });
  return { field, operator: modifier === 're' ? '~' : 'ILIKE', patterns, isAll: more.includes('all') };
}

/** Translates a text of a rule for LIKE: a star matches any text, and a question mark one character. */
function likePattern(modifier: string | undefined, text: string): string {
  const like = text.replace(/\\([*?\\])|[*?%_\\]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped === '\\' ? '\\\\' : escaped;
    return { '*': '%', '?': '_' }[found] ?? `\\${found}`;
  });
  if (modifier === 'contains') return `%${like}%`;
  return modifier === 'endswith' ? `%${like}` : like;
}

/** The condition on `audit_event`. */
export function sqlOfPattern({ field, operator, patterns, isAll }: TextPattern, values: SqlValues): string {
  const each = patterns.map((pattern) => `${textOfValue(field, values)} ${operator} ${values.place(pattern)}::text`);
  return `(${each.join(isAll ? ' AND ' : ' OR ')})`;
}
