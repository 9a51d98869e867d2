import {
  FIELD_NAMES,
  fieldFilter,
  SEARCHED_BY_WORDS,
  acceptsPrefix,
} from '../../monitoring/read/query/field-filters.js';
import { COMPARISONS, RANGES, type RangeName } from '../../monitoring/read/query/given-values.js';
import { isComparable, isRangeable } from '../../monitoring/read/query/parameter-names.js';
import { z } from 'zod';
import { list, named, word } from '../../monitoring/read/responses/shape.js';
import type { FilterKind } from '../../monitoring/proof/sealing/event-layout.js';

const ListedFilter = named(
  'ListedFilter',
  z.object({
    name: z.string().describe('The name in a query string. After `details.` or `metadata.`, a path follows.'),
    kind: word<FilterKind | 'tag' | 'path' | 'pointer' | 'record' | 'words' | 'time'>().meta({ example: 'word' }),
    says: z.string().meta({ example: 'Outcome' }),
    operators: list(z.enum([...COMPARISONS, ...RANGES])).describe(
      'The operators, written in brackets; only the operator `is` has no brackets',
    ),
    beginsWith: z.boolean().describe('Whether a * at the end of a value matches all values with this beginning'),
    words: list(z.string()).exactOptional().describe('All possible values'),
    completes: z.boolean().describe('Whether GET /audit/values completes values of the filter'),
  }),
);
export type ListedFilter = z.infer<typeof ListedFilter>;

/** Every filter of events. */
export const FilterList = named('FilterList', z.object({ filters: list(ListedFilter) }));

type Operator = (typeof COMPARISONS)[number] | RangeName;

/** Lists every filter of events: first the filters of fields in the order of the event layout, then the other filters. */
export function listFilters(complianceTags: readonly string[]): readonly ListedFilter[] {
  const ofFields = FIELD_NAMES.map((name): ListedFilter => {
    const field = fieldFilter(name);
    const { filter: kind, words, says } = field;
    const beginsWith = acceptsPrefix(field);
    return { name, kind, says, operators: operatorsOf(name), beginsWith, ...(words && { words }), completes: true };
  });
  const others = OTHERS.map(({ name, ...filter }): ListedFilter => {
    const isPath = filter.kind === 'path';
    const words = filter.kind === 'tag' ? { words: complianceTags } : {};
    const operators = operatorsOf(isPath ? `${name}path` : name);
    return { name, ...filter, operators, beginsWith: isPath, ...words, completes: isPath || filter.kind === 'tag' };
  });
  return [...ofFields, ...others];
}

const OTHERS = [
  { name: 'compliance', kind: 'tag', says: 'Compliance tag of the action' },
  { name: 'q', kind: 'words', says: SEARCHED_BY_WORDS },
  { name: 'about', kind: 'record', says: 'All events of a person, a session or another record, such as user/u-1' },
  { name: 'changed', kind: 'pointer', says: 'JSON Pointer of a changed field, such as /status' },
  { name: 'details.', kind: 'path', says: 'A field of the details by its path, such as details.payment.method' },
  { name: 'metadata.', kind: 'path', says: 'A field of the metadata by its path' },
  { name: 'from', kind: 'time', says: 'The start of the range of time, inclusive; -24h is 24 hours ago' },
  { name: 'to', kind: 'time', says: 'The end of the range of time, exclusive' },
  { name: 'since', kind: 'time', says: 'Another name for the parameter `from`' },
] as const satisfies readonly Pick<ListedFilter, 'name' | 'kind' | 'says'>[];

function operatorsOf(name: string): readonly Operator[] {
  if (!isComparable(name)) return ['is'];
  return isRangeable(name) ? [...COMPARISONS, ...RANGES] : COMPARISONS;
}
