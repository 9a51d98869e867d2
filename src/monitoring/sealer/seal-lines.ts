import { createHash } from 'node:crypto';
import { checkLine } from '../inbox/event-line.js';
import { findTaken, claimIdempotencyKeys, type DuplicateEvent } from './idempotency-keys.js';
import { listMonths } from '../store/id-time.js';
import { insertTexts, formatArrays } from '../store/insert-batch.js';
import { sealLine, sealRow } from '../store/seal-row.js';
import { classifyLedgerError, isMissingPartition, getSqlState } from '../store/sessions/classify-ledger-error.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { checkLeader, getWriterKeys } from '../inbox/known-writers.js';
import type { ClassifiedEvent } from '../proof/sealing/personal-tree.js';
import {
  BROKEN_ROW,
  getLine,
  UNKNOWN_WRITER,
  type CheckedLine,
  type CheckedPart,
  type LinePosition,
  type RowOfLines,
} from './check-rows.js';
import { ROW_CHECKER } from './row-checker.js';

/** A row of lines, with the time at which it was stored. */
export interface WrittenLines extends RowOfLines {
  readonly storedAt: Date;
}

/** A line that cannot be sealed, or a row that no known writer signed. */
export interface ParkedLine {
  readonly row: WrittenLines;
  readonly line: string;
  readonly reason: string;
}

/** A line that the thread checked, with its row. */
interface SealableLine extends Omit<CheckedLine, 'row'> {
  readonly row: WrittenLines;
}

/** An event whose id another event has. The leaf hashes are hexadecimal. */
export interface Conflict {
  readonly eventId: string;
  readonly storedLeaf: string;
  readonly offeredLeaf: string;
}

const DROPPED = 'Too many bytes of such rows are parked, so only their number, size and SHA-256 are kept.';

const KNOWN = `SELECT event_id::text AS id, encode(leaf_hash, 'hex') AS leaf, coalesce(encode(salt, 'hex'), '') AS salt, is_whole FROM audit_known($1::uuid[])`;
const PARK = `
  INSERT INTO audit_parked (stored_at, reason, version, seed, mac, line)
    SELECT stored_at, reason, version, seed, mac, line
      FROM unnest($1::timestamptz[], $2::text[], $3::smallint[], $4::bytea[], $5::bytea[], $6::text[])
           AS parked (stored_at, reason, version, seed, mac, line)`;

/**
 * Stores the events of taken rows, in the session's transaction. A line that no writer of this library makes, or whose values PostgreSQL
 * refuses, is parked with the reason. An event that is stored already is left out. An event with the idempotency key of another event is a
 * duplicate, and left out, too. An event with the id of another event is a conflict. A thread checks and seals the next part of the rows while
 * PostgreSQL stores the last one.
 *
 * @throws `AUDIT_WRITER_UNKNOWN` if the ledger accepts a key that the session lacks, so that nothing is parked for it
 * @throws `AUDIT_CHECK_THREAD_FAILED` if the thread ended
 * @throws the error of the PostgreSQL client for any other failure. The transaction is then aborted
 */
export async function storeLines(session: LedgerSession, rows: readonly WrittenLines[]): Promise<PartStore> {
  const storing = new PartStore(session, rows);
  let stored = Promise.resolve();
  try {
    for await (const part of ROW_CHECKER.check(rows, getWriterKeys(session).keys)) {
      await stored;
      stored = storing.store(part);
      stored.catch(() => undefined); // prevents an unhandled rejection: the next `await` throws the error
    }
  } finally {
    await stored; // no statement may follow the end of the transaction
  }
  return storing;
}

/** Stores the parts of a batch, one after the other, in the session's transaction. */
class PartStore {
  /** The stored events, by their identities. */
  readonly stored = new Map<string, SealableLine>();
  readonly duplicates: DuplicateEvent[] = [];
  readonly conflicts: Conflict[] = [];
  readonly parked: ParkedLine[] = [];

  constructor(
    private readonly session: LedgerSession,
    private readonly rows: readonly WrittenLines[],
  ) {}

