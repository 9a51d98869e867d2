import { EventFilters } from '../query/event-filters.dto.js';
import { Parameter } from '../query/query-parameters.js';
import { Fields, type FieldPaths } from './sparse-fields.js';

const MOST_EVENTS = 200;
const MOST_NEIGHBOURS = 50;

/** The query of the tail: the place to start after, the filters, and the fields to show. */
export class TailQuery extends EventFilters {
  @Parameter({
    type: Number,
    minimum: -1,
    description: 'The place behind which to look; without it, the newest, and -1 is in front of the first',
  })
  readonly after?: number;

  @Fields()
  readonly fields?: FieldPaths;
}

/** The query of `GET /audit/events/newer`. */
export class NewerQuery extends TailQuery {
  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS })
  readonly limit: number = 50;
}

/** The number of neighbours. */
export class NeighboursQuery {
  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS })
  readonly before: number = 5;

  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS })
  readonly after: number = 5;
}
