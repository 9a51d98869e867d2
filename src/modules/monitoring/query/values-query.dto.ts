import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { EventFilters } from './event-filters.dto.js';
import { FIELD_NAMES } from './field-filters.js';
import { Must } from './query-constraints.js';
import { isText } from './query-values.js';
import { isStatsBy, type StatsBy } from './stats-by.js';

const MOST_VALUES_SHOWN = 50;

/** Which values of a field are looked up: those that begin so, of which events. */
export class ValuesQuery extends EventFilters {
  @ApiProperty({ type: String, description: `${FIELD_NAMES.join(', ')}, compliance, or details.<path>` })
  @Must('the name of a filter, or a field such as details.method', (value) => isStatsBy(value) && value !== 'resource')
  readonly field!: StatsBy;

  @ApiPropertyOptional({ type: String, description: 'How they begin, in any case' })
  @IsOptional()
  @Must('a text of at most 512 characters', (value) => value === '' || isText(value))
  readonly prefix?: string;

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MOST_VALUES_SHOWN, default: 10 })
  @Must(
    `a whole number from 1 to ${MOST_VALUES_SHOWN}`,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_VALUES_SHOWN,
  )
  readonly limit: number = 10;
}
