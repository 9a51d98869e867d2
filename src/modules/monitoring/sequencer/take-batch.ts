import { ANSWER_TYPES, isSignedAnswer } from '../acts/answers.js';
import { HASH_BYTES } from '../log/merkle/hashes.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { ID_BYTES, idOfKey, hexOf, keyOfId } from '../store/stored-rows/id-keys.js';
import type { AuditEvent } from '../../../audit/plain.js';
import { VERIFIED_TYPES } from '../store/exact-json.js';
import { factsOfRow, type LedgerRow } from '../store/ledger-row.js';
import { checkRow, whyRefused } from '../store/stored-rows/check-row.js';
import { COPIED_EXPRESSIONS, placeOf } from '../store/stored-rows/copied-events.js';
import { EventBytes } from '../store/stored-rows/event-bytes.js';
import { VERIFIED_COLUMNS } from '../store/stored-rows/verified-columns.js';

const EVENT_BYTES = ID_BYTES + HASH_BYTES;

/** The maximum number of events to which one transaction gives places; a single statement that added more may exceed it. */
const MAX_BATCH_EVENTS = 4_096;

/** The result of one look at the waiting events. */
export interface TakenBatch {
  /** The leaf hashes of the events that got places, in their order. */
  readonly leafHashes: readonly Uint8Array[];
  /** Why events got no place, by their ids. */
  readonly refused: ReadonlyMap<string, string>;
  /** The first transaction that may have more events to take; all earlier ones are done. */
  readonly fromTransaction: string;
  /** Whether no visible event is left. */
  readonly isAll: boolean;
}

/** Before every other transaction. */
export const FIRST_TRANSACTION = '0';

