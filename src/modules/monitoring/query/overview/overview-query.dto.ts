import { ListFilters } from '../event-filters.dto.js';
import type { OneOrMore } from '../given-values.js';
import { must, Parameter } from '../query-parameters.js';
import { isStatsBy, STATS_NAMES, type StatsBy } from '../stats-by.js';
import { isTimeZone } from './time-zone.js';

const DEFAULT_BY: readonly StatsBy[] = ['actorId', 'type', 'outcome', 'ip', 'resource', 'tenantId'];
const MOST_BY = 10;
const MOST_GROUPS = 50;
const MOST_STEPS = 400;

/** The query of an overview: the filters, the fields to group by, and the number of time steps. */
export class OverviewQuery extends ListFilters {
  @Parameter(
    {
      type: [String],
      description: `${STATS_NAMES.join(', ')}, or details.<path>; up to ${MOST_BY} of them`,
    },
    must(`at most ${MOST_BY} of ${STATS_NAMES.join(', ')}, or fields such as details.method`, areStatsBy),
  )
  readonly by: OneOrMore<StatsBy> = DEFAULT_BY;

  @Parameter({ type: Number, minimum: 1, maximum: MOST_GROUPS, description: 'Largest groups' })
  readonly groups: number = 10;

  @Parameter({ type: Number, minimum: 1, maximum: MOST_STEPS, description: 'Most steps of time' })
  readonly steps: number = 60;

  @Parameter(
    { type: String, description: 'Where days begin: a name such as Europe/Rome' },
    must('a time zone of the IANA list, such as Europe/Rome', isTimeZone),
  )
  readonly timeZone: string = 'UTC';
}

function areStatsBy(given: unknown): boolean {
  const all = [given].flat();
  return all.length > 0 && all.length <= MOST_BY && new Set(all).size === all.length && all.every(isStatsBy);
}
