import { ANSWER_TYPES, isSignedAnswer } from '../acts/answers.js';
import { HASH_BYTES } from '../log/merkle/hashes.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { VERIFIED_TYPES } from '../store/exact-json.js';
import { factsOfRow, VERIFIED_COLUMNS, type LedgerRow } from '../store/ledger-row.js';
import { checkRow, whyRefused } from '../store/stored-rows/check-row.js';
import {
  isCanonical,
  isOfOwnLeaf,
  checkPersonal,
  positionOf,
  TEXT_COLUMNS,
  type TextRow,
} from '../store/stored-rows/event-texts.js';

const MAX_BATCH_EVENTS = 4_096;

interface TakenBatch {
  /** The ids of the events to seal, in the order of their leaves. */
  readonly ids: readonly string[];
  readonly leafHashes: readonly Uint8Array[];
  /** The reason for each event that must not be sealed. The key is the event's id. */
  readonly refused: ReadonlyMap<string, string>;
  /** The oldest transaction that may still have events to seal. */
  readonly fromTransaction: string;
  /** Whether no more committed events wait. */
  readonly isAll: boolean;
}

/** The lower bound of all transaction ids. */
export const FIRST_TRANSACTION = '0';

/** Skips events that already have a leaf, because a copy may be added after an event's month was dropped. */
const TAKE = `
  WITH waiting AS (
    SELECT transaction, position, sum(cardinality(event_ids)) OVER (ORDER BY transaction, position) AS events
      FROM audit_unsequenced WHERE transaction >= $1::xid8
     ORDER BY transaction, position LIMIT ${MAX_BATCH_EVENTS}
  ), picked AS (
    SELECT transaction, position FROM waiting
     WHERE events <= ${MAX_BATCH_EVENTS} OR (transaction, position) = (
       SELECT transaction, position FROM waiting ORDER BY transaction, position LIMIT 1)
  ), taken AS (
    DELETE FROM audit_unsequenced queue USING picked
     WHERE queue.transaction = picked.transaction AND queue.position = picked.position
    RETURNING queue.transaction, queue.position, queue.event_ids, queue.leaf_hashes
  ), unplaced AS (
    SELECT transaction, position, nth, event_id, leaf_hash
      FROM taken, unnest(event_ids, leaf_hashes) WITH ORDINALITY AS event (event_id, leaf_hash, nth)
     WHERE NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = event.event_id)
  )
  SELECT (SELECT array_agg(event_id::text ORDER BY transaction, position, nth) FROM unplaced) AS ids,
         (SELECT string_agg(leaf_hash, '' ORDER BY transaction, position, nth) FROM unplaced) AS hashes,
         (SELECT count(*) FROM taken) = (SELECT count(*) FROM waiting)
           AND (SELECT count(*) FROM waiting) < ${MAX_BATCH_EVENTS} AS is_all,
         pg_snapshot_xmin(pg_current_snapshot())::text AS from_transaction`;

const PLACE = `
  INSERT INTO audit_leaf (index, event_id, leaf_hash)
    SELECT $1::bigint - 1 + nth, event_id, substring($3::bytea FROM ${HASH_BYTES} * (nth::int - 1) + 1 FOR ${HASH_BYTES})
      FROM unnest($2::uuid[]) WITH ORDINALITY AS placed (event_id, nth)`;

const OLDEST = `
  SELECT floor(extract(epoch FROM oldest) * 1000) AS stored_at, extract(epoch FROM clock_timestamp() - oldest)::float8 AS waited
    FROM (SELECT min(least(greatest(stored_at, 'epoch'), clock_timestamp())) AS oldest
            FROM (SELECT stored_at FROM audit_unsequenced UNION ALL SELECT stored_at FROM audit_inbox) AS waiting) AS queue`;

/** When the oldest waiting event was stored, and how long the event has waited by the server's clock. */
export interface OldestWaiting {
  readonly storedAt: Date;
  readonly waitedSeconds: number;
}

/** Returns the times of the oldest waiting event; `undefined` if no event waits. */
export async function oldestWaiting(session: LedgerSession): Promise<OldestWaiting | undefined> {
  const [row] = await session.rows(OLDEST);
  if (typeof row?.waited !== 'number') return undefined;
  return { storedAt: new Date(Number(row.stored_at)), waitedSeconds: Math.floor(row.waited) };
}

