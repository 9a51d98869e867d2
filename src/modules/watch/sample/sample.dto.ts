import { z } from 'zod';
import { list, named, time } from '../../monitoring/answers/shape.js';
import { LedgerEvent } from '../../monitoring/query/ledger-event.dto.js';
import { EventFilters } from '../../monitoring/query/event-filters.dto.js';
import { must, Parameter } from '../../monitoring/query/query-parameters.js';
import { isText } from '../../monitoring/query/query-values.js';

const MOST_EVENTS = 200;
const MOST_CHARACTERS = 128;

/** The query of a sample: which events to draw from, how many, and by which seed. */
export class SampleQuery extends EventFilters {
  @Parameter(
    { type: String, description: 'Draws the same again; default: a random one' },
    must(`a text of 1 to ${MOST_CHARACTERS} characters`, (value) => isText(value) && value.length <= MOST_CHARACTERS),
  )
  readonly seed?: string;

  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS })
  readonly size: number = 25;

  @Parameter({
    type: Number,
    minimum: 0,
    description: 'Draws from events below this place; default: the newest checkpoint',
  })
  readonly checkpointSize?: number;
}

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
