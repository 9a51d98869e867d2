import { nearestName } from '../../../audit/nest-free.js';
import { FIELD_NAMES, fieldFilter, type FieldName } from '../../../monitoring/read/query/field-filters.js';
import { isPath, isText, MOST_VALUES } from '../../../monitoring/read/query/query-parameters.js';
import type { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { escapeName } from '../../../monitoring/proof/sealing/own-fields.js';

/** The rule field for the country of a request. Events do not have this field, so it is computed from other fields. */
export const COUNTRY = 'country';

/** The option `metadataProvider` records the country in this field. */
const RECORDED_COUNTRY = 'metadata.country';

/** The first field with a value counts: `details.username or details.email`. */
const ALTERNATIVES = / or /;

/** Returns the problem of a field name; `undefined` if the name is valid. */
export function problemOfField(name: string): string | undefined {
  if (rootOf(name)) return isPath(name.slice(name.indexOf('.') + 1)) ? undefined : `${name} is not a path`;
  if (isFieldName(name)) return undefined;
  const nearest = nearestName(name, FIELD_NAMES);
  const hint =
    nearest === undefined
      ? 'write a filter of GET /audit/events, details.<path> or metadata.<path>'
      : `did you mean ${nearest}?`;
  return `${name} is an unknown field (${hint})`;
}

/**
 * Returns the problem of a field by which a rule groups, counts or compares. For such a field, the name `country` and alternatives with
 * "or" are valid, in addition to all other names.
 */
export function problemOfValue(name: string): string | undefined {
  return name
    .split(ALTERNATIVES)
    .map((each) => (each === COUNTRY ? undefined : problemOfField(each)))
    .find((problem) => problem !== undefined);
}

/** Returns the JSON column of a name such as `details.<path>`; `undefined` for other names. */
export function rootOf(name: string): 'details' | 'metadata' | undefined {
  if (name.startsWith('details.')) return 'details';
  return name.startsWith('metadata.') ? 'metadata' : undefined;
}

/** Returns an SQL expression on `audit_event` for the text of a field, including personal values. */
export function textOfValue(name: string, values: SqlValues): string {
  const texts = name.split(ALTERNATIVES).map((each) => `nullif(${textOfField(each, values)}, '')`);
  return texts.length === 1 ? texts.join() : `coalesce(${texts.join(', ')})`;
}

function textOfField(given: string, values: SqlValues): string {
  const name = given === COUNTRY ? RECORDED_COUNTRY : given;
  const root = rootOf(name);
  if (root) {
    const path = name.slice(root.length + 1).split('.');
    const pointer = `/${[root, ...path].map(escapeName).join('/')}`;
    return `coalesce(${root} #>> ${values.place(path)}::text[], personal ->> ${values.place(pointer)}::text)`;
  }
  if (!isFieldName(name)) throw new TypeError(`Cannot group by ${name}: no event has such a field.`);
  const { column, filtered } = fieldFilter(name);
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

const MOST_STATES = 2000;
/** The maximum count of a repetition in PostgreSQL. */
const MOST_COUNTED = 255;

const CLASSES = 'dDwWsS';
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\\y',
  B: '\\Y',
  t: '\\t',
  n: '\\n',
  r: '\\r',
  f: '\\f',
  v: '\\v',
};
const QUANTIFIER = /[*+?]\??|\{(\d{1,4})(?:(,)(\d{1,4})?)?\}\??/y;

/**
 * Translates a regular expression of a rule for PostgreSQL. The function accepts only expressions that a finite automaton can match, so no
 * look-around and no back-references. The time for a match is then linear in the length of the text.
 *
 * @returns the translation, or the problem
 */
function translateRegex(given: string): { readonly sql: string } | { readonly problem: string } {
  const isAnyCase = given.startsWith('(?i)');
  const reader = new RegexReader(isAnyCase ? given.slice('(?i)'.length) : given);
  try {
    return { sql: `${isAnyCase ? '(?i)' : ''}(?:${reader.read()})` };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error.message };
    throw error;
  }
}

interface Part {
  readonly sql: string;
  readonly states: number;
}

class RegexReader {
  private at = 0;

