import { errorMessage, type AuditEvent, type FactRules, type JsonObject } from '../../../audit/index.js';
import { insertEvents } from '../store/insert-events.js';
import { timeOfId } from '../store/id-time.js';
import type { LedgerSession } from '../store/ledger-session.js';
import { sealEvents, type SealedRow } from '../store/seal-row.js';
import {
  attributionOf,
  eventsOfChunk,
  factRulesOf,
  withFactId,
  type EventRules,
  type RowChangeEvent,
} from './row-change-event.js';
import { chunkOfRow, type CapturedChunk } from './captured-chunk.js';
import { RowChangesParkedError } from './capture.error.js';
import { isOfChange, isolateChanges } from './isolate-changes.js';
import { DrainPace } from './drain-pace.js';
import { orderChanges } from './order-changes.js';
import { parkChanges, ParkedRows, type OutboxRow, type ParkedPart } from './parked-changes.js';
import { verifyOrigins } from './verify-origins.js';

/** The most changes that one transaction moves, and the most bytes of their images, save those of a single chunk. */
const MAX_BATCH_CHANGES = 1_000;
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** How many events a statement stores. */
const STORED_EVENTS = 200;

/**
 * Oldest first. A transaction that changes a row again waits for the one before, so its position is higher: the changes of a row come in the
 * order in which they were committed, also over several batches. One leader drains, so nothing is locked or skipped.
 */
const TAKE = `
  WITH waiting AS (
    SELECT position, sum(changes) OVER (ORDER BY position) - changes AS ahead, sum(bytes) OVER (ORDER BY position) - bytes AS bytes_ahead
      FROM (SELECT position, changes, octet_length(lines) AS bytes FROM audit_row_change ORDER BY position LIMIT ${MAX_BATCH_CHANGES}) oldest
  ), taken AS (
    DELETE FROM audit_row_change outbox USING waiting
     WHERE outbox.position = waiting.position AND waiting.ahead < ${MAX_BATCH_CHANGES} AND waiting.bytes_ahead < ${MAX_BATCH_BYTES}
    RETURNING outbox.*
  )
  SELECT position, transaction::text, begun_at, changed_at, operation, source::text, origin::text, statement_rows, changes, lines FROM taken ORDER BY position`;

/** The most chunks of a transaction that a batch takes on. */
const MAX_TAKEN_ON = 20_000;
const TAKE_ON = `
  WITH taken AS (
    DELETE FROM audit_row_change WHERE position > $1 AND position <= (
      SELECT max(position) FROM (
        SELECT position FROM audit_row_change WHERE position > $1 AND transaction = $2::text::xid8 ORDER BY position LIMIT ${MAX_TAKEN_ON}) own)
    RETURNING *
  )
  SELECT position, transaction::text, begun_at, changed_at, operation, source::text, origin::text, statement_rows, changes, lines FROM taken ORDER BY position`;

const STORE_IMAGES = `
  INSERT INTO audit_row_image (event_id, before, after)
    SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[])`;

/** What makes events as the application does. */
export interface EventMaker extends EventRules {
  make(change: RowChangeEvent): AuditEvent;
  /** What is a fact of the events of a type. */
  rulesFor(type: string): FactRules;
}

/** What one batch moved. */
export interface DrainedBatch {
  readonly changes: number;
  /** Changes of the application without a context. */
  readonly unattributed: number;
  /** Changes that were let pass uncaptured. */
  readonly failed: number;
  /** Chunks, or parts of them, that were moved aside. */
  readonly parked: readonly ParkedPart[];
}

interface Made {
  readonly event: AuditEvent;
  readonly row: SealedRow;
  readonly images: RowChangeEvent['images'];
}

/**
 * Moves the oldest captured changes into the ledger, in one transaction: each becomes an event, whose id is drawn now. A change that
 * cannot be stored is parked, and the others are stored. Resolves with `undefined` when none waits. Rejects with the client's error where the
 * ledger is at fault; then everything is as it was.
 */
export async function drainBatch(
  session: LedgerSession,
  maker: EventMaker,
  pace = new DrainPace(),
): Promise<DrainedBatch | undefined> {
  try {
    return await drainOnce(session, maker, pace, false);
  } catch (error) {
    if (session.isLost || !isOfChange(error)) throw error;
    return drainOnce(session, maker, pace, true);
  }
}

/** @param isIsolating after an attempt that failed on a change */
async function drainOnce(
  session: LedgerSession,
  maker: EventMaker,
  pace: DrainPace,
  isIsolating: boolean,
): Promise<DrainedBatch | undefined> {
  return session.inTransaction(async () => {
    const parkedRows = await ParkedRows.read(session);
    const rows = await verifyOrigins(session, await take(session), pace);
    if (rows.length === 0) return undefined;
    const store = (chunks: readonly CapturedChunk[]): Promise<void> => storeAll(session, chunks, maker, pace);
    if (!isIsolating && parkedRows.isEmpty) {
      const chunks = orderChanges(await readAll(rows, pace), (chunk) => chunk);
      await store(chunks);
      await forgetOlder(session, chunks);
      return { ...countOf(chunks, maker.applicationRoles), parked: [] };
    }
    const { stored, parked } = await isolateChanges(session, rows, parkedRows, store);
    await parkChanges(session, parked);
    await forgetOlder(session, stored);
    return { ...countOf(stored, maker.applicationRoles), parked };
  });
}

/** A batch does not end between the changes of a trigger and those of the statement that fired it. */
async function take(session: LedgerSession): Promise<readonly OutboxRow[]> {
  const taken = [...(await session.rows(TAKE, [], 'audit_row_change_take'))];
  const last = new Map(taken.map(({ transaction, origin }) => [transaction, String(origin)]));
  for (const [transaction, origin] of last) {
    if (!isNested(origin)) continue;
    taken.push(...(await session.rows(TAKE_ON, [taken.at(-1)?.position, transaction])));
  }
  return taken;
}

