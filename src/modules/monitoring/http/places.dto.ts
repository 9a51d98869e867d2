import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { EventFilters } from '../query/event-filters.dto.js';
import { Must } from '../query/query-constraints.js';
import { EventView } from './event.dto.js';
import { areFields } from './sparse-fields.js';

const MOST_EVENTS = 200;
const MOST_NEIGHBOURS = 50;

function Whole(least: number, most = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  const says = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  return Must(
    `a whole number ${says}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  );
}

/** What to follow: behind which place, and what of each event. */
export class TailQuery extends EventFilters {
  @ApiPropertyOptional({
    type: Number,
    description: 'The place behind which to look; without it, the newest, and -1 is in front of the first',
  })
  @IsOptional()
  @Whole(-1)
  readonly after?: number;

  @ApiPropertyOptional({ type: String, description: 'Of each event these fields alone, such as id,type,actor.id' })
  @IsOptional()
  @Must('fields of an event separated by commas, such as id,type,actor.id,details.amount', areFields)
  readonly fields?: string | readonly string[];
}

/** The query of what is newer. */
export class NewerQuery extends TailQuery {
  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MOST_EVENTS, default: 50 })
  @Whole(1, MOST_EVENTS)
  readonly limit: number = 50;
}

/** How many neighbours. */
export class NeighboursQuery {
  @ApiPropertyOptional({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS, default: 5 })
  @Whole(0, MOST_NEIGHBOURS)
  readonly before: number = 5;

  @ApiPropertyOptional({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS, default: 5 })
  @Whole(0, MOST_NEIGHBOURS)
  readonly after: number = 5;
}

/** Which places to look at for absences: by their numbers, or by when their events were accepted. */
export class AbsencesQuery extends PickType(EventFilters, ['from', 'to', 'since'] as const) {
  @ApiPropertyOptional({ type: Number, description: 'The first place' })
  @IsOptional()
  @Whole(0)
  readonly first?: number;

  @ApiPropertyOptional({ type: Number, description: 'The last place; default: the newest' })
  @IsOptional()
  @Whole(0)
  readonly last?: number;
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
class PlacesView {
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

/** What made places what they are. For the API's description only. */
class AbsenceActView {
  @ApiProperty({ description: 'Of the retirement, the erasure or the hold' })
  readonly id!: string;
  @ApiPropertyOptional({ format: 'uuid', description: 'The event that says it' })
  readonly eventId?: string;
  @ApiPropertyOptional({ format: 'date-time' })
  readonly at?: string;
  @ApiPropertyOptional({ description: 'Of a retirement, its policy; of a hold, why' })
  readonly reason?: string;
  @ApiPropertyOptional({ description: 'The archive that has the events' })
  readonly archive?: string;
}

/** Places that have no event, or none that is whole, or one that must stay. For the API's description only. */
class AbsenceView extends PlacesView {
  @ApiProperty({ enum: ['retired', 'erased', 'held', 'missing'] })
  readonly kind!: string;
  @ApiProperty({ description: 'How many of the places in between it is of' })
  readonly count!: number;
  @ApiPropertyOptional({ type: AbsenceActView, description: 'Absent for missing places' })
  readonly act?: AbsenceActView;
}

/** Absences among places. For the API's description only. */
export class AbsencesView extends PlacesView {
  @ApiProperty({ type: Number, nullable: true, description: 'Where to look next' })
  readonly next!: number | null;
  @ApiProperty({ type: [AbsenceView] })
  readonly absences!: AbsenceView[];
}