  constructor(private readonly given: string) {}

  /** @throws SyntaxError */
  read(): string {
    const { sql, states } = this.branches();
    if (this.at < this.given.length) this.refuse(') without (');
    if (states > MOST_STATES) this.refuse(`more than ${MOST_STATES} states: use smaller counts`);
    return sql;
  }

  private branches(): Part {
    let all: Part = { sql: '', states: 0 };
    while (this.at < this.given.length && this.given[this.at] !== ')') {
      const part = this.given[this.at] === '|' ? this.take('|') : this.quantified(this.atom());
      all = { sql: all.sql + part.sql, states: all.states + part.states };
    }
    return all;
  }

  private quantified({ sql, states }: Part): Part {
    QUANTIFIER.lastIndex = this.at;
    const [quantifier = '', least, hasMost, most] = QUANTIFIER.exec(this.given) ?? [];
    if (quantifier === '') return { sql, states };
    if (states === 0) this.refuse(`${quantifier} after an expression that matches no character`);
    this.at += quantifier.length;
    QUANTIFIER.lastIndex = this.at;
    if (QUANTIFIER.test(this.given) || this.given[this.at] === '+') this.refuse('two quantifiers in a row');
    const counted = Math.max(Number(least ?? 1), Number(most ?? 1), 1);
    if (counted > MOST_COUNTED) this.refuse(`a count of more than ${MOST_COUNTED}`);
    if (most !== undefined && Number(least) > Number(most)) this.refuse(`${quantifier} with swapped bounds`);
    return { sql: sql + quantifier, states: states * (counted + (hasMost && most === undefined ? 1 : 0)) };
  }

  private atom(): Part {
    const character = this.given[this.at] ?? '';
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return this.set();
      case '\\':
        return this.escaped();
      case '^':
      case '$':
        return { ...this.take(character), states: 0 };
      case '*':
      case '+':
      case '?':
      case '{':
        return this.refuse(`${character} without an expression to repeat: write \\${character}`);
      default:
        return this.take(character);
    }
  }

  private group(): Part {
    const [begin = ''] = /^\((\?:)?/.exec(this.given.slice(this.at)) ?? [];
    this.at += begin.length;
    if (this.given[this.at] === '?') this.refuse('look-around, a named group or flags');
    const { sql, states } = this.branches();
    if (this.given[this.at] !== ')') this.refuse('( without )');
    this.at += 1;
    return { sql: `(?:${sql})`, states };
  }

  private escaped(): Part {
    const escaped = this.given[this.at + 1] ?? '';
    this.at += 2;
    if (CLASSES.includes(escaped) && escaped !== '') return { sql: `\\${escaped}`, states: 1 };
    if (escaped in ESCAPES) return { sql: ESCAPES[escaped] ?? '', states: /b/i.test(escaped) ? 0 : 1 };
    if (escaped === '' || /[\da-z]/i.test(escaped)) this.refuse(`\\${escaped}`);
    return { sql: `\\${escaped}`, states: 1 };
  }

  private set(): Part {
    const [all] = /^\[\^?(?:\\[^]|[^\\[\]])+\]/.exec(this.given.slice(this.at)) ?? [];
    if (all === undefined) return this.refuse('[ without ], or a [ in a set: write \\[');
    const strange = /\\(?![dwstnrfv]|[^\da-z])./i.exec(all)?.[0];
    if (strange !== undefined) this.refuse(`${strange} in a set`);
    if (/\\[dws]-[^\]]|[^[^]-\\[dws]/.test(all)) this.refuse('a range that begins or ends with a class');
    for (const [range, from = '', to = ''] of all
      .replace(/^\[\^?/, '')
      .slice(0, -1)
      .matchAll(/(\\.|[^\\])-(\\.|[^\\])/g)) {
      if (from.slice(-1) > to.slice(-1)) this.refuse(`the range ${range} with swapped bounds`);
    }
    this.at += all.length;
    return { sql: all, states: 1 };
  }

  private take(character: string): Part {
    this.at += 1;
    return { sql: character, states: 1 };
  }

  private refuse(what: string): never {
    throw new SyntaxError(`${what} at character ${this.at + 1}`);
  }
}