/** Whether a trigger made the change of this origin. Looked for from the end: before it stands the context, which is long. */
function isNested(origin: string): boolean {
  const start = origin.lastIndexOf(DEPTH);
  return start >= 0 && !NOT_NESTED.test(origin.slice(start + DEPTH.length, start + DEPTH.length + 2));
}

const DEPTH = '"depth" : ';
const NOT_NESTED = /^(?:1\D|\D)/;

async function readAll(rows: readonly OutboxRow[], pace: DrainPace): Promise<readonly CapturedChunk[]> {
  const chunks: CapturedChunk[] = [];
  pace.begin();
  for (const row of rows) {
    chunks.push(readOrRefuse(row));
    if (pace.isDue) await pace.rest();
  }
  return chunks;
}

function readOrRefuse(row: Readonly<Record<string, unknown>>): CapturedChunk {
  try {
    return chunkOfRow(row);
  } catch (error) {
    throw notMade(error);
  }
}

/** Of SyntaxErrors only their name: their messages quote what they could not read. */
function notMade(error: unknown): RowChangesParkedError {
  return RowChangesParkedError.unmade(error instanceof SyntaxError ? error.name : errorMessage(error));
}

/** Makes the next events while the database stores those before. */
async function storeAll(
  session: LedgerSession,
  chunks: readonly CapturedChunk[],
  maker: EventMaker,
  pace: DrainPace,
): Promise<void> {
  let slice: Made[] = [];
  const months = new Set<string>();
  let stored = Promise.resolve();
  const storeSlice = async (): Promise<void> => {
    await stored;
    stored = store(session, slice, months);
    stored.catch(() => undefined); // rejects where it is awaited
    slice = [];
    await pace.rest();
  };
  try {
    pace.begin();
    for (const chunk of chunks) {
      for (const made of makeOrRefuse(chunk, maker)) {
        slice.push(made);
        if (slice.length >= STORED_EVENTS) await storeSlice();
        else if (pace.isDue) await pace.rest();
      }
    }
    await storeSlice();
  } finally {
    await stored; // nothing of it may run once the transaction has ended
  }
}

function* makeOrRefuse(chunk: CapturedChunk, maker: EventMaker): Generator<Made> {
  const events = makeEvents(chunk, maker);
  for (;;) {
    let next: IteratorResult<Made>;
    try {
      next = events.next();
    } catch (error) {
      throw notMade(error);
    }
    if (next.done === true) return;
    yield next.value;
  }
}

function* makeEvents(chunk: CapturedChunk, maker: EventMaker): Generator<Made> {
  const rules = new Map<string, readonly [FactRules, FactRules]>();
  const rulesFor = (type: string): readonly [FactRules, FactRules] => {
    const known = rules.get(type);
    if (known) return known;
    const own = factRulesOf(chunk, maker.rulesFor(type));
    const both = [own, withFactId(own)] as const;
    rules.set(type, both);
    return both;
  };
  for (const change of eventsOfChunk(chunk, maker)) {
    const event = maker.make(change);
    const [own, withId] = rulesFor(event.type);
    for (const row of sealEvents([event], () => (change.hasFactId ? withId : own))) {
      yield { event, row, images: change.images };
    }
  }
}

/** @param months those whose partition this transaction has seen to */
async function store(session: LedgerSession, made: readonly Made[], months: Set<string>): Promise<void> {
  const [first, last] = [made.at(0), made.at(-1)];
  if (!first || !last) return;
  for (const { event } of [first, last]) {
    const time = timeOfId(event.id).toISOString();
    const month = time.slice(0, 'YYYY-MM'.length);
    if (months.has(month)) continue;
    await session.rows('SELECT audit_event_make_partition($1)', [time]);
    months.add(month);
  }
  await session.query(insertEvents(made.map(({ row }) => row)));
  const apart = made.filter(({ images }) => images !== undefined);
  if (apart.length === 0) return;
  const textOf = (image: JsonObject | undefined): string | null => (image === undefined ? null : JSON.stringify(image));
  await session.rows(STORE_IMAGES, [
    apart.map(({ event }) => event.id),
    apart.map(({ images }) => textOf(images?.before)),
    apart.map(({ images }) => textOf(images?.after)),
  ]);
}

/** The digests of the baselines that another one of the same table replaced. */
const FORGET = `
  DELETE FROM audit_row_baseline_digest WHERE baseline IN (
    SELECT b.id FROM audit_row_baseline b
     WHERE b.rows IS NOT NULL AND EXISTS (SELECT FROM audit_row_baseline later
       WHERE later.schema_name = b.schema_name AND later.table_name = b.table_name AND later.position > b.position))`;

async function forgetOlder(session: LedgerSession, chunks: readonly CapturedChunk[]): Promise<void> {
  if (chunks.some(({ operation }) => operation === 'BASELINE')) await session.rows(FORGET);
}

function countOf(chunks: readonly CapturedChunk[], applicationRoles: readonly string[]): Omit<DrainedBatch, 'parked'> {
  let [changes, unattributed, failed] = [0, 0, 0];
  for (const chunk of chunks) {
    if (chunk.operation === 'BASELINE') continue;
    const count = chunk.operation === 'TRUNCATE' ? 1 : chunk.lines.length;
    if (chunk.operation === 'FAILED') failed++;
    else if (attributionOf(chunk, applicationRoles) === 'unattributed') unattributed += count;
    changes += count;
  }
  return { changes, unattributed, failed };
}
