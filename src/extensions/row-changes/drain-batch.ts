import { randomBytes } from 'node:crypto';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { parseChunk, type CapturedChunk } from './captured-chunk.js';
import { DrainPace } from '../../monitoring/operate/jobs/drain-pace.js';
import { isChangeError, isolateChanges, sortChanges } from './isolate-changes.js';
import { parkChanges, ParkedRows, type OutboxRow, type ParkedPart } from './parked-changes.js';
import {
  resolveAttribution,
  type EventMaker,
  buildEvents,
  buildFactRules,
  allowIdAsFact,
  type RowChangeEvent,
} from './row-change-event.js';
import { takeChanges } from './read-outbox.js';
import { type SealedRow, sealLine } from '../../monitoring/store/seal-row.js';
import { rowChangesErrors } from './row-changes.errors.js';
import type { FactRules, JsonObject } from '../../audit/nest-free.js';
import { SEED_BYTES } from '../../monitoring/inbox/inbox-row.js';
import { classify } from '../../monitoring/inbox/find-personal.js';
import { insertSealed } from '../../monitoring/store/insert-batch.js';

/**
 * The lock prevents somebody from dropping a trigger of the ledger between two attempts. Otherwise, the changes that this trigger refused
 * in the first attempt would be parked.
 */
const KEEP_TRIGGERS = 'LOCK TABLE audit_event IN ROW EXCLUSIVE MODE';

export interface DrainedBatch {
  /** The sealed events, in the order of their changes. */
  readonly rows: readonly SealedRow[];
  readonly changes: number;
  /** The number of changes that the application made without a context. */
  readonly unattributed: number;
  /** The number of changes that were not captured. */
  readonly failed: number;
  readonly parked: readonly ParkedPart[];
}

/**
 * Seals the oldest captured changes, in the session's transaction. Each change becomes an event with a new id. A change that cannot be
 * stored is parked. Rejects with the error of the PostgreSQL client if the ledger fails. The transaction is then aborted.
 */
export async function drainBatch(
  session: LedgerSession,
  maker: EventMaker,
  pace = new DrainPace(),
): Promise<DrainedBatch> {
  try {
    return await session.inSavepoint(() => drainPart(session, maker, pace, false));
  } catch (error) {
    if (session.isLost || !isChangeError(error)) throw error;
    return drainPart(session, maker, pace, true);
  }
}

/** @param isIsolating whether the previous attempt failed because of a change */
async function drainPart(
  session: LedgerSession,
  maker: EventMaker,
  pace: DrainPace,
  isIsolating: boolean,
): Promise<DrainedBatch> {
  const count = new Count(maker.applicationRoles);
  const parkedRows = await ParkedRows.read(session);
  const aside: ParkedPart[] = [];
  const whole = !isIsolating && parkedRows.isEmpty;
  if (!whole) await session.rows(KEEP_TRIGGERS);
  const taken = await takeChanges(session, pace, (part) => aside.push(part));
  const rows: SealedRow[] = [];
  const store = async (chunks: Iterable<CapturedChunk>): Promise<void> => {
    const part = new ChangeStore(session, maker, pace);
    await part.add(chunks);
    await part.end();
    for (const row of part.rows) rows.push(row);
  };
  if (whole) {
    await store(count.each(await parseChunks(taken, pace)));
  } else {
    const { stored, parked } = await isolateChanges(session, taken, parkedRows, store);
    for (const chunk of stored) count.add(chunk);
    await parkChanges(session, parked);
    aside.push(...parked);
  }
  return count.end(session, rows, aside);
}

async function parseChunks(rows: readonly OutboxRow[], pace: DrainPace): Promise<readonly CapturedChunk[]> {
  const chunks: CapturedChunk[] = [];
  pace.begin();
  for (const row of rows) {
    chunks.push(readOrRefuse(row));
    if (pace.isDue) await pace.rest();
  }
  return sortChanges(chunks, (chunk) => chunk);
}

