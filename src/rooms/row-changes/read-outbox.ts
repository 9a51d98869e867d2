import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import type { DrainPace } from '../../monitoring/operate/jobs/drain-pace.js';
import type { OutboxRow, ParkedPart } from './parked-changes.js';
import { verifyOrigins } from './verify-origins.js';

/** Few, as events of requests wait behind them. A single chunk may exceed these limits. */
const MAX_TAKEN_CHANGES = 500;
const MAX_TAKEN_BYTES = 8 * 1024 * 1024;

/** Far more than triggers write, but less than the longest JavaScript string, which has half a gigabyte. */
const MAX_READ_BYTES = 64_000_000;

const SIZE = 'octet_length(lines)::bigint + octet_length(source::text) + octet_length(origin::text)';

/** The database parks chunks that are too large to read. */
const TAKEN = `
  sized AS MATERIALIZED (SELECT *, ${SIZE} AS size FROM taken),
  aside AS (
    INSERT INTO audit_row_change_parked (position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, changes, lines, error, row_keys)
    SELECT position, transaction, begun_at, changed_at, operation, audit_row_json(source::text), audit_row_json(origin::text), statement_rows, changes, lines,
           format('its %s MB exceed the ${MAX_READ_BYTES / 1_000_000} MB that an instance reads', size / 1000000), '{}'
      FROM sized WHERE size > ${MAX_READ_BYTES}
    RETURNING position, error, CASE WHEN octet_length(source::text) <= ${MAX_READ_BYTES} THEN source::text END AS source)
  SELECT position, transaction::text, begun_at, changed_at, operation, source::text, origin::text, statement_rows, changes, lines, NULL AS error
    FROM sized WHERE size <= ${MAX_READ_BYTES}
  UNION ALL
  SELECT position, NULL, NULL, NULL, NULL, source, NULL, NULL, NULL, NULL, error FROM aside
   ORDER BY position`;

/**
 * A transaction waits for an earlier transaction that changed the same row, so the positions of a row's changes ascend in commit order.
 * Only one leader drains, so no lock is needed.
 */
const TAKE = `
  WITH waiting AS (
    SELECT position, sum(changes) OVER (ORDER BY position) - changes AS ahead, sum(bytes) OVER (ORDER BY position) - bytes AS bytes_ahead
      FROM (SELECT position, changes, octet_length(lines) AS bytes FROM audit_row_change ORDER BY position LIMIT ${MAX_TAKEN_CHANGES}) oldest
  ), taken AS (
    DELETE FROM audit_row_change outbox USING waiting
     WHERE outbox.position = waiting.position AND waiting.ahead < ${MAX_TAKEN_CHANGES} AND waiting.bytes_ahead < ${MAX_TAKEN_BYTES}
    RETURNING outbox.*
  ), ${TAKEN}`;

/** The query takes the chunks up to the last chunk of a transaction, so that the transaction's changes stay in order. */
const MAX_TAKEN_ON = 20_000;
const TAKE_ON = `
  WITH taken AS (
    DELETE FROM audit_row_change WHERE position > $1 AND position <= (
      SELECT max(position) FROM (
        SELECT position FROM audit_row_change WHERE position > $1 AND transaction = $2::text::xid8 ORDER BY position LIMIT ${MAX_TAKEN_ON}) own)
    RETURNING *
  ), ${TAKEN}`;

/**
 * Moves the oldest changes out of the outbox, each with its origin from `verifyOrigins`. If a change is nested, the function also moves the
 * rest of its transaction, with the statement that fired the trigger. Rejects with the error of the PostgreSQL client.
 *
 * @param onAside gets chunks that the database parked, because they are too large to read
 */
export async function takeChanges(
  session: LedgerSession,
  pace: DrainPace,
  onAside: (part: ParkedPart) => void,
): Promise<readonly OutboxRow[]> {
  const taken = [...(await session.rows(TAKE, [], 'audit_row_change_take'))];
  const last = new Map(taken.map(({ transaction, origin }) => [transaction, String(origin)]));
  for (const [transaction, origin] of last) {
    if (!isNested(origin)) continue;
    taken.push(...(await session.rows(TAKE_ON, [taken.at(-1)?.position, transaction])));
  }
  for (const row of taken) if (typeof row.error === 'string') onAside({ row, chunk: undefined, error: row.error });
  return verifyOrigins(
    session,
    taken.filter(({ error }) => error === null),
    pace,
  );
}

/** The search begins at the end of the origin, because a long context may come first. */
function isNested(origin: string): boolean {
  const start = origin.lastIndexOf(DEPTH);
  return start >= 0 && !NOT_NESTED.test(origin.slice(start + DEPTH.length, start + DEPTH.length + 2));
}

const DEPTH = '"depth" : ';
const NOT_NESTED = /^(?:1\D|\D)/;
