import { parseQuery, type FieldTerm, type Term } from './parse-query.js';

/** Writes a value for a query, in quotation marks if it contains special characters. */
export function quote(value: string): string {
  return /^[^\s",<>\\*][^\s",\\*]*\*?$/.test(value) && !/\d\.\.-?\d/.test(value) ? value : literally(value);
}

/** Writes a value in quotation marks, so that nothing in it has a special meaning. */
export function literally(value: string): string {
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}

/** One value, several values of which any matches, or `null` for events without a value. */
export type TermValue = string | readonly string[] | null;

/** Writes a term that matches exactly the value or the values. */
export function termText(name: string, value: TermValue, isNegated = false): string {
  if (value === null) return `${isNegated ? '' : '-'}${name}:*`;
  const texts = [value].flat().map((each) => (/^[<>]|\*$/.test(each) ? literally(each) : quote(each)));
  return `${isNegated ? '-' : ''}${name}:${texts.join(',')}`;
}

export function withoutTerm(text: string, { start, end }: Pick<Term, 'start' | 'end'>): string {
  return tidy(`${text.slice(0, start)} ${text.slice(end)}`);
}

/**
 * Narrows the query to a value, or excludes the value. The new term replaces terms with the same value. Without `isNegated`, the new term
 * also replaces terms with other values.
 */
export function withValue(text: string, name: string, value: TermValue, isNegated: boolean): string {
  const added = termText(name, value, isNegated);
  const opposite = termText(name, value, !isNegated);
  const given = fieldTerms(text, name).filter(
    (term) =>
      textAt(text, term) === added ||
      textAt(text, term) === opposite ||
      (!isNegated && !term.isNegated && term.operator === 'is'),
  );
  return tidy(`${given.reduceRight((shorter, term) => withoutTerm(shorter, term), text)} ${added}`);
}

/** Returns `only` if a query is narrowed to a value, `not` if the query excludes the value, otherwise `undefined`. */
export function stateOfValue(text: string, name: string, value: TermValue): 'only' | 'not' | undefined {
  const terms = fieldTerms(text, name).map((term) => textAt(text, term));
  if (terms.includes(termText(name, value))) return 'only';
  return terms.includes(termText(name, value, true)) ? 'not' : undefined;
}

export function withoutValue(text: string, name: string, value: TermValue): string {
  const both = [termText(name, value), termText(name, value, true)];
  return fieldTerms(text, name)
    .filter((term) => both.includes(textAt(text, term)))
    .reduceRight((shorter, term) => withoutTerm(shorter, term), text);
}

/** Replaces the range of time in the text. A day in `to` is included. A relative time stays relative. */
export function withTimes(text: string, from: string | undefined, to: string | undefined): string {
  const times = parseQuery(text).terms.filter((term) => term.kind === 'field' && term.qualifier.kind === 'time');
  const rest = times.reduceRight((shorter, term) => withoutTerm(shorter, term), text);
  const added = [...(from === undefined ? [] : [`since:${from}`]), ...(to === undefined ? [] : [`until:${to}`])];
  return tidy([rest, ...added].join(' '));
}

function fieldTerms(text: string, name: string): FieldTerm[] {
  return parseQuery(text).terms.filter((term) => term.kind === 'field' && term.qualifier.name === name) as FieldTerm[]; // filtered
}

function textAt(text: string, { start, end }: Pick<Term, 'start' | 'end'>): string {
  return text.slice(start, end);
}

function tidy(text: string): string {
  return text.trim().replace(/ {2,}/g, ' ');
}
