import { z } from 'zod';
import { list, named } from '../../answers/shape.js';
import { LedgerEvent } from '../ledger-event.dto.js';

/** The events after a place. */
export const NewerEvents = named(
  'NewerEvents',
  z.object({
    items: list(LedgerEvent).describe('In the order of their places'),
    after: z.int().describe('The last place that was looked at, for the next request; -1 in an empty ledger'),
    isWhole: z.boolean().describe('false: there is more behind after already'),
  }),
);
export type NewerEvents = z.infer<typeof NewerEvents>;

/** The neighbours of an event, in the order of their places. */
export const Neighbours = named(
  'Neighbours',
  z.object({
    index: z.int().nullable().describe('The place of the event; null while it is not sealed'),
    before: list(LedgerEvent),
    after: list(LedgerEvent),
    searched: z.object({ first: z.int(), last: z.int() }).describe('The places that were looked at'),
  }),
);
export type Neighbours = z.infer<typeof Neighbours>;
