import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import type { Selectable } from './selection.js';

/** A report prints this SQL, so that others can repeat the count. An erased value does not count as missing. */

const IS_ERASED = '(personal_commitment IS NOT NULL AND personal_salt IS NULL)';
/** Returns the SQL for the time at which an event was accepted, which comes from the event's sealed id. */
export function acceptedAt(id: string): string {
  return `to_timestamp(('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
}

/** SQL conditions; the checks of content count the events that meet a condition. */
export const COUNTED = {
  /** Events of a user, an administrator or a service without the actor's id. */
  withoutActor: `(actor_id IS NULL AND actor_type IN ('user', 'admin', 'service') AND NOT ${IS_ERASED})`,
  withoutOrigin: `(method IS NOT NULL AND ip IS NULL AND NOT ${IS_ERASED})`,
  /** Events without the type of a resource, except the ledger's own events. */
  withoutObject: `(resource_type IS NULL AND NOT ${IS_ERASED} AND type !~ '^(audit|alert|review)_')`,
  /** Events with a text that redaction would mask: a JSON Web Token, an AWS key, or a private key. */
  withSecrets: `(concat_ws(' ', details::text, changes::text, error::text, metadata::text, personal::text, reason) ~
  '(^|[^[:alnum:]_-])eyJ[[:alnum:]_-]{5,}[.][[:alnum:]_-]+|(^|[^[:alnum:]])AKIA[A-Z0-9]{16}([^[:alnum:]]|$)|-----BEGIN ([A-Z]+ )*PRIVATE KEY-----')`,
  ahead: `(occurred_at > ${acceptedAt('id')} + interval '5 seconds')`,
} as const;

/**
 * A group of events that have the same values in all fields of a selection. For each condition of {@link COUNTED}, the group also contains
 * the number of its events that meet the condition.
 */
export type EventGroup = Selectable &
  Readonly<Record<keyof typeof COUNTED, number>> & {
    readonly events: number;
  };

/** A range of sealed events: with ids from `fromId` (inclusive) to `toId` (exclusive), and with an index below `size`. */
export interface EventRange {
  readonly fromId: string;
  readonly toId: string;
  readonly size: number;
}

/** The sealed events of a range: with ids from $1 (inclusive) to $2 (exclusive), and with an index below $3. */
export const EVENTS = `audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3 WHERE e.id >= $1 AND e.id < $2`;

const GROUPS = `
  SELECT e.type, e.action, e.category, e.outcome, e.actor_type AS "actorType", e.severity,
         count(*)::float8 AS events,
         ${Object.entries(COUNTED)
           .map(([name, condition]) => `(count(*) FILTER (WHERE ${condition}))::float8 AS "${name}"`)
           .join(', ')}
    FROM ${EVENTS}
   GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`;

const EXTENT = `
  SELECT count(*)::float8 AS events, min(event_id::text) AS first, max(event_id::text) AS last
    FROM audit_leaf WHERE event_id >= $1 AND event_id < $2 AND index < $3`;

const NEWEST = `
  SELECT event_id FROM audit_leaf WHERE event_id >= $1 AND event_id < $2 AND index < $3
   ORDER BY event_id DESC OFFSET $4::bigint LIMIT 1`;

/** Returns the number of events in the range, with the first and the last id. Rejects with an error of the PostgreSQL client. */
export async function readExtent(
  session: LedgerQueries,
  { fromId, toId, size }: EventRange,
): Promise<{ readonly events: number; readonly first?: string; readonly last?: string }> {
  const [row = {}] = await session.rows(EXTENT, [fromId, toId, size]);
  const { events, first, last } = row;
  return {
    events: Number(events),
    ...(typeof first === 'string' && { first }),
    ...(typeof last === 'string' && { last }),
  };
}

/** Returns the part of the range that contains its newest `most` events. Rejects with an error of the PostgreSQL client. */
export async function newestOf(session: LedgerQueries, range: EventRange, most: number): Promise<EventRange> {
  const [row] = await session.rows(NEWEST, [range.fromId, range.toId, range.size, most - 1]);
  return row ? { ...range, fromId: String(row.event_id) } : range;
}

/** Counts the events in one pass, grouped by the fields that selections use. Rejects with an error of the PostgreSQL client. */
export async function readGroups(
  session: LedgerQueries,
  { fromId, toId, size }: EventRange,
): Promise<readonly EventGroup[]> {
  const rows = await session.rows(GROUPS, [fromId, toId, size]);
  return rows.map((row) => ({ ...row }) as unknown as EventGroup); // the statement has these columns
}
