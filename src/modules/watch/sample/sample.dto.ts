import { z } from 'zod';
import { list, named, time } from '../../monitoring/answers/shape.js';
import { LedgerEvent } from '../../monitoring/query/ledger-event.dto.js';
import { EventFilters } from '../../monitoring/query/event-filters.dto.js';
import { must, Parameter } from '../../monitoring/query/query-parameters.js';
import { isText } from '../../monitoring/query/query-values.js';

const MOST_EVENTS = 200;
const MOST_CHARACTERS = 128;

/** The query of a sample: the events to draw from, the size, and the seed. */
export class SampleQuery extends EventFilters {
  @Parameter(
    { type: String, description: 'The same seed draws the same sample; default: a random seed' },
    must(`a text of 1 to ${MOST_CHARACTERS} characters`, (value) => isText(value) && value.length <= MOST_CHARACTERS),
  )
  readonly seed?: string;

  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS })
  readonly size: number = 25;

  @Parameter({
    type: Number,
    minimum: 0,
    description:
      'Draws only from events whose sequence numbers are lower than this size; default: the size of the newest checkpoint',
  })
  readonly checkpointSize?: number;
}

/** A random sample of events, with the parameters to draw the same sample again. */
export const EventSample = named(
  'EventSample',
  z.object({
    seed: z.string().meta({ example: '2026-Q4' }),
    size: z.int(),
    from: time,
    to: time.describe('Exclusive'),
    checkpointSize: z
      .int()
      .describe('The sample is drawn only from events whose sequence numbers are lower than this size'),
    population: z.int().describe('The number of events that the sample is drawn from'),
    algorithm: z.literal('sha256-seed-id'),
    items: list(LedgerEvent).describe('In the order of the draw'),
  }),
);
export type EventSample = z.infer<typeof EventSample>;
