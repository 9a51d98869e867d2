import { parseTime } from '../query-times.js';
import { quoteLiteral } from './query-text.js';
import type { FieldTerm, QueryValue, Term } from './parse-query.js';

export type FilterPair = readonly [name: string, value: string];

/** Translates the terms of a valid query into parameters of the HTTP API. Words in quotation marks keep them. */
export function toFilters(terms: readonly Term[]): FilterPair[] {
  const words = terms
    .filter((term) => term.kind === 'word')
    .map(({ text, isQuoted }) => (isQuoted ? quoteLiteral(text) : text));
  const fields = terms.filter((term) => term.kind === 'field').flatMap(toFilterPairs);
  const pairs: FilterPair[] = words.length === 0 ? fields : [...fields, ['q', words.join(' ')]];
  return pairs.filter(
    ([name, value], index) => pairs.findIndex((pair) => pair[0] === name && pair[1] === value) === index,
  );
}

const READ_FILTERS = /^(type|action|category|about|(request|session|trace)Id)\b/;

/**
 * Excludes reads of the ledger, unless a filter matches {@link READ_FILTERS}. If searches found these reads, each search would find the
 * previous searches.
 */
export function excludeReads(pairs: readonly FilterPair[]): readonly FilterPair[] {
  return pairs.some(([name]) => READ_FILTERS.test(name)) ? pairs : [...pairs, ['category[ne]', 'audit_access']];
}

const OWN_EVENT_FILTERS =
  /^(type|action|category|severity|q|about|related|actor\w*|resource\w*|(request|session|trace)Id)\b/;
/** The types of the ledger's own events, except alerts and legal holds. */
const OWN_TYPES: FilterPair = ['type[ne]', 'audit_*'];

/** Excludes reads of the ledger and, unless a filter matches {@link OWN_EVENT_FILTERS}, the ledger's other own events: a list of all shows the application's. */
export function excludeOwnEvents(pairs: readonly FilterPair[]): readonly FilterPair[] {
  const others = excludeReads(pairs);
  return pairs.some(([name]) => OWN_EVENT_FILTERS.test(name)) ? others : [...others, OWN_TYPES];
}

/** Whether a search is for reads of the ledger by anybody. The reader does not mean their own then, which are searches for the same. */
export function searchesReads(pairs: readonly FilterPair[]): boolean {
  const isOfReads = pairs.some(([name, value]) => name === 'category' && value === 'audit_access');
  return isOfReads && !pairs.some(([name]) => /^actor[^[]*$/.test(name));
}

/** Whether the pair is {@link excludeOwnEvents}' own, not the reader's. */
export function isOwnEventsFilter([name, value]: FilterPair): boolean {
  return (name === 'category[ne]' && value === 'audit_access') || (name === OWN_TYPES[0] && value === OWN_TYPES[1]);
}

/**
 * Whether a search may omit row changes that belong to the event of an operation. A search that names row changes, or that only excludes
 * event types, must not omit row changes.
 */
export function canFold(pairs: readonly FilterPair[]): boolean {
  return !pairs.some(
    ([name, value]) =>
      value !== 'audit_access' &&
      !isOwnEventsFilter([name, value]) &&
      (/\b(row|table)_|\bdata_change\b/.test(value) ||
        /^(type|action|category)\[(?!eq\])/.test(name) ||
        (/^(type|action|category)\b/.test(name) && value.endsWith('*'))),
  );
}

function toFilterPairs({ filter, qualifier, isNegated, operator, values }: FieldTerm): FilterPair[] {
  const [first, second] = values;
  if (operator === 'exists') return [[`${filter}[exists]`, String(!isNegated)]];
  if (operator === 'between')
    return [
      [`${filter}[gte]`, first?.text ?? ''],
      [`${filter}[lte]`, second?.text ?? ''],
    ];
  if (operator !== 'is') return [[`${filter}[${operator}]`, first?.text ?? '']];
  if (filter === 'on') return [...toDayFilters(first?.text ?? '')];
  if (qualifier.kind === 'resource') return values.flatMap((value) => toRecordFilters(value, isNegated));
  return values.map((value): FilterPair => [
    `${filter}${isNegated ? '[ne]' : isLiteral(value) ? '[eq]' : ''}`,
    value.text,
  ]);
}

function toDayFilters(text: string): readonly FilterPair[] {
  const begin = parseTime(text);
  if (Number.isNaN(begin.getTime())) return [];
  const day = begin.toISOString().slice(0, 10);
  return [
    ['from', day],
    ['to', day],
  ];
}

function toRecordFilters({ text }: QueryValue, isNegated: boolean): FilterPair[] {
  const at = text.indexOf('/');
  if (at < 0) return [[`resourceType${isNegated ? '[ne]' : ''}`, text]];
  return [
    ['resourceType', text.slice(0, at)],
    ['resourceId', text.slice(at + 1)],
  ];
}

/** In a quoted value, `<` or `>` at the start and `*` at the end have no special meaning. */
function isLiteral({ isQuoted, text }: QueryValue): boolean {
  return isQuoted && /^[<>]|\*$/.test(text);
}
