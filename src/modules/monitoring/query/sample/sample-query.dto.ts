import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { EventFilters } from '../event-filters.dto.js';
import { Must } from '../query-constraints.js';
import { isText } from '../query-values.js';

const MOST_EVENTS = 200;
const MOST_CHARACTERS = 128;

/** Which events to draw from, how many, and by which seed. */
export class SampleQuery extends EventFilters {
  @ApiPropertyOptional({ type: String, description: 'Draws the same again; default: a random one' })
  @IsOptional()
  @Must(`a text of 1 to ${MOST_CHARACTERS} characters`, (value) => isText(value) && value.length <= MOST_CHARACTERS)
  readonly seed?: string;

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MOST_EVENTS, default: 25 })
  @Must(
    `a whole number from 1 to ${MOST_EVENTS}`,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_EVENTS,
  )
  readonly size: number = 25;

  @ApiPropertyOptional({
    type: Number,
    description: 'Draws from events below this place; default: the newest checkpoint',
  })
  @IsOptional()
  @Must('a whole number of 0 or more', (value) => Number.isSafeInteger(value) && Number(value) >= 0)
  readonly checkpointSize?: number;
}
