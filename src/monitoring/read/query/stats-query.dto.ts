import { ListFilters } from './event-filters.dto.js';
import { must, Parameter } from './query-parameters.js';
import { isStatsBy, STATS_NAMES, type StatsBy } from './stats-by.js';

/** Maps each interval, in UTC, to its shortest duration in milliseconds. Weeks begin on Monday. */
export const INTERVALS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_419_200_000 } as const;
export type StatsInterval = keyof typeof INTERVALS;

const MOST_GROUPS = 100;
const INTERVAL_NAMES = Object.keys(INTERVALS);

/** The query for counts of events. */
export class StatsQuery extends ListFilters {
  @Parameter(
    { type: String, description: `${STATS_NAMES.join(', ')}, or details.<path>` },
    must(`one of ${STATS_NAMES.join(', ')}, or a field such as details.method`, isStatsBy),
  )
  readonly by: StatsBy = 'type';

  @Parameter({
    enum: INTERVAL_NAMES,
    description: 'The length of the time steps, in UTC. Without this parameter, the range is not divided',
  })
  readonly interval?: StatsInterval;

  @Parameter({ type: Number, minimum: 1, maximum: MOST_GROUPS, description: 'Number of largest groups to return' })
  readonly groups: number = 20;
}
