import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { EventFilters } from './event-filters.dto.js';
import { Must } from './query-constraints.js';
import { isStatsBy, STATS_NAMES, type StatsBy } from './stats-by.js';

/** Lengths of time, in UTC, each with the shortest that it has in milliseconds. Weeks begin on Monday. */
export const INTERVALS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_419_200_000 } as const;
export type StatsInterval = keyof typeof INTERVALS;

const MOST_GROUPS = 100;
const INTERVAL_NAMES = Object.keys(INTERVALS);

/** Counts of events: which, by what, and in which steps of time. */
export class StatsQuery extends EventFilters {
  @ApiPropertyOptional({ type: String, default: 'type', description: `${STATS_NAMES.join(', ')}, or details.<path>` })
  @Must(`one of ${STATS_NAMES.join(', ')}, or a field such as details.method`, isStatsBy)
  readonly by: StatsBy = 'type';

  @ApiPropertyOptional({
    enum: INTERVAL_NAMES,
    description: 'Steps of time in UTC; without it, the whole range is one',
  })
  @IsOptional()
  @Must(`one of ${INTERVAL_NAMES.join(', ')}`, (value) => typeof value === 'string' && INTERVAL_NAMES.includes(value))
  readonly interval?: StatsInterval;

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MOST_GROUPS, default: 20, description: 'Largest groups' })
  @Must(
    `a whole number from 1 to ${MOST_GROUPS}`,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_GROUPS,
  )
  readonly groups: number = 20;
}
