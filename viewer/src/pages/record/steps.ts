import { sortByTime } from '../../events/accepted-at.js';
import { getTable } from '../../events/links.js';
import type { ViewedEvent } from '../../events/viewed-event.js';

/** An event of a record. An operation and its changes of the record's row are one step. */
export interface Step extends ViewedEvent {
  /** The ids of the row changes. */
  readonly rows: readonly string[];
  /** The time after which the record is as the step left it. */
  readonly endedAt: string;
}

/** Joins the row changes of each operation with the operation's event. @param events newest first */
export function groupSteps(events: readonly ViewedEvent[]): readonly Step[] {
  const operations = new Map<unknown, ViewedEvent>();
  for (const event of events) {
    if (getTable(event) === undefined && event.outcome !== 'attempted') operations.set(getOperation(event), event);
  }
  operations.delete(undefined);
  const rowsByEvent = new Map<ViewedEvent, ViewedEvent[]>();
  const others: ViewedEvent[] = [];
  for (const event of events) {
    const operation = getTable(event) === undefined ? undefined : operations.get(getOperation(event));
    if (operation === undefined) others.push(event);
    else rowsByEvent.set(operation, [event, ...(rowsByEvent.get(operation) ?? [])]);
  }
  return others.map((event) => {
    const rows = sortByTime(rowsByEvent.get(event) ?? [], 'asc');
    const [first, last] = [rows[0]?.changes, rows.at(-1)?.changes];
    const changes = rows.length > 1 ? { before: first?.before, after: last?.after } : (first ?? event.changes);
    const times = [event, ...rows].map(({ occurredAt }) => occurredAt);
    return {
      ...event,
      ...(changes !== undefined && { changes }),
      ...{ rows: rows.map(({ id }) => id), endedAt: times.sort().at(-1) ?? event.occurredAt },
    };
  });
}

function getOperation({ metadata }: ViewedEvent): unknown {
  return metadata?.operationId;
}
