import { z } from 'zod';
import { list, named, word } from '../answers/shape.js';
import type { FilterKind } from '../sealing/event-layout.js';
import { COMPARISONS, RANGES } from './given-values.js';

/** A filter of events, for clients that build a query bar. */
const ListedFilter = named(
  'ListedFilter',
  z.object({
    name: z.string().describe('As a query string has it; details. and metadata. are followed by a path'),
    kind: word<FilterKind | 'tag' | 'path' | 'pointer' | 'record' | 'words' | 'time'>().meta({ example: 'word' }),
    says: z.string().meta({ example: 'Outcome' }),
    operators: list(z.enum([...COMPARISONS, ...RANGES])).describe('is: without brackets'),
    beginsWith: z.boolean().describe('Whether a * at the end of a value matches everything that begins so'),
    words: list(z.string()).exactOptional().describe('The only values'),
    completes: z.boolean().describe('Whether GET /audit/values has values of it'),
  }),
);
export type ListedFilter = z.infer<typeof ListedFilter>;

/** Every filter of events. */
export const FilterList = named('FilterList', z.object({ filters: list(ListedFilter) }));
