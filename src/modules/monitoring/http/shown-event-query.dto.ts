import { EventQuery, RELATIONS, type Relation } from '../query/event-query.dto.js';
import { must, omitParameters, Parameter, pickParameters } from '../query/query-parameters.js';
import { Fields, type FieldPaths } from './sparse-fields.js';

/** The query of `GET /audit/events`, and of the routes for one event. */
export class ShownEventQuery extends EventQuery {
  @Fields()
  readonly fields?: FieldPaths;
}

/** The query of `GET /audit/events/:id`. */
export class OneEventQuery extends pickParameters(EventQuery, ['archived', 'names'] as const) {}

/** The query for the events related to an event. */
export class RelatedQuery extends ShownEventQuery {
  @Parameter(
    {
      enum: RELATIONS,
      isArray: true,
      description:
        'What the events have in common with it; without it, any of these. operation and request are the fastest',
    },
    must(`one or more of ${RELATIONS.join(', ')}`, (given) => {
      const list: readonly unknown[] = [given].flat();
      return list.length > 0 && list.every((each) => RELATIONS.some((relation) => relation === each));
    }),
  )
  readonly by?: Relation | readonly Relation[];
}

/** The query for one resource's history; the path names the resource. */
export class HistoryQuery extends omitParameters(ShownEventQuery, ['resourceType', 'resourceId'] as const) {}
