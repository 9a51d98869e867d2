import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PlacesView } from '../../monitoring/http/places.dto.js';
import { EventFilters } from '../../monitoring/query/event-filters.dto.js';
import { mustBeWhole, Parameter, pickParameters } from '../../monitoring/query/query-parameters.js';

/** Which places to look at for absences: by their numbers, or by when their events were accepted. */
export class AbsencesQuery extends pickParameters(EventFilters, ['from', 'to', 'since'] as const) {
  @Parameter({ type: Number, description: 'The first place' }, mustBeWhole(0))
  readonly first?: number;

  @Parameter({ type: Number, description: 'The last place; default: the newest' }, mustBeWhole(0))
  readonly last?: number;
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
