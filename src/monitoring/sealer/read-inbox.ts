import type { LedgerRow } from '../store/ledger-row.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { getRowBody, LINE_VERSION, MAX_UNPACKED_BYTES } from '../inbox/inbox-row.js';
import type { WrittenLines } from './seal-lines.js';

/**
 * What the leader has seen of the inbox: all rows up to `position` that were visible in a snapshot. Rows with a lower position may become
 * visible later, but only from transactions that the snapshot does not have: those from `next` on, and those that were `running`.
 */
export interface InboxPosition {
  readonly position: string;
  readonly next: string;
  readonly running: readonly string[];
}

export const INBOX_START: InboxPosition = { position: '0', next: '18446744073709551615', running: [] };

interface TakenRows {
  readonly rows: readonly WrittenLines[];
  readonly seen: InboxPosition;
  /** Whether no more rows that the leader can read wait. */
  readonly isAll: boolean;
}

const MAX_ROWS = 10_000;
/** What a row costs beside its bytes. */
const ROW_BYTES = 200;

/**
 * Parameters: the position, the next transaction and the running transactions of {@link InboxPosition}. The sum keeps the server from reading the
 * index of the positions where only that of the transactions is short.
 */
const selectUnseen = (columns: string): string => `
  (SELECT ${columns} FROM audit_inbox WHERE position > $1::bigint AND version <= ${LINE_VERSION} ORDER BY position LIMIT ${MAX_ROWS + 1})
  UNION ALL
  (SELECT ${columns} FROM audit_inbox WHERE transaction >= $2::xid8 AND position + 0 <= $1::bigint AND version <= ${LINE_VERSION}
    ORDER BY position LIMIT ${MAX_ROWS + 1})
  UNION ALL
  (SELECT ${columns} FROM audit_inbox WHERE transaction = ANY ($3::xid8[]) AND position + 0 <= $1::bigint AND version <= ${LINE_VERSION}
    ORDER BY position LIMIT ${MAX_ROWS + 1})`;

const SELECT_PENDING = `
  SELECT EXISTS (${selectUnseen('1')}) AS is_waiting, pg_current_snapshot()::text AS snapshot`.replaceAll(
  ` ORDER BY position LIMIT ${MAX_ROWS + 1}`,
  ' LIMIT 1',
);

/** The size of a row. What a packed row states counts only as far as it can be true: no less than it has, and no more than is unpacked. */
const SIZE = `${ROW_BYTES} + coalesce(greatest(octet_length(packed), least(bytes, ${MAX_UNPACKED_BYTES} * octet_length(packed))), octet_length(body))`;

/** Rows in the order of their positions, up to a number of bytes, but at least one. */
const TAKE = `
  WITH waiting AS (
    SELECT position, ${SIZE} AS bytes FROM (${selectUnseen('position, body, packed, bytes')}) AS unseen ORDER BY position LIMIT ${MAX_ROWS + 1}
  ), picked AS (
    SELECT position FROM (SELECT position, sum(bytes) OVER (ORDER BY position) - bytes AS before FROM waiting) AS summed
     WHERE before < $4 ORDER BY position LIMIT ${MAX_ROWS}
  ), taken AS (
    DELETE FROM audit_inbox row USING picked WHERE row.position = picked.position
    RETURNING row.position, row.stored_at, row.version, row.seed, row.mac, row.body, row.packed, row.bytes, row.lines
  )
  SELECT pg_current_snapshot()::text AS snapshot, (SELECT count(*) FROM waiting) = (SELECT count(*) FROM picked) AS is_all, taken.*
    FROM (VALUES (1)) AS one LEFT JOIN taken ON true ORDER BY taken.position`;

/** Whether committed events wait. If none waits, the result has what the leader has seen with this look. */
export async function checkForEvents(
  session: LedgerSession,
  inbox: InboxPosition,
): Promise<{ readonly isWaiting: boolean; readonly seen: InboxPosition }> {
  const { position, next, running } = inbox;
  const [row] = await session.rows(SELECT_PENDING, [position, next, running], 'audit_inbox_look');
  const isWaiting = row?.is_waiting === true;
  return { isWaiting, seen: isWaiting ? inbox : toInboxPosition(row, position) };
}

/**
 * Takes the oldest committed rows out of the inbox, in the session's transaction: at most `maxBytes`, unless the first row is larger.
 *
 * Rows become visible by transaction, but their order is the position: of two changes of one row, the second waits for the first one's
 * commit, and so has the higher position.
 */
export async function takeRows(session: LedgerSession, seen: InboxPosition, maxBytes: number): Promise<TakenRows> {
  const { position, next, running } = seen;
  const found = await session.rows(TAKE, [position, next, running, maxBytes], 'audit_inbox_take');
  const [first] = found;
  const isAll = first?.is_all === true;
  const last = (found.at(-1)?.position ?? position) as string; // the column's type
  // The rows that became visible later come first. Until they are all taken, the snapshot stays.
  const isPastLate = isAll || BigInt(last) > BigInt(position);
  const reached = BigInt(last) > BigInt(position) ? last : position;
  return { rows: toWrittenLines(found), isAll, seen: isPastLate ? toInboxPosition(first, reached) : seen };
}

/** Returns the taken rows, none if nothing waited. */
function toWrittenLines(found: readonly LedgerRow[]): readonly WrittenLines[] {
  const taken = found.filter(({ position }) => position !== null);
  return taken.map((row) => ({
    // The columns' types.
    storedAt: row.stored_at as Date,
    version: Number(row.version),
    seed: row.seed as Buffer,
    mac: row.mac as Buffer | null,
    body: getRowBody(row),
  }));
}

/** A snapshot is written as `xmin:xmax:running,running`. */
function toInboxPosition(row: LedgerRow | undefined, position: string): InboxPosition {
  const [, next = '0', running = ''] = String(row?.snapshot).split(':');
  return { position, next, running: running === '' ? [] : running.split(',') };
}