  async store({ lines, texts }: CheckedPart): Promise<void> {
    const { session, stored } = this;
    const sealed = lines.filter((line) => 'event' in line).length;
    const parked: ParkedLine[] = [];
    const checked: SealableLine[] = [];
    for (const line of lines) {
      const row = this.toRow(line);
      if ('reason' in line) parked.push({ ...line, row });
      else checked.push({ ...line, row });
    }
    if (parked.some(({ reason }) => reason === UNKNOWN_WRITER)) await checkLeader(session);
    const keys = new Map<string, string>();
    for (let left = await this.withoutTaken(await this.withoutKnown(this.unstored(checked))); left.length > 0;) {
      const firsts = new Map<string, SealableLine>(); // of each event
      for (const line of left) if (!firsts.has(getIdentity(line))) firsts.set(getIdentity(line), line);
      const isComplete = firsts.size === sealed; // the thread made the texts of just these lines
      const refused = await insertLines(session, [...firsts.values()], isComplete ? texts : undefined);
      for (const [identity, line] of firsts) {
        if (refused.has(line)) continue;
        stored.set(identity, line);
        if (line.once !== undefined) keys.set(line.once, line.event.id);
      }
      for (const [line, reason] of refused) parked.push(toParkedLine(line, reason));
      left = this.unstored(left.filter((line) => firsts.get(getIdentity(line)) !== line));
    }
    await claimIdempotencyKeys(session, keys);
    if (parked.length > 0) await parkLines(session, parked);
    this.parked.push(...parked);
  }

  private toRow({ row }: LinePosition): WrittenLines {
    const found = this.rows[row];
    if (!found) throw new Error(`The batch has no row ${row}.`); // the thread got these rows
    return found;
  }

  /** Compares lines with the events that this transaction stored. */
  private unstored(lines: readonly SealableLine[]): readonly SealableLine[] {
    return lines.filter((line) => {
      const same = this.stored.get(getIdentity(line));
      if (!same) return true;
      if (same.event.id !== line.event.id) this.duplicates.push(toDuplicate(line, same.event.id));
      else this.conflicts.push(...findConflict(line, same.leafHash, same.salt));
      return false;
    });
  }

  /** Compares lines with the events that are sealed already. */
  private async withoutKnown(lines: readonly SealableLine[]): Promise<readonly SealableLine[]> {
    if (lines.length === 0) return lines;
    const ids = [...new Set(lines.map(({ event }) => event.id))];
    const rows = await this.session.rows(KNOWN, [ids], 'audit_inbox_known');
    const known = new Map(rows.map((row) => [String(row.id), row]));
    return lines.filter((line) => {
      const { is_whole: isComplete, leaf, salt } = known.get(line.event.id) ?? {};
      // Of an erased or retired event, too little is left for a comparison.
      if (isComplete === true) this.conflicts.push(...findConflict(line, String(leaf), String(salt)));
      return leaf === undefined;
    });
  }

  /** Compares lines with the idempotency keys of sealed events. */
  private async withoutTaken(lines: readonly SealableLine[]): Promise<readonly SealableLine[]> {
    const taken = await findTaken(this.session, [...new Set(lines.flatMap(({ once }) => once ?? []))]);
    return lines.filter((line) => {
      const of = taken.get(getIdentity(line));
      if (of !== undefined) this.duplicates.push(toDuplicate(line, of));
      return of === undefined;
    });
  }
}

/** Lines with the same identity are one event. */
function getIdentity({ once, event }: SealableLine): string {
  return once ?? event.id;
}

function toDuplicate({ event: { id }, type }: SealableLine, of: string): DuplicateEvent {
  return { id, type, of };
}

function toParkedLine({ row, nth }: SealableLine, reason: string): ParkedLine {
  return { row, line: getLine(row, nth), reason };
}

/** Reads the event of a line in this thread. Few lines need this. */
function readAgain({ row, nth }: SealableLine): ClassifiedEvent {
  return checkLine(getLine(row, nth));
}

