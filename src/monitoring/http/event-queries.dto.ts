import { EventQuery, RELATIONS, type Relation } from '../read/query/event-query.dto.js';
import { must, omitParameters, Parameter, pickParameters } from '../read/query/query-parameters.js';
import { Fields, type FieldPaths } from './sparse-fields.js';
import type { OneOrMore } from '../read/query/given-values.js';
import { OfTable } from '../read/query/records/of-table.js';
import { EventFilters } from '../read/query/event-filters.dto.js';

/** The query of `GET /audit/events`. The queries for related events and for histories also have these parameters. */
export class ShownEventQuery extends EventQuery {
  @Fields()
  readonly fields?: FieldPaths;
}

/** The query of `GET /audit/events/:id`. */
export class OneEventQuery extends pickParameters(EventQuery, ['archived', 'names'] as const) {}

/** The query of `GET /audit/events/:id/related`. */
export class RelatedQuery extends ShownEventQuery {
  @Parameter(
    {
      enum: RELATIONS,
      isArray: true,
      description:
        'The relation between the events; default: any relation. The relations operation and request are the fastest',
    },
    must(`one or more of ${RELATIONS.join(', ')}`, (given) => {
      const list: readonly unknown[] = [given].flat();
      return list.length > 0 && list.every((each) => RELATIONS.some((relation) => relation === each));
    }),
  )
  readonly by?: Relation | readonly Relation[];
}

/** The query of `GET /audit/resources/:type/:id/history`. */
export class HistoryQuery extends omitParameters(ShownEventQuery, ['resourceType', 'resourceId'] as const) {
  @OfTable()
  readonly table?: OneOrMore<string>;
}

const MOST_EVENTS = 200;
const MOST_NEIGHBOURS = 50;

/** The query of `GET /audit/events/tail`. */
export class TailQuery extends EventFilters {
  @Parameter({
    type: Number,
    minimum: -1,
    description: 'The index to start after; -1 starts with the first event. Default: the newest index',
  })
  readonly after?: number;

  @Fields()
  readonly fields?: FieldPaths;
}

/** The query of `GET /audit/events/newer`. */
export class NewerQuery extends TailQuery {
  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS })
  readonly limit: number = 50;
}

/** The query for an event's neighbours: the number of events before and after. */
export class NeighboursQuery {
  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS })
  readonly before: number = 5;

  @Parameter({ type: Number, minimum: 0, maximum: MOST_NEIGHBOURS })
  readonly after: number = 5;
}