/** Takes up to 4,096 committed events out of the queue, in the session's transaction. Refuses forged events. */
export async function takeBatch(
  session: LedgerSession,
  fromTransaction: string,
  trust: CheckpointTrust,
): Promise<TakenBatch> {
  const [row] = await session.rows(TAKE, [fromTransaction], 'audit_unsequenced_take');
  const isAll = row?.is_all === true;
  const hashes = Buffer.isBuffer(row?.hashes) ? row.hashes : Buffer.alloc(0);
  const waiting = new Map(
    ((row?.ids ?? []) as readonly string[]) // an array of texts
      .map((id, nth) => [id, hashes.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES)]),
  );
  const refused = await findRefused(session, waiting, trust);
  const placed = [...waiting].filter(([id]) => !refused.has(id));
  return {
    ids: placed.map(([id]) => id),
    leafHashes: placed.map(([, leafHash]) => leafHash),
    ...{ refused, isAll, fromTransaction: isAll ? String(row.from_transaction) : fromTransaction },
  };
}

/** Adds the leaves of a batch, from `firstIndex` on. */
export async function placeLeaves(
  session: LedgerSession,
  firstIndex: number,
  { ids, leafHashes }: Pick<TakenBatch, 'ids' | 'leafHashes'>,
): Promise<void> {
  await session.rows(PLACE, [firstIndex, ids, Buffer.concat(leafHashes)], 'audit_leaf_place');
}

const OF_IDS = 'FROM audit_event WHERE id = ANY';
const TEXTS = `SELECT ${TEXT_COLUMNS} ${OF_IDS} ($1::uuid[])`;
const EXAMINED = `SELECT ${VERIFIED_COLUMNS} ${OF_IDS} ($1::uuid[])`;
/** The pages have few rows, because a row may have hundreds of KiB, and other work must run between pages. */
const [LOOKED_ROWS, EXAMINED_ROWS] = [256, 32];

const [ID, TYPE, LEAF_HASH] = ['id', 'type', 'leaf_hash'].map(positionOf) as [number, number, number]; // positionOf() returns a number for each name

/**
 * Any login that may add events can write forged events. The result contains the reason why each of these events is refused, by the event's
 * id.
 */
async function findRefused(
  session: LedgerSession,
  waiting: ReadonlyMap<string, Buffer>,
  trust: CheckpointTrust,
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  const doubtful = new Set(waiting.keys());
  for (const ids of pagesOf([...waiting.keys()], LOOKED_ROWS)) {
    await session.eachText(TEXTS, [ids], 'audit_event_texts', (row) => {
      const id = String(row[ID]);
      const isQueued = row[LEAF_HASH] === `\\x${waiting.get(id)?.toString('hex')}`;
      if (isQueued && isOfWriter(row) && !ANSWER_TYPES.has(String(row[TYPE]))) doubtful.delete(id);
    });
  }
  for (const ids of pagesOf([...doubtful], EXAMINED_ROWS)) {
    const { rows } = await session.query({ text: EXAMINED, values: [ids], types: VERIFIED_TYPES });
    for (const row of rows) {
      const id = String(row.id);
      const why = whyRefused(checkRow(row), waiting.get(id)) ?? whyUnsigned(row, trust);
      if (why !== undefined) refused.set(id, why);
    }
  }
  return refused;
}

function pagesOf(ids: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, nth) => ids.slice(nth * size, (nth + 1) * size));
}

function whyUnsigned(row: LedgerRow, trust: CheckpointTrust): string | undefined {
  const isAccepted = !ANSWER_TYPES.has(String(row.type)) || isSignedAnswer(factsOfRow(row), trust);
  return isAccepted ? undefined : 'no key of the ledger signed this answer to an alert or a review';
}

/** Every row that the ledger wrote passes this fast check. */
function isOfWriter(row: TextRow): boolean {
  try {
    return isOfOwnLeaf(row) && checkPersonal(row) !== 'doubtful' && isCanonical(row);
  } catch {
    return false; // the later examination of this row finds the reason
  }
}
