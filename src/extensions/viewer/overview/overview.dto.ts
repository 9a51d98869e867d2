import { z } from 'zod';
import { list, namedSchema, time, wordSchema } from '../../../monitoring/read/responses/shape.js';
import { withoutCount } from '../../../monitoring/read/query/ledger-event.dto.js';
import type { StepName } from './time-steps.js';
import { ListFilters } from '../../../monitoring/read/query/event-query.dto.js';
import type { OneOrMore } from '../../../monitoring/read/query/filter-values.js';
import { validate, Parameter } from '../../../monitoring/read/query/query-parameters.js';
import { isStatsBy, STATS_NAMES, type StatsBy } from '../../../monitoring/read/query/stats-query.dto.js';
import { isTimeZone } from '../../../monitoring/read/query/query-times.js';

const DEFAULT_BY: readonly StatsBy[] = ['actorId', 'type', 'outcome', 'ip', 'resource', 'tenantId'];
const MAX_BY = 10;
const MAX_GROUPS = 50;
const MAX_STEPS = 400;

export class OverviewQuery extends ListFilters {
  @Parameter(
    {
      type: [String],
      description: `${STATS_NAMES.join(', ')}, or details.<path>; up to ${MAX_BY} of them`,
    },
    validate(`at most ${MAX_BY} of ${STATS_NAMES.join(', ')}, or fields such as details.method`, isStatsByList),
  )
  readonly by: OneOrMore<StatsBy> = DEFAULT_BY;

  @Parameter({ type: Number, minimum: 1, maximum: MAX_GROUPS, description: 'Number of largest groups to return' })
  readonly groups: number = 10;

  @Parameter({ type: Number, minimum: 1, maximum: MAX_STEPS, description: 'Maximum number of steps of time' })
  readonly steps: number = 60;

  @Parameter(
    { type: String, description: 'The time zone of the days, such as Europe/Rome' },
    validate('an IANA time zone such as Europe/Rome', isTimeZone),
  )
  readonly timeZone: string = 'UTC';

  @Parameter({
    type: Boolean,
    description: 'true: the range begins with the first matching event, and ends after the last one',
  })
  readonly fit?: boolean;

  @Parameter({
    type: Boolean,
    description: 'true: adds the last known names of resources, and counts the ids of one person together',
  })
  readonly names?: boolean;
}

function isStatsByList(input: unknown): boolean {
  const all = [input].flat();
  return all.length > 0 && all.length <= MAX_BY && new Set(all).size === all.length && all.every(isStatsBy);
}

const OverviewEstimate = namedSchema(
  'OverviewEstimate',
  z.object({
    sampled: z.int().describe('Number of events in the sample'),
    share: z
      .number()
      .describe("The share of the table's blocks in the sample, from 0 to 1; 0 if even the sample took too long"),
    margin: z.number().describe('Margin of error of total, with 95 % confidence'),
  }),
);

const OverviewStep = namedSchema(
  'OverviewStep',
  z.object({
    start: time,
    end: time.describe('Exclusive'),
    count: z.int(),
    outcomes: z.record(z.string(), z.int()).describe('Number of events by outcome'),
  }),
);

const OverviewGroup = namedSchema(
  'OverviewGroup',
  z.object({
    value: z.string().nullable(),
    name: z.string().exactOptional(),
    also: list(z.string()).exactOptional().describe('Other ids of the same person, such as an e-mail address'),
    count: z.int(),
    margin: z.number().exactOptional().describe('For an estimate: margin of error of count, with 95 % confidence'),
  }),
);
export type OverviewGroup = z.infer<typeof OverviewGroup>;

/** The counts of events by several fields, and over time. */
export const EventOverview = namedSchema(
  'EventOverview',
  z.object({
    from: time,
    to: time.describe('Exclusive'),
    total: z.int(),
    estimate: OverviewEstimate.exactOptional().describe('Absent if every number is exact'),
    histogram: z.object({
      timeZone: z.string().meta({ example: 'Europe/Rome' }),
      step: wordSchema<StepName>().meta({ example: '1d' }),
      steps: list(OverviewStep).describe('Oldest first, including empty steps'),
    }),
    counts: z
      .record(z.string(), z.object({ groups: list(OverviewGroup), others: z.int() }))
      .describe('For each field in the parameter `by`: the largest groups, and the number of events in other groups'),
    archived: withoutCount,
    reader: z.string().exactOptional().describe('The id of the actor who reads, to exclude their own reads'),
  }),
);
export type EventOverview = z.infer<typeof EventOverview>;
