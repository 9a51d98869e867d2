import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import type { DrainPace } from '../../monitoring/operate/jobs/drain-pace.js';
import { MAX_READ_BYTES, type OutboxRow, type ParkedPart } from './parked-changes.js';
import { verifyOrigins } from './verify-origins.js';

/** Few, as events of requests wait behind them. A single chunk may exceed these limits. */
const MAX_TAKEN_CHANGES = 500;
const MAX_TAKEN_BYTES = 8 * 1024 * 1024;
/** More, since a part of them is not yet in its final order. */
const MAX_AROUND_CHANGES = 5_000;

const SIZE = 'octet_length(lines)::bigint + octet_length(source::text) + octet_length(origin::text)';

/** Before the depth, the origin has a context, whose quotation marks are escaped. A function that calls itself is never nested so deep. */
const DEPTH = `
  CASE strpos(origin::text, '"depth" : ') WHEN 0 THEN 1
    ELSE coalesce(substring(substr(origin::text, strpos(origin::text, '"depth" : ') + 10, 4) FROM '^([0-9]{1,3})[^0-9]')::int, 1) END`;

const CHUNK = `
  SELECT position, transaction, operation, changes, statement_rows, least(${SIZE}, ${MAX_READ_BYTES + 1}) AS bytes, ${DEPTH} AS depth
    FROM audit_row_change`;

/**
 * A transaction waits for an earlier transaction that changed the same row, so the positions of a row's changes ascend in commit order.
 * Only one leader drains, so no lock is needed.
 */
const OLDEST = `
  WITH oldest AS (${CHUNK} ORDER BY position LIMIT ${MAX_TAKEN_CHANGES})
  SELECT position, transaction::text, depth, changes, bytes FROM (
    SELECT *, sum(least(greatest(changes, 1), ${MAX_TAKEN_CHANGES})) OVER before AS changes_before, sum(bytes) OVER before AS bytes_before
      FROM oldest WINDOW before AS (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) summed
   WHERE changes_before IS NULL OR (changes_before < ${MAX_TAKEN_CHANGES} AND bytes_before + bytes <= ${MAX_TAKEN_BYTES})
   ORDER BY position`;

/** Finds the next chunk of a transaction ($2) after a position ($1) with less than a depth ($3): of the statement around a nested chunk. */
const NEXT_AROUND = `
  SELECT position, ${DEPTH} AS depth FROM audit_row_change
   WHERE transaction = $2::text::xid8 AND position > $1::bigint AND ${DEPTH} < $3::int ORDER BY position LIMIT 1`;

/**
 * Finds all chunks of the statements with these first chunks ($1). They have rows, are small enough to read, and are not taken yet. The
 * outermost come first.
 */
const STATEMENTS = `
  SELECT chunk.position, $2 AS transaction, chunk.depth, chunk.changes, chunk.bytes
    FROM (SELECT position, statement_rows, operation, source::text AS source, ${DEPTH} AS depth
            FROM audit_row_change WHERE position = ANY ($1::bigint[])) first
    JOIN LATERAL (${CHUNK}
     WHERE transaction = $2::text::xid8 AND position >= first.position AND position <= coalesce((
       SELECT position - 1 FROM audit_row_change
        WHERE transaction = $2::text::xid8 AND position > first.position AND (first.statement_rows = 1
              OR (${DEPTH}, statement_rows, operation, source::text) <> (first.depth, first.statement_rows, first.operation, first.source))
        ORDER BY position LIMIT 1), ${Number.MAX_SAFE_INTEGER})) chunk ON true
   WHERE chunk.changes > 0 AND chunk.bytes <= ${MAX_READ_BYTES} AND chunk.operation IN ('INSERT', 'UPDATE', 'DELETE')
   ORDER BY chunk.depth, chunk.position`;

/**
 * Moves chunks out of the outbox. The database parks chunks that are too large to read. Of the chunks $2, which are ahead of the changes that
 * their triggers made, an empty chunk remains, so that the next look finds that they are taken.
 */
const TAKE = `
  WITH taken AS (DELETE FROM audit_row_change WHERE position = ANY ($1::bigint[]) RETURNING *, ${SIZE} AS size),
  emptied AS (
    INSERT INTO audit_row_change (position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, changes, lines)
      OVERRIDING SYSTEM VALUE
    SELECT position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, 0, '[]'
      FROM taken WHERE position = ANY ($2::bigint[])),
  aside AS (
    INSERT INTO audit_row_change_parked (position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, changes, lines, error, row_keys)
    SELECT position, transaction, begun_at, changed_at, operation, audit_row_json(source::text), audit_row_json(origin::text), statement_rows, changes, lines,
           format('its %s MB exceed the ${MAX_READ_BYTES / 1_000_000} MB that an instance reads', size / 1000000), '{}'
      FROM taken WHERE size > ${MAX_READ_BYTES}
    RETURNING position, error, CASE WHEN octet_length(source::text) <= 10000 THEN source::text END AS source)
  SELECT position, transaction::text, begun_at, changed_at, operation, source::text, origin::text, statement_rows, changes, lines, NULL AS error
    FROM taken WHERE size <= ${MAX_READ_BYTES}
  UNION ALL
  SELECT position, NULL, NULL, NULL, NULL, source, NULL, NULL, NULL, NULL, error FROM aside
   ORDER BY position`;

