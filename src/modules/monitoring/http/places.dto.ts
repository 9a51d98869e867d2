import { ApiProperty } from '@nestjs/swagger';
import { EventFilters } from '../query/event-filters.dto.js';
import { must, mustBeWhole, Parameter } from '../query/query-parameters.js';
import { EventView } from './event.dto.js';
import { areFields } from './sparse-fields.js';

const MOST_EVENTS = 200;
const MOST_NEIGHBOURS = 50;

/** What to follow: behind which place, and what of each event. */
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

/** The query of what is newer. */
export class NewerQuery extends TailQuery {
  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS, default: 50 }, mustBeWhole(1, MOST_EVENTS))
  readonly limit: number = 50;
}

/** How many neighbours. */
export class NeighboursQuery {
  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS, default: 5 }, mustBeWhole(0, MOST_NEIGHBOURS))
  readonly before: number = 5;

  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS, default: 5 }, mustBeWhole(0, MOST_NEIGHBOURS))
  readonly after: number = 5;
}

/** Events behind a place. For the API's description only. */
export class NewerEventsView {
  @ApiProperty({ type: [EventView], description: 'In the order of their places' })
  readonly items!: EventView[];
  @ApiProperty({ description: 'For the next request' })
  readonly after!: number;
  @ApiProperty({ description: 'false: there is more behind after already' })
  readonly isWhole!: boolean;
}

/** A range of places. For the API's description only. */
export class PlacesView {
  @ApiProperty()
  readonly first!: number;
  @ApiProperty()
  readonly last!: number;
}

/** Events beside another. For the API's description only. */
export class NeighboursView {
  @ApiProperty({ type: Number, nullable: true, description: 'The place of the event; null while it is not sealed' })
  readonly index!: number | null;
  @ApiProperty({ type: [EventView] })
  readonly before!: EventView[];
  @ApiProperty({ type: [EventView] })
  readonly after!: EventView[];
  @ApiProperty({ type: PlacesView })
  readonly searched!: PlacesView;
}