/**
 * Takes events in the order of their transactions, their statements, and their ids. It leaves out ids that were taken before: an id may
 * return when its month was dropped and a late copy of its event was stored.
 */
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
  SELECT (SELECT string_agg(uuid_send(event_id) || leaf_hash, '' ORDER BY transaction, position, nth) FROM unplaced) AS events,
         (SELECT count(*) FROM taken) = (SELECT count(*) FROM waiting)
           AND (SELECT count(*) FROM waiting) < ${MAX_BATCH_EVENTS} AS is_all,
         pg_snapshot_xmin(pg_current_snapshot())::text AS from_transaction`;

const PLACE = `
  INSERT INTO audit_leaf (index, event_id, leaf_hash)
    SELECT $1::bigint - 1 + nth, encode(substring($2::bytea FROM ${EVENT_BYTES} * (nth - 1) + 1 FOR ${ID_BYTES}), 'hex')::uuid,
           substring($2::bytea FROM ${EVENT_BYTES} * (nth - 1) + ${ID_BYTES + 1} FOR ${HASH_BYTES})
      FROM generate_series(1, length($2::bytea) / ${EVENT_BYTES}) AS nth`;

const LOOK = 'SELECT EXISTS (SELECT FROM audit_unsequenced WHERE transaction >= $1::xid8) AS waiting';

/** Whether committed events wait for their places. */
export async function hasWaiting(session: LedgerSession, fromTransaction: string): Promise<boolean> {
  const [row] = await session.rows(LOOK, [fromTransaction], 'audit_unsequenced_look');
  return row?.waiting === true;
}

const OLDEST = `
  SELECT floor(extract(epoch FROM oldest) * 1000) AS stored_at, extract(epoch FROM clock_timestamp() - oldest)::float8 AS waited
    FROM (SELECT min(least(greatest(stored_at, 'epoch'), clock_timestamp())) AS oldest FROM audit_unsequenced) AS queue`;

/** When the oldest waiting event was stored, and how long it has waited by the server's clock; `undefined` if none waits. */
export async function oldestWaiting(
  session: LedgerSession,
): Promise<{ readonly storedAt: Date; readonly waitedSeconds: number } | undefined> {
  const [row] = await session.rows(OLDEST);
  if (typeof row?.waited !== 'number') return undefined;
  return { storedAt: new Date(Number(row.stored_at)), waitedSeconds: Math.floor(row.waited) };
}

/**
 * Gives up to 4,096 committed events their places, from `firstIndex` on, if their rows match their leaf hashes, and answers have the note
 * of the ledger's key. Part of the session's transaction.
 */
export async function takeBatch(
  session: LedgerSession,
  firstIndex: number,
  fromTransaction: string,
  trust: CheckpointTrust,
): Promise<TakenBatch> {
  const [row] = await session.rows(TAKE, [fromTransaction], 'audit_unsequenced_take');
  const isAll = row?.is_all === true;
  const bytes = Buffer.isBuffer(row?.events) ? row.events : Buffer.alloc(0);
  const events = Array.from({ length: bytes.length / EVENT_BYTES }, (_, nth) =>
    bytes.subarray(nth * EVENT_BYTES, (nth + 1) * EVENT_BYTES),
  );
  const refused = await findRefused(session, new Map(events.map((event) => [keyOf(event), leafOf(event)])), {
    types: ANSWER_TYPES,
    whyRefused: (event) => (isSignedAnswer(event, trust) ? undefined : "the ledger's key did not sign this answer"),
  });
  const placed = refused.size === 0 ? events : events.filter((event) => !refused.has(idOfKey(keyOf(event))));
  if (placed.length > 0) await session.rows(PLACE, [firstIndex, Buffer.concat(placed)], 'audit_leaf_place');
  return {
    leafHashes: placed.map((event) => event.subarray(ID_BYTES)),
    refused,
    isAll,
    fromTransaction: isAll ? String(row.from_transaction) : fromTransaction,
  };
}

/** The bytes of an event's id, each as a character. */
function keyOf(event: Buffer): string {
  return event.toString('latin1', 0, ID_BYTES);
}

function leafOf(event: Buffer): string {
  return event.toString('latin1', ID_BYTES);
}

const ID = placeOf('id');
const LEAF_HASH = placeOf('leaf_hash');
const TYPE = placeOf('type');

const OF_IDS = 'FROM audit_event WHERE id = ANY';
/** The number of rows that are read at a time, so that other work of the process gets its turn: each row may have some hundred KiB. */
const [COPIED_ROWS, EXAMINED_ROWS] = [512, 32];

/** What some events need, in addition to a row that matches its leaf hash. */
interface NeededOfEvents {
  readonly types: ReadonlySet<string>;
  /** Why an event of these types is refused; `undefined` if it is accepted. */
  readonly whyRefused: (facts: AuditEvent) => string | undefined;
}

/**
 * Finds the events whose rows do not match their leaf hashes, or cannot be read: any login that may add events can write such a row.
 * Resolves with the reasons, by the events' ids. An event that no longer exists is not among them. Rejects with the client's error.
 *
 * @param waiting the leaf hashes with which events were queued, by their ids, both as bytes in texts
 */
async function findRefused(
  session: LedgerSession,
  waiting: ReadonlyMap<string, string>,
  needed: NeededOfEvents,
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  if (waiting.size === 0) return refused;
  const doubtful = new Map(waiting);
  const event = new EventBytes();
  const ids = [...waiting.keys()].map(hexOf);
  for (let start = 0; start < ids.length; start += COPIED_ROWS) {
    const page = ids.slice(start, start + COPIED_ROWS).join(','); // COPY takes no parameters
    await event.row.copyRows(session, `SELECT ${COPIED_EXPRESSIONS} ${OF_IDS} ('{${page}}'::uuid[])`, () => {
      const id = event.row.keyOf(ID);
      const leafHash = waiting.get(id);
      if (leafHash !== undefined && isOfWriter(event, leafHash) && !needed.types.has(event.row.keyOf(TYPE)))
        doubtful.delete(id);
    });
  }
  const left = [...doubtful.keys()].map(hexOf);
  for (let start = 0; start < left.length; start += EXAMINED_ROWS) {
    const text = `SELECT ${VERIFIED_COLUMNS} ${OF_IDS} ($1::uuid[])`;
    const values = [left.slice(start, start + EXAMINED_ROWS)];
    const { rows } = await session.query({ text, values, types: VERIFIED_TYPES });
    for (const row of rows) {
      const id = String(row.id);
      const leafHash = Buffer.from(waiting.get(keyOfId(id)) ?? '', 'latin1');
      const why = whyRefused(checkRow(row), leafHash) ?? whyNeeded(row, needed);
      if (why !== undefined) refused.set(id, why);
    }
  }
  return refused;
}

function whyNeeded(row: LedgerRow, { types, whyRefused: why }: NeededOfEvents): string | undefined {
  return types.has(String(row.type)) ? why(factsOfRow(row)) : undefined;
}

/** A quick check, which all rows of the ledger's writer pass. */
function isOfWriter(event: EventBytes, leafHash: string): boolean {
  try {
    const isOfRow = event.leafHash() === leafHash && event.row.is(LEAF_HASH, leafHash);
    return isOfRow && event.lookAtPersonal() !== 'doubtful' && event.isCanonical();
  } catch {
    return false; // the reason is found when it is examined
  }
}