interface Chunk {
  readonly position: string;
  readonly transaction: string;
  readonly depth: number;
  readonly changes: number;
  readonly bytes: number;
}

/**
 * Moves the oldest changes out of the outbox, each with its origin from `verifyOrigins`. Rejects with the error of the PostgreSQL client.
 *
 * @param onAside gets chunks that the database parked, because they are too large to read
 */
export async function takeChanges(
  session: LedgerSession,
  pace: DrainPace,
  onAside: (part: ParkedPart) => void,
): Promise<readonly OutboxRow[]> {
  const { oldest, around } = await pickChunks(session);
  const positions = [oldest, around].map((chunks) => chunks.map(({ position }) => position));
  const taken = await session.rows(TAKE, [positions.flat(), positions[1]], 'audit_row_change_take');
  for (const row of taken) if (typeof row.error === 'string') onAside({ row, chunk: undefined, error: row.error });
  return verifyOrigins(
    session,
    taken.filter(({ error }) => error === null),
    pace,
  );
}

interface PickedChunks {
  readonly oldest: readonly Chunk[];
  readonly around: readonly Chunk[];
}

/**
 * Picks the oldest chunks. If the last chunk of a transaction is nested, also picks the chunks of the statements around it, so that the
 * changes can be sorted. If these are too many, they are picked alone, a part at a time, before the nested chunks.
 */
async function pickChunks(session: LedgerSession): Promise<PickedChunks> {
  let oldest = await chunksOf(session, OLDEST, []);
  for (;;) {
    const last = new Map(oldest.map((chunk) => [chunk.transaction, chunk]));
    const nested = [...last.values()].filter(({ depth }) => depth > 1);
    const around: Chunk[] = [];
    let first: readonly Chunk[] = [];
    for (const chunk of nested) {
      const own = await chunksOf(session, STATEMENTS, [await positionsAround(session, chunk), chunk.transaction]);
      if (first.length === 0) first = own;
      around.push(...own);
    }
    if (partOf(around).length === around.length) return { oldest, around };
    const begin = beginOfNested(oldest, first);
    if (begin === 0) return { oldest: [], around: partOf(first) };
    oldest = oldest.slice(0, begin);
  }
}

interface Around {
  readonly after: bigint;
  readonly position?: string;
  readonly depth: number;
}

/** What was found for a transaction and a depth. Otherwise, each part of a large transaction would search most of the transaction again. */
const FOUND = new WeakMap<LedgerSession, Map<string, Around>>();
const MOST_FOUND = 1_000;

/** Returns the positions of the first chunks of the statements around a nested chunk, from the inside. */
async function positionsAround(session: LedgerSession, { transaction, ...nested }: Chunk): Promise<readonly string[]> {
  const known = FOUND.get(session) ?? new Map<string, Around>();
  FOUND.set(session, known);
  const positions: string[] = [];
  for (let { position, depth } = nested; depth > 1;) {
    const key = `${transaction} ${depth}`;
    const after = BigInt(position);
    let found = known.get(key);
    if (!found || after < found.after || (found.position !== undefined && after >= BigInt(found.position))) {
      const [row] = await session.rows(NEXT_AROUND, [position, transaction, depth]);
      found = row ? { after, position: String(row.position), depth: Number(row.depth) } : { after, depth: 1 };
      if (known.size >= MOST_FOUND) known.clear();
      known.set(key, found);
    }
    if (found.position === undefined) break;
    positions.push(found.position);
    ({ position, depth } = { position: found.position, depth: found.depth });
  }
  return positions;
}

async function chunksOf(session: LedgerSession, query: string, values: readonly unknown[]): Promise<readonly Chunk[]> {
  return (await session.rows(query, values)).map(({ position, transaction, depth, changes, bytes }) => ({
    ...{ position: String(position), transaction: String(transaction) },
    ...{ depth: Number(depth), changes: Number(changes), bytes: Number(bytes) },
  }));
}

/** Returns the first chunks, as many as may be taken at once, but at least one. */
function partOf(chunks: readonly Chunk[]): readonly Chunk[] {
  let [changes, bytes] = [0, 0];
  const end = chunks.findIndex((chunk, nth) => {
    [changes, bytes] = [changes + chunk.changes, bytes + chunk.bytes];
    return nth > 0 && (changes > MAX_AROUND_CHANGES || bytes > MAX_TAKEN_BYTES);
  });
  return end < 0 ? chunks : chunks.slice(0, end);
}

/** Returns where the changes begin that the triggers of a statement made, whose chunks come later. */
function beginOfNested(oldest: readonly Chunk[], [outermost]: readonly Chunk[]): number {
  const before = oldest.findLastIndex(
    ({ transaction, depth }) => transaction === outermost?.transaction && depth <= outermost.depth,
  );
  return oldest.findIndex(({ transaction }, nth) => nth > before && transaction === outermost?.transaction);
}
