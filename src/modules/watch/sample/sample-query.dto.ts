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
