import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import type { TreeHead } from '../../monitoring/proof/log/merkle/verify-consistency.js';
import type { LedgerQueries, LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import { judgeCheckpoint } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { readNewestHead } from '../../monitoring/proof/verify/read-heads.js';
import { reportErrors } from './report.errors.js';

/**
 * The log up to a signed checkpoint, with the times of its first and last event. The times come from the sealed ids of events, because no
 * signature covers the times of checkpoints.
 */
export interface LogHead {
  /** The checkpoint that ends the reported log; absent if no known key signed a checkpoint. */
  readonly head: (TreeHead & { readonly note: string }) | undefined;
  readonly size: number;
  /** The time at which the first event of the log was accepted. */
  readonly beganAt: Date | undefined;
  /** The time at which the newest event of the log was accepted. */
  readonly asOf: Date | undefined;
  /**
   * The number of events that a reader of the log must have read. Events of the last {@link AT_ONCE_MS} do not count. If all events are
   * from this period, all events count.
   */
  readonly placesDue: number;
}

const AT_ONCE_MS = 5 * 60_000;
/** An id whose time is ahead by more than this tolerance comes from a wrong clock, and is ignored. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

const MARKED = 'SELECT size, root, note FROM audit_checkpoint WHERE size = $1';
const TIMES = `
  SELECT (SELECT event_id FROM audit_leaf WHERE index < $1 ORDER BY index LIMIT 1)::text AS first,
         (SELECT event_id FROM audit_leaf WHERE index < $1 AND event_id < $2 ORDER BY event_id DESC LIMIT 1)::text AS last`;
const DUE = 'SELECT coalesce(max(index) + 1, 0)::float8 AS due FROM audit_leaf WHERE index < $1 AND event_id < $2';

/**
 * Reads the newest checkpoint that a known key signed, or the checkpoint of the size `mark`. Rejects with an error of the PostgreSQL
 * client.
 *
 * @throws `AUDIT_REQUEST_INVALID` if no known key signed a checkpoint of that size
 */
export async function readLogHead(
  session: LedgerSession,
  trust: CheckpointTrust,
  mark: number | undefined,
): Promise<LogHead> {
  const head = mark === undefined ? await readNewestHead(session, trust) : await headOf(session, trust, mark);
  const size = head?.size ?? 0;
  const [times] = await session.rows(TIMES, [size, firstIdAt(new Date(Date.now() + CLOCK_TOLERANCE_MS))]);
  const [beganAt, asOf] = [times?.first, times?.last].map((id) => (typeof id === 'string' ? timeOfId(id) : undefined));
  const [row] = asOf ? await session.rows(DUE, [size, firstIdAt(new Date(asOf.getTime() - AT_ONCE_MS))]) : [];
  return { head, size, beganAt, asOf, placesDue: Number(row?.due ?? 0) || size };
}

async function headOf(session: LedgerSession, trust: CheckpointTrust, mark: number): Promise<LogHead['head']> {
  const [row] = await session.rows(MARKED, [mark]);
  const judged = row && judgeCheckpoint(row, trust);
  if (!judged || !('head' in judged)) throw reportErrors.AUDIT_REQUEST_INVALID.unknownMark(mark);
  return { ...judged.head, note: String(row.note) };
}

/** An erased value does not count as missing. */
const IS_ERASED = '(personal_commitment IS NOT NULL AND personal_salt IS NULL)';

/** Returns the SQL for the time at which an event was accepted, which comes from the event's sealed id. */
export function acceptedAt(id: string): string {
  return `to_timestamp(('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
}

/** SQL conditions. The checks of what events contain count the events that meet a condition. */
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

const GROUPED = {
  type: 'e.type',
  action: 'e.action',
  category: 'e.category',
  outcome: 'e.outcome',
  actorType: 'e.actor_type',
  severity: 'e.severity',
} as const;

/**
 * A group of events that have the same values in the fields by which checks filter. For each condition of {@link COUNTED}, the group also
 * contains the number of its events that meet the condition.
 */
export type EventGroup = Readonly<Record<keyof typeof GROUPED, string>> &
  Readonly<Record<keyof typeof COUNTED | 'events', number>>;

/** A range of sealed events: with ids from `fromId` (inclusive) to `toId` (exclusive), and with an index below `size`. */
export interface EventRange {
  readonly fromId: string;
  readonly toId: string;
  readonly size: number;
}

/** The sealed events of a range: with ids from $1 (inclusive) to $2 (exclusive), and with an index below $3. */
export const EVENTS = `audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3 WHERE e.id >= $1 AND e.id < $2`;

const GROUPS = `
  SELECT ${Object.entries(GROUPED)
    .map(([name, column]) => `${column} AS "${name}"`)
    .join(', ')},
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

/** Counts the events in one pass, grouped by the fields of filters. Rejects with an error of the PostgreSQL client. */
export async function readGroups(
  session: LedgerQueries,
  { fromId, toId, size }: EventRange,
): Promise<readonly EventGroup[]> {
  const rows = await session.rows(GROUPS, [fromId, toId, size]);
  return rows.map((row) => ({ ...row }) as unknown as EventGroup); // the statement has these columns
}
