import { parseCursor } from './cursor.js';
import { ListFilters } from './event-filters.dto.js';
import { must, Parameter } from './query-parameters.js';
import { isText } from './query-values.js';

const ORDERS = ['desc', 'asc'] as const;
export type EventOrder = (typeof ORDERS)[number];

export const RELATIONS = ['operation', 'request', 'session', 'trace'] as const;
export type Relation = (typeof RELATIONS)[number];

const MOST_EVENTS = 200;

/** The caller may have meant a resource of the type `order`, with the value as its id. */
function wrongOrder(name: string, value: unknown): string {
  const says = `${name} must be desc (newest first) or asc`;
  return isText(value) ? `${says}; for a record, resourceType=order&resourceId=${value}` : says;
}

/** The query for a page of events. */
export class EventQuery extends ListFilters {
  @Parameter({ enum: ORDERS, description: 'desc: newest first' }, (name, value) =>
    ORDERS.some((order) => order === value) ? [] : [wrongOrder(name, value)],
  )
  readonly order: EventOrder = 'desc';

  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS })
  readonly limit: number = 50;

  @Parameter(
    { type: String, description: 'nextCursor of the previous page, with the same filters and order' },
    must('the nextCursor of the previous page', (value) => parseCursor(value) !== undefined),
  )
  readonly cursor?: string;

  @Parameter({
    type: Boolean,
    description: 'true: adds names to events, which takes several times as long as reading the page',
  })
  readonly names?: boolean;

  @Parameter({
    type: Boolean,
    description: 'true: also searches archives of retired events. Needs the package @duckdb/node-api',
  })
  readonly archived?: boolean;
}
