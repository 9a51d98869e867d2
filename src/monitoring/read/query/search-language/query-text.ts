import { parseQuery, type FieldTerm, type Term } from './parse-query.js';

/** Writes a value for a query, in quotation marks if it contains special characters. */
export function quote(value: string): string {
  return /^[^\s",<>\\*][^\s",\\*]*\*?$/.test(value) && !/\d\.\.-?\d/.test(value) ? value : quoteLiteral(value);
}

/** Writes a value in quotation marks, so that nothing in it has a special meaning. */
export function quoteLiteral(value: string): string {
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}

/** One value, several values of which any matches, or `null` for events without a value. */
export type TermValue = string | readonly string[] | null;

/** Writes a term that matches exactly the value or the values. */
export function formatTerm(name: string, value: TermValue, isNegated = false): string {
  if (value === null) return `${isNegated ? '' : '-'}${name}:*`;
  const texts = [value].flat().map((each) => (/^[<>]|\*$/.test(each) ? quoteLiteral(each) : quote(each)));
  return `${isNegated ? '-' : ''}${name}:${texts.join(',')}`;
}

export function removeTerm(text: string, { start, end }: Pick<Term, 'start' | 'end'>): string {
  return normalizeSpaces(`${text.slice(0, start)} ${text.slice(end)}`);
}

/**
 * Narrows the query to a value, or excludes the value. The new term replaces terms with the same value. Without `isNegated`, the new term
 * also replaces terms with other values.
 */
export function addValue(text: string, name: string, value: TermValue, isNegated: boolean): string {
  const added = formatTerm(name, value, isNegated);
  const opposite = formatTerm(name, value, !isNegated);
  const input = findFieldTerms(text, name).filter(
    (term) =>
      sliceTerm(text, term) === added ||
      sliceTerm(text, term) === opposite ||
      (!isNegated && !term.isNegated && term.operator === 'is'),
  );
  return normalizeSpaces(`${input.reduceRight((shorter, term) => removeTerm(shorter, term), text)} ${added}`);
}

/** Returns `only` if a query is narrowed to a value, `not` if the query excludes the value, otherwise `undefined`. */
export function getValueState(text: string, name: string, value: TermValue): 'only' | 'not' | undefined {
  const terms = findFieldTerms(text, name).map((term) => sliceTerm(text, term));
  if (terms.includes(formatTerm(name, value))) return 'only';
  return terms.includes(formatTerm(name, value, true)) ? 'not' : undefined;
}

export function removeValue(text: string, name: string, value: TermValue): string {
  const both = [formatTerm(name, value), formatTerm(name, value, true)];
  return findFieldTerms(text, name)
    .filter((term) => both.includes(sliceTerm(text, term)))
    .reduceRight((shorter, term) => removeTerm(shorter, term), text);
}

/** Replaces the range of time in the text. A day in `to` is included. A relative time stays relative. */
export function setTimeRange(text: string, from: string | undefined, to: string | undefined): string {
  const times = parseQuery(text).terms.filter((term) => term.kind === 'field' && term.qualifier.kind === 'time');
  const rest = times.reduceRight((shorter, term) => removeTerm(shorter, term), text);
  const added = [...(from === undefined ? [] : [`since:${from}`]), ...(to === undefined ? [] : [`until:${to}`])];
  return normalizeSpaces([rest, ...added].join(' '));
}

function findFieldTerms(text: string, name: string): FieldTerm[] {
  return parseQuery(text).terms.filter((term) => term.kind === 'field' && term.qualifier.name === name) as FieldTerm[]; // filtered
}

function sliceTerm(text: string, { start, end }: Pick<Term, 'start' | 'end'>): string {
  return text.slice(start, end);
}

function normalizeSpaces(text: string): string {
  return text.trim().replace(/ {2,}/g, ' ');
}
