import { EventQuery, RELATIONS, type Relation, ListFilters } from '../read/query/event-query.dto.js';
import {
  must,
  omitParameters,
  Parameter,
  pickParameters,
  Words,
  isUuid,
  mustEach,
  isText,
} from '../read/query/query-parameters.js';
import { Fields, type FieldPaths } from './sparse-fields.js';
import type { OneOrMore } from '../read/query/given-values.js';
import { parseTableName } from '../store/table-name.js';

export class ShownEventQuery extends EventQuery {
  @Fields()
  readonly fields?: FieldPaths;
}

export class EventListQuery extends ShownEventQuery {
  @Parameter(
    {
      type: String,
      description:
        'The id of an event. Finds the event and the events of the same request, session or trace, within one day before or after it',
    },
    must('the id of an event', isUuid),
  )
  readonly relatedTo?: string;

  @Words(
    RELATIONS,
    'With relatedTo: the relation between the events; default: any relation. The relations operation and request are the fastest',
  )
  readonly by?: OneOrMore<Relation>;
}

const EVENT_PARTS = ['related', 'proof', 'salt', 'gaps', 'replies'] as const;
type EventPart = (typeof EVENT_PARTS)[number];

const MOST_EVENTS = 200;
const MOST_NEIGHBOURS = 50;

export class OneEventQuery extends pickParameters(EventQuery, ['archived', 'names'] as const) {
  @Words(
    EVENT_PARTS,
    'Parts to add to the answer. salt: adds the salt to the proof, if you have the permission to export. gaps needs AuditViewerModule, and replies needs WatchModule',
  )
  readonly include?: OneOrMore<EventPart>;

  @Parameter({
    type: Number,
    minimum: 0,
    maximum: MOST_NEIGHBOURS,
    description: 'How many events before and after the event to add to the answer',
  })
  readonly neighbours?: number;
}

export class ProofQuery {
  @Parameter({ type: Boolean, description: 'true: adds the salt, if you have the permission to export' })
  readonly salt?: boolean;
}

const RESOURCE_PARTS = ['events', 'state', 'blame'] as const;
export type ResourcePart = (typeof RESOURCE_PARTS)[number];

export class ResourceQuery extends omitParameters(ShownEventQuery, ['resourceType', 'resourceId'] as const) {
  @Words(RESOURCE_PARTS, 'What to show. state and blame come from the captured row changes')
  readonly show: OneOrMore<ResourcePart> = 'events';

  @OfTable()
  readonly table?: OneOrMore<string>;

  @Parameter(
    {
      type: String,
      description: 'For state and blame: a day, an RFC 3339 time, or -24h for 24 hours ago. Default: now',
    },
    must('given once', (value) => typeof value === 'string'),
  )
  readonly at?: string;
}

export class TailQuery extends ListFilters {
  @Parameter({
    type: Number,
    minimum: -1,
    description: 'The index to start after; -1 starts with the first event. Default: the newest index',
  })
  readonly after?: number;

  @Parameter({
    type: Number,
    minimum: 1,
    maximum: MOST_EVENTS,
    description: 'Answers at once, with JSON and at most this number of events',
  })
  readonly limit?: number;

  @Fields()
  readonly fields?: FieldPaths;
}

function OfTable(): PropertyDecorator {
  const description =
    'The captured table of the record, such as public.orders. Needed if rows of several tables have this type and id. Give it again for a former name of the table';
  const isName = (value: unknown): boolean => isText(value) && parseTableName(value) !== undefined;
  return Parameter({ type: [String], description }, mustEach('a table with its schema, such as public.orders', isName));
}
