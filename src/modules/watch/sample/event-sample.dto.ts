import { z } from 'zod';
import { list, named, time } from '../../monitoring/answers/shape.js';
import { LedgerEvent } from '../../monitoring/query/ledger-event.dto.js';

/** Events that were drawn by a seed, with the parameters to draw them again. */
export const EventSample = named(
  'EventSample',
  z.object({
    seed: z.string().meta({ example: '2026-Q4' }),
    size: z.int(),
    from: time,
    to: time.describe('Exclusive'),
    checkpointSize: z.int().describe('Only events with a lower place were drawn from'),
    population: z.int().describe('How many events were drawn from'),
    algorithm: z.literal('sha256-seed-id'),
    items: list(LedgerEvent).describe('In the order of the draw'),
  }),
);
export type EventSample = z.infer<typeof EventSample>;
