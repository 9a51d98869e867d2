import { EventFilters } from '../query/event-filters.dto.js';
import { must, mustBeWhole, Parameter } from '../query/query-parameters.js';
import { areFields } from './sparse-fields.js';

const MOST_EVENTS = 200;
const MOST_NEIGHBOURS = 50;

/** The query of the tail: the place to start after, the filters, and the fields to show. */
export class TailQuery extends EventFilters {
  @Parameter(
    {
      type: Number,
      description: 'The place behind which to look; without it, the newest, and -1 is in front of the first',
    },
    mustBeWhole(-1),
  )
  readonly after?: number;

  @Parameter(
    { type: String, description: 'Of each event these fields alone, such as id,type,actor.id' },
    must('fields of an event separated by commas, such as id,type,actor.id,details.amount', areFields),
  )
  readonly fields?: string | readonly string[];
}

/** The query of `GET /audit/events/newer`. */
export class NewerQuery extends TailQuery {
  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS, default: 50 }, mustBeWhole(1, MOST_EVENTS))
  readonly limit: number = 50;
}

/** The number of neighbours. */
export class NeighboursQuery {
  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS, default: 5 }, mustBeWhole(0, MOST_NEIGHBOURS))
  readonly before: number = 5;

  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS, default: 5 }, mustBeWhole(0, MOST_NEIGHBOURS))
  readonly after: number = 5;
}
