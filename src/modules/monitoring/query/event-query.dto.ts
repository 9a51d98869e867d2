import { parseCursor } from './cursor.js';
import { ListFilters } from './event-filters.dto.js';
import { must, Parameter } from './query-parameters.js';
import { isText } from './query-values.js';

const ORDERS = ['desc', 'asc'] as const;
export type EventOrder = (typeof ORDERS)[number];

/** The relations that events may have with each other. */
export const RELATIONS = ['operation', 'request', 'session', 'trace'] as const;
export type Relation = (typeof RELATIONS)[number];

const MOST_EVENTS = 200;

/** The message for an unknown `order`. Resources may be orders, so it suggests what else may be meant. */
function wrongOrder(name: string, value: unknown): string {
  const says = `${name} must be desc, for the newest first, or asc`;
  return isText(value) ? `${says}; for a record, resourceType=order&resourceId=${value}` : says;
}

/** The query for a page of events: the filters, the order, and the cursor. */
export class EventQuery extends ListFilters {
  @Parameter({ enum: ORDERS, description: 'desc: newest first' }, (name, value) =>
    ORDERS.some((order) => order === value) ? [] : [wrongOrder(name, value)],
  )
  readonly order: EventOrder = 'desc';

  @Parameter({ type: Number, minimum: 1, maximum: MOST_EVENTS })
  readonly limit: number = 50;

  @Parameter(
    { type: String, description: 'nextCursor of the page before, with the same filters and order' },
    must('the nextCursor of the page before', (value) => parseCursor(value) !== undefined),
  )
  readonly cursor?: string;

  @Parameter({
    type: Boolean,
    description: 'true: events have names, which takes several times as long as the page itself',
  })
  readonly names?: boolean;

  @Parameter({
    type: Boolean,
    description: 'Whether archives of retired events are asked, too. Needs the package @duckdb/node-api',
  })
  readonly archived?: boolean;
}
