import type { LedgerSession } from '../monitoring/store/sessions/ledger-session.js';
import { chunkOfRow, type CapturedChunk, type ChangeOrigin } from './captured-chunk.js';
import { RowChangesParkedError } from './capture.error.js';
import { ChangeStore } from './change-store.js';
import { DrainPace } from '../monitoring/jobs/drain-pace.js';
import { isOfChange, isolateChanges } from './isolate-changes.js';
import { orderChanges } from './order-changes.js';
import { parkChanges, ParkedRows, type OutboxRow, type ParkedPart } from './parked-changes.js';
import { attributionOf, type EventMaker } from './row-change-event.js';
import { takeChanges } from './read-outbox.js';

/**
 * The lock prevents somebody from dropping a trigger of the ledger between two attempts. Otherwise, the changes that this trigger refused
 * in the first attempt would be parked.
 */
const KEEP_TRIGGERS = 'LOCK TABLE audit_event IN ROW EXCLUSIVE MODE';

const MOST_TAKES = 8;

export interface DrainedBatch {
  readonly changes: number;
  /** The number of changes that the application made without a context. */
  readonly unattributed: number;
  /** The number of changes that were not captured. */
  readonly failed: number;
  /** The parked chunks and parts of chunks. */
  readonly parked: readonly ParkedPart[];
}

/**
 * Moves the oldest captured changes into the ledger, in one transaction. Each change becomes an event with a new id. A change that cannot
 * be stored is parked. Resolves with `undefined` if no change waits. Rejects with the error of the PostgreSQL client if the ledger fails.
 * In this case, the transaction changes nothing.
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

/** @param isIsolating whether the previous attempt failed because of a change */
async function drainOnce(
  session: LedgerSession,
  maker: EventMaker,
  pace: DrainPace,
  isIsolating: boolean,
): Promise<DrainedBatch | undefined> {
  return session.inTransaction(async () => {
    const count = new Count(maker.applicationRoles);
    const parkedRows = await ParkedRows.read(session);
    const aside: ParkedPart[] = [];
    const take = async (): Promise<readonly OutboxRow[]> => takeChanges(session, pace, (part) => aside.push(part));
    if (!isIsolating && parkedRows.isEmpty) {
      await storeTaken(take, new ChangeStore(session, maker, pace), count, pace);
      return count.end(session, aside);
    }
    await session.rows(KEEP_TRIGGERS);
    const rows = await take();
    const { stored, parked } = await isolateChanges(session, rows, parkedRows, async (chunks) => {
      const store = new ChangeStore(session, maker, pace);
      await store.add(chunks);
      await store.end();
    });
    for (const chunk of stored) count.add(chunk);
    await parkChanges(session, parked);
    return count.end(session, [...aside, ...parked]);
  });
}

async function storeTaken(
  take: () => Promise<readonly OutboxRow[]>,
  store: ChangeStore,
  count: Count,
  pace: DrainPace,
): Promise<void> {
  let next = take();
  try {
    for (let takes = 1; ; takes++) {
      const rows = await next;
      if (rows.length === 0) break;
      next = takes < MOST_TAKES && pace.isFree ? take() : Promise.resolve([]);
      next.catch(() => undefined); // prevents an unhandled rejection: the `await` in the next round throws the error
      await store.add(count.each(await chunksOf(rows, pace)));
    }
    await store.end();
  } finally {
    await next.catch(() => undefined); // no statement may run after the transaction has ended
  }
}

/** Reading the chunks one by one saves memory. Chunks of nested triggers must be sorted, so all of these chunks are read first. */
async function chunksOf(rows: readonly OutboxRow[], pace: DrainPace): Promise<Iterable<CapturedChunk>> {
  if (!rows.some(({ madeBy }) => ((madeBy as ChangeOrigin | undefined)?.depth ?? 1) > 1)) return readEach(rows); // `verifyOrigins` made it
  const chunks: CapturedChunk[] = [];
  pace.begin();
  for (const chunk of readEach(rows)) {
    chunks.push(chunk);
    if (pace.isDue) await pace.rest();
  }
  return orderChanges(chunks, (chunk) => chunk);
}

function* readEach(rows: readonly OutboxRow[]): Generator<CapturedChunk> {
  for (const row of rows) yield readOrRefuse(row);
}

function readOrRefuse(row: OutboxRow): CapturedChunk {
  try {
    return chunkOfRow(row);
  } catch (error) {
    throw RowChangesParkedError.unmade(error);
  }
}

const FORGET = `
  DELETE FROM audit_row_baseline_digest WHERE baseline IN (
    SELECT b.id FROM audit_row_baseline b
     WHERE b.rows IS NOT NULL AND EXISTS (SELECT FROM audit_row_baseline later
       WHERE later.schema_name = b.schema_name AND later.table_name = b.table_name AND later.position > b.position))`;

class Count {
  private changes = 0;
  private unattributed = 0;
  private failed = 0;
  private chunks = 0;
  private hasBaseline = false;

  constructor(private readonly applicationRoles: readonly string[]) {}

  *each(chunks: Iterable<CapturedChunk>): Generator<CapturedChunk> {
    for (const chunk of chunks) {
      this.add(chunk);
      yield chunk;
    }
  }

  add(chunk: CapturedChunk): void {
    this.chunks++;
    if (chunk.operation === 'BASELINE') {
      this.hasBaseline = true;
      return;
    }
    const changes = chunk.operation === 'TRUNCATE' ? 1 : chunk.lines.length;
    if (chunk.operation === 'FAILED') this.failed++;
    else if (attributionOf(chunk, this.applicationRoles) === 'unattributed') this.unattributed += changes;
    this.changes += changes;
  }

  /** Returns the result; `undefined` if the outbox was empty. */
  async end(session: LedgerSession, parked: readonly ParkedPart[]): Promise<DrainedBatch | undefined> {
    if (this.hasBaseline) await session.rows(FORGET);
    if (this.chunks === 0 && parked.length === 0) return undefined;
    const { changes, unattributed, failed } = this;
    return { changes, unattributed, failed, parked };
  }
}