function readOrRefuse(row: OutboxRow): CapturedChunk {
  try {
    return parseChunk(row);
  } catch (error) {
    throw rowChangesErrors.AUDIT_ROW_CHANGES_PARKED.unmade(error);
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
  private hasBaseline = false;

  constructor(private readonly applicationRoles: readonly string[]) {}

  *each(chunks: Iterable<CapturedChunk>): Generator<CapturedChunk> {
    for (const chunk of chunks) {
      this.add(chunk);
      yield chunk;
    }
  }

  add(chunk: CapturedChunk): void {
    if (chunk.operation === 'BASELINE') {
      this.hasBaseline = true;
      return;
    }
    const changes = chunk.operation === 'TRUNCATE' ? 1 : chunk.lines.length;
    if (chunk.operation === 'FAILED') this.failed++;
    else if (resolveAttribution(chunk, this.applicationRoles) === 'unattributed') this.unattributed += changes;
    this.changes += changes;
  }

  async end(session: LedgerSession, rows: readonly SealedRow[], parked: readonly ParkedPart[]): Promise<DrainedBatch> {
    if (this.hasBaseline) await session.rows(FORGET);
    const { changes, unattributed, failed } = this;
    return { rows, changes, unattributed, failed, parked };
  }
}

const STORED_EVENTS = 200;

const STORE_IMAGES = `
  INSERT INTO audit_row_image (event_id, before, after)
    SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[])`;

interface BuiltEvent {
  readonly row: SealedRow;
  readonly images: RowChangeEvent['images'];
}

/** Seals and stores the events of row changes, in one transaction. This class makes the next events while the database stores the previous events. */
class ChangeStore {
  /** The stored rows, in the order of the changes. */
  readonly rows: SealedRow[] = [];
  private readonly seed = randomBytes(SEED_BYTES);
  private made: BuiltEvent[] = [];
  private stored: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: LedgerSession,
    private readonly maker: EventMaker,
    private readonly pace: DrainPace,
  ) {}

  /** Adds changes. Rejects with `AUDIT_ROW_CHANGES_PARKED` if a change cannot become an event, or with the error of the PostgreSQL client. */
  async add(chunks: Iterable<CapturedChunk>): Promise<void> {
    this.pace.begin();
    for (const chunk of chunks) {
      for (const made of makeEvents(chunk, this.maker, this.seed)) {
        this.made.push(made);
        if (this.made.length >= STORED_EVENTS) await this.storeMade();
        else if (this.pace.isDue) await this.pace.rest();
      }
    }
    await this.pace.rest();
  }

  /** Resolves when all added changes are stored. Rejects with the error of the PostgreSQL client. */
  async end(): Promise<void> {
    await this.storeMade();
    await this.stored;
  }

  private async storeMade(): Promise<void> {
    await this.pace.rest();
    await this.stored;
    this.pace.begin();
    for (const { row } of this.made) this.rows.push(row);
    this.stored = storeEvents(this.session, this.made);
    this.stored.catch(() => undefined); // prevents an unhandled rejection: the next `await` throws the error
    this.made = [];
  }
}

function* makeEvents(chunk: CapturedChunk, maker: EventMaker, seed: Uint8Array): Generator<BuiltEvent> {
  const rules = new Map<string, readonly [FactRules, FactRules]>();
  const rulesFor = (type: string): readonly [FactRules, FactRules] => {
    const known = rules.get(type);
    if (known) return known;
    const own = buildFactRules(chunk, maker.rulesFor(type));
    const both = [own, allowIdAsFact(own)] as const;
    rules.set(type, both);
    return both;
  };
  try {
    for (const change of buildEvents(chunk, maker)) {
      const event = maker.make(change);
      const [own, withId] = rulesFor(event.type);
      yield { row: sealLine(classify(event, change.hasFactId ? withId : own), seed), images: change.images };
    }
  } catch (error) {
    throw rowChangesErrors.AUDIT_ROW_CHANGES_PARKED.unmade(error);
  }
}

/** Queues all statements at once: a statement queued later could run after the end of the transaction. */
async function storeEvents(session: LedgerSession, made: readonly BuiltEvent[]): Promise<void> {
  if (made.length === 0) return;
  const apart = made.filter(({ images }) => images !== undefined);
  await Promise.all([
    session.query(insertSealed(made.map(({ row }) => row))),
    ...(apart.length > 0 ? [session.rows(STORE_IMAGES, toImageValues(apart))] : []),
  ]);
}

function toImageValues(made: readonly BuiltEvent[]): readonly unknown[] {
  const toText = (image: JsonObject | undefined): string | null => (image === undefined ? null : JSON.stringify(image));
  return [
    made.map(({ row }) => row.event.id),
    made.map(({ images }) => toText(images?.before)),
    made.map(({ images }) => toText(images?.after)),
  ];
}