/** The same content gives the same leaf with the same salt. */
function findConflict(line: SealableLine, storedLeaf: string, salt = ''): readonly Conflict[] {
  if (sealRow(readAgain(line), salt).leafHash === storedLeaf) return [];
  return [{ eventId: line.event.id, storedLeaf, offeredLeaf: line.leafHash }];
}

/**
 * Resolves with the lines whose values PostgreSQL refuses, with the reasons. Halves a refused batch until each of these lines was alone.
 *
 * @param texts the parameters of the statement, if the thread made those of just these lines
 */
async function insertLines(
  session: LedgerSession,
  lines: readonly SealableLine[],
  texts?: readonly string[],
): Promise<ReadonlyMap<SealableLine, string>> {
  if (lines.length === 0) return new Map();
  const values = texts ?? formatArrays(lines.map((line) => sealLine(readAgain(line), line.row.seed)));
  const insert = async (): Promise<void> =>
    session.inSavepoint(async () => {
      await session.query(insertTexts(values));
    });
  try {
    await insert().catch(async (error: unknown) => {
      if (!isMissingPartition(error)) throw error;
      for (const month of listMonths(lines.map(({ event }) => event.id)))
        await session.inSavepoint(async () => {
          await session.rows(MAKE_MONTH, [month.toISOString()]);
        });
      await insert();
    });
    return new Map();
  } catch (error) {
    const failure = classifyLedgerError(error);
    // Class 23 also has the violations of an index that somebody added, and a month that somebody detached.
    const isOfLines = failure.kind === 'unstorable' || (getSqlState(error) ?? '').startsWith('23');
    if (session.isLost || !isOfLines) throw error;
    const [only] = lines;
    if (only && lines.length === 1) return new Map([[only, `Cannot seal the line: ${failure.cause}.`]]);
    const middle = Math.ceil(lines.length / 2);
    const first = await insertLines(session, lines.slice(0, middle));
    return new Map([...first, ...(await insertLines(session, lines.slice(middle)))]);
  }
}

const MAKE_MONTH = 'SELECT audit_event_make_partition($1::timestamptz)';

/** Parked rows of unknown writers take so much of the disk. The content of further rows is dropped. */
export const PARKING = { maxBytes: 256 * 1024 * 1024 };

const IS_FULL = `
  SELECT pg_total_relation_size('audit_parked') > $1::bigint
         AND (SELECT sum(pg_column_size(line)) FROM audit_parked) > $1::bigint AS is_full`;

/** Replaces the rows of unknown writers by one line that names them, if too many bytes are parked already. */
async function limitParkedBytes(session: LedgerSession, parked: readonly ParkedLine[]): Promise<readonly ParkedLine[]> {
  const strange = parked.filter(({ reason }) => reason === UNKNOWN_WRITER || reason === BROKEN_ROW);
  const [first] = strange;
  if (!first) return parked;
  const [row] = await session.rows(IS_FULL, [PARKING.maxBytes]);
  if (row?.is_full !== true) return parked;
  const hash = createHash('sha256');
  for (const { line } of strange) hash.update(line);
  const bytes = strange.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
  const line = JSON.stringify({ dropped: { rows: strange.length, bytes, sha256: hash.digest('hex') } });
  return [
    ...parked.filter((each) => !strange.includes(each)),
    { ...first, line, reason: `${DROPPED} ${first.reason}` },
  ];
}

/** Quarantines lines that cannot be sealed. Each line gets the code of its writer's row, or a code of its own, so that a retry believes no line that somebody changed meanwhile. */
async function parkLines(session: LedgerSession, input: readonly ParkedLine[]): Promise<void> {
  const parked = await limitParkedBytes(session, input);
  const writer = getWriterKeys(session);
  const computeMac = ({ row: { version, seed, mac }, line, reason }: ParkedLine): Uint8Array | null =>
    reason === UNKNOWN_WRITER ? mac : writer.computeMac({ version, seed, body: line });
  await session.rows(PARK, [
    parked.map(({ row }) => row.storedAt),
    parked.map(({ reason }) => reason),
    parked.map(({ row }) => row.version),
    parked.map(({ row }) => row.seed),
    parked.map(computeMac),
    parked.map(({ line }) => line),
  ]);
}
