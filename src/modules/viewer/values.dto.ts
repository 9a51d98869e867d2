import { z } from 'zod';
import { list, named, word } from '../monitoring/answers/shape.js';
import { EventFilters } from '../monitoring/query/event-filters.dto.js';
import { FIELD_NAMES } from '../monitoring/query/field-filters.js';
import { must, Parameter, RequiredParameter } from '../monitoring/query/query-parameters.js';
import { isText } from '../monitoring/query/query-values.js';
import { isStatsBy, type StatsBy } from '../monitoring/query/stats-by.js';

const MOST_VALUES_SHOWN = 50;

/** The query for values of a field: their beginning, and the filters of events. */
export class ValuesQuery extends EventFilters {
  @RequiredParameter(
    { type: String, description: `${FIELD_NAMES.join(', ')}, compliance, or details.<path>` },
    must(
      'the name of a filter, or a field such as details.method',
      (value) => isStatsBy(value) && value !== 'resource',
    ),
  )
  readonly field!: StatsBy;

  @Parameter(
    { type: String, description: 'How they begin, in any case' },
    must('a text of at most 512 characters', (value) => value === '' || isText(value)),
  )
  readonly prefix?: string;

  @Parameter({ type: Number, minimum: 1, maximum: MOST_VALUES_SHOWN })
  readonly limit: number = 10;
}

const FieldValue = named(
  'FieldValue',
  z.object({
    value: z.string().meta({ example: 'u-1' }),
    name: z.string().exactOptional().describe("Of an actor's id: a name that it has").meta({ example: 'Ada' }),
    count: z.int().describe('How many of the newest 20,000 events have it'),
  }),
);
export type FieldValue = z.infer<typeof FieldValue>;

export const FieldValues = named(
  'FieldValues',
  z.object({
    field: word<StatsBy>().meta({ example: 'actorId' }),
    values: list(FieldValue).describe('The most frequent first'),
    isWhole: z.boolean().describe('false: there may be more, of older events or beyond the limit'),
  }),
);
export type FieldValues = z.infer<typeof FieldValues>;
