import { createHash } from 'node:crypto';
import { errorMessage } from '../../audit/nest-free.js';
import { REPLY_TYPES, isSignedReply } from '../keep/acts/replies.js';
import type { CheckpointTrust } from '../proof/log/notes/checkpoint.js';
import { checkLine } from '../inbox/event-line.js';
import { DrainPace } from '../operate/jobs/drain-pace.js';
import type { ClassifiedEvent } from '../proof/sealing/personal-tree.js';
import { findTaken, takeKeys, type DuplicateEvent } from './once.js';
import { monthsOf } from '../store/id-time.js';
import { insertSealed } from '../store/insert-batch.js';
import { sealLine, sealRow, type SealedRow, type StoredEvent } from '../store/seal-row.js';
import { classifyLedgerError, isMissingPartition, sqlStateOf } from '../store/sessions/classify-ledger-error.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import type { InboxKeys, WrittenRow } from '../store/inbox-keys.js';
import { checkLeader, writerOf } from '../inbox/known-writers.js';
import { proofErrors } from '../proof/log/proof.errors.js';

/** A part of a batch has at most so many lines, and ends with the line that exceeds so many characters, so that its statement is made within a millisecond. */
const PART = { lines: 128, characters: 256 * 1024 };

/** A row of lines, as its writer made it. */
export interface WrittenLines extends WrittenRow {
  readonly storedAt: Date;
  readonly seed: Buffer;
  readonly mac: Buffer | null;
  /** Present if the row could not be unpacked. The body is then what was packed, base64. */
  readonly isBroken?: true;
}

/** A line that cannot be sealed, or a row that no known writer signed. */
export interface ParkedLine {
  readonly row: WrittenLines;
  readonly line: string;
  readonly reason: string;
}

interface CheckedLine extends Pick<ParkedLine, 'row' | 'line'> {
  readonly classified: ClassifiedEvent;
  readonly sealed: SealedRow;
}

/** An event whose id another event has. The leaf hashes are hexadecimal. */
export interface Conflict {
  readonly eventId: string;
  readonly storedLeaf: string;
  readonly offeredLeaf: string;
}

const UNKNOWN_WRITER =
  'Cannot seal the row: it has no valid signature by the writerKey of this application. If an instance has another key, correct that, and retry. Otherwise, find out who writes with the login of the application.';

const BROKEN = 'Cannot seal the row: no writer of this library packed it. Its bytes are kept as base64.';

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
 * duplicate, and left out, too. An event with the id of another event is a conflict. Checks the next part of the rows while PostgreSQL stores
 * the last one.
 *
 * @param replies the keys of the ledger, which sign answers to alerts and reviews
 * @throws `AUDIT_WRITER_UNKNOWN` if the ledger accepts a key that the session lacks, so that nothing is parked for it
 * @throws the error of the PostgreSQL client for any other failure. The transaction is then aborted
 */
export async function storeLines(
  session: LedgerSession,
  rows: Iterable<WrittenLines>,
  replies: CheckpointTrust,
): Promise<PartStore> {
  const storing = new PartStore(session);
  let stored = Promise.resolve();
  try {
    for await (const part of checkRows(rows, writerOf(session), replies)) {
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
  readonly stored = new Map<string, StoredEvent & Pick<SealedRow, 'salt'>>();
  readonly duplicates: DuplicateEvent[] = [];
  readonly conflicts: Conflict[] = [];
  readonly parked: ParkedLine[] = [];

  constructor(private readonly session: LedgerSession) {}

  async store(lines: readonly (CheckedLine | ParkedLine)[]): Promise<void> {
    const { session, stored } = this;
    const checked = lines.filter((line) => 'sealed' in line);
    const parked = lines.filter((line) => 'reason' in line);
    if (parked.some(({ reason }) => reason === UNKNOWN_WRITER)) await checkLeader(session);
    const keys = new Map<string, string>();
    for (let left = await this.withoutTaken(await this.withoutKnown(this.unstored(checked))); left.length > 0;) {
      const firsts = new Map<string, CheckedLine>(); // of each event
      for (const line of left) if (!firsts.has(identityOf(line))) firsts.set(identityOf(line), line);
      const refused = await insertLines(session, [...firsts.values()]);
      const isRefused = new Set(refused.map(({ line }) => line));
      for (const [identity, { line, classified, sealed }] of firsts) {
        if (isRefused.has(line)) continue;
        const { event, leafHash, salt } = sealed;
        stored.set(identity, { event: { id: event.id }, leafHash, salt });
        if (classified.once !== undefined) keys.set(classified.once, event.id);
      }
      parked.push(...refused);
      left = this.unstored(left.filter((line) => firsts.get(identityOf(line)) !== line));
    }
    await takeKeys(session, keys);
    if (parked.length > 0) await park(session, parked);
    this.parked.push(...parked);
  }

  /** Compares lines with the events that this transaction stored. */
  private unstored(lines: readonly CheckedLine[]): readonly CheckedLine[] {
    return lines.filter((line) => {
      const same = this.stored.get(identityOf(line));
      if (!same) return true;
      if (same.event.id !== line.sealed.event.id) this.duplicates.push(duplicateOf(line, same.event.id));
      else this.conflicts.push(...conflictOf(line, same.leafHash, same.salt));
      return false;
    });
  }

  /** Compares lines with the events that are sealed already. */
  private async withoutKnown(lines: readonly CheckedLine[]): Promise<readonly CheckedLine[]> {
    if (lines.length === 0) return lines;
    const ids = [...new Set(lines.map(({ sealed }) => sealed.event.id))];
    const rows = await this.session.rows(KNOWN, [ids], 'audit_inbox_known');
    const known = new Map(rows.map((row) => [String(row.id), row]));
    return lines.filter((line) => {
      const { is_whole: isWhole, leaf, salt } = known.get(line.sealed.event.id) ?? {};
      // Of an erased or retired event, too little is left for a comparison.
      if (isWhole === true) this.conflicts.push(...conflictOf(line, String(leaf), String(salt)));
      return leaf === undefined;
    });
  }

  /** Compares lines with the idempotency keys of sealed events. */
  private async withoutTaken(lines: readonly CheckedLine[]): Promise<readonly CheckedLine[]> {
    const taken = await findTaken(this.session, [...new Set(lines.flatMap(({ classified }) => classified.once ?? []))]);
    return lines.filter((line) => {
      const of = taken.get(identityOf(line));
      if (of !== undefined) this.duplicates.push(duplicateOf(line, of));
      return of === undefined;
    });
  }
}

/** Lines with the same identity are one event. */
function identityOf({ classified, sealed }: CheckedLine): string {
  return classified.once ?? sealed.event.id;
}

function duplicateOf({ sealed: { event } }: CheckedLine, of: string): DuplicateEvent {
  return { id: event.id, type: event.type, of };
}

/** Divides the lines into parts. Lets other work of the application run between its slices. */
async function* checkRows(
  rows: Iterable<WrittenLines>,
  writer: InboxKeys,
  replies: CheckpointTrust,
): AsyncGenerator<readonly (CheckedLine | ParkedLine)[]> {
  const pace = new DrainPace();
  let part: (CheckedLine | ParkedLine)[] = [];
  let characters = 0;
  for (const row of rows) {
    const reason = row.isBroken ? BROKEN : writer.isOfWriter(row) ? undefined : UNKNOWN_WRITER;
    for (const line of reason === undefined ? row.body.split('\n') : [row.body]) {
      if (pace.isDue) await pace.rest();
      part.push(reason === undefined ? checkOrPark(row, line, replies) : { row, line, reason });
      characters += line.length;
      if (part.length < PART.lines && characters < PART.characters) continue;
      yield part;
      [part, characters] = [[], 0];
    }
    if (pace.isDue) await pace.rest(); // the next row is unpacked as a whole
  }
  yield part;
}

function checkOrPark(row: WrittenLines, line: string, replies: CheckpointTrust): CheckedLine | ParkedLine {
  try {
    const classified = checkLine(line);
    if (REPLY_TYPES.has(classified.event.type) && !isSignedReply(classified.event, replies))
      throw proofErrors.AUDIT_LINE_INVALID('no key of the ledger signed this answer to an alert or a review');
    return { row, line, classified, sealed: sealLine(classified, row.seed) };
  } catch (error) {
    return { row, line, reason: errorMessage(error) };
  }
}

/** The same content gives the same leaf with the same salt. */
function conflictOf({ classified, sealed }: CheckedLine, storedLeaf: string, salt = ''): readonly Conflict[] {
  if (sealRow(classified, salt).leafHash === storedLeaf) return [];
  return [{ eventId: sealed.event.id, storedLeaf, offeredLeaf: sealed.leafHash }];
}

/** Resolves with the lines whose values PostgreSQL refuses. Halves a refused batch until each of these lines was alone. */
async function insertLines(session: LedgerSession, lines: readonly CheckedLine[]): Promise<readonly ParkedLine[]> {
  if (lines.length === 0) return [];
  const insert = async (): Promise<void> =>
    session.inSavepoint(async () => {
      await session.query(insertSealed(lines.map(({ sealed }) => sealed)));
    });
  try {
    await insert().catch(async (error: unknown) => {
      if (!isMissingPartition(error)) throw error;
      for (const month of monthsOf(lines.map(({ sealed }) => sealed.event.id)))
        await session.inSavepoint(async () => {
          await session.rows(MAKE_MONTH, [month.toISOString()]);
        });
      await insert();
    });
    return [];
  } catch (error) {
    const failure = classifyLedgerError(error);
    // Class 23 also has the violations of an index that somebody added, and a month that somebody detached.
    const isOfLines = failure.kind === 'unstorable' || (sqlStateOf(error) ?? '').startsWith('23');
    if (session.isLost || !isOfLines) throw error;
    const [only] = lines;
    if (only && lines.length === 1) return [{ ...only, reason: `Cannot seal the line: ${failure.seen}.` }];
    const middle = Math.ceil(lines.length / 2);
    return [
      ...(await insertLines(session, lines.slice(0, middle))),
      ...(await insertLines(session, lines.slice(middle))),
    ];
  }
}

const MAKE_MONTH = 'SELECT audit_event_make_partition($1::timestamptz)';

/** Parked rows of unknown writers take so much of the disk. The content of further rows is dropped. */
export const PARKING = { mostBytes: 256 * 1024 * 1024 };

const IS_FULL = `
  SELECT pg_total_relation_size('audit_parked') > $1::bigint
         AND (SELECT sum(pg_column_size(line)) FROM audit_parked) > $1::bigint AS is_full`;

/** Replaces the rows of unknown writers by one line that names them, if too many bytes are parked already. */
async function withinBytes(session: LedgerSession, parked: readonly ParkedLine[]): Promise<readonly ParkedLine[]> {
  const strange = parked.filter(({ reason }) => reason === UNKNOWN_WRITER || reason === BROKEN);
  const [first] = strange;
  if (!first) return parked;
  const [row] = await session.rows(IS_FULL, [PARKING.mostBytes]);
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

/** Each line gets the code of its writer's row, or a code of its own, so that a retry believes no line that somebody changed meanwhile. */
async function park(session: LedgerSession, given: readonly ParkedLine[]): Promise<void> {
  const parked = await withinBytes(session, given);
  const writer = writerOf(session);
  const codeOf = ({ row: { version, seed, mac }, line, reason }: ParkedLine): Buffer | null =>
    reason === UNKNOWN_WRITER ? mac : writer.codeOf({ version, seed, body: line });
  await session.rows(PARK, [
    parked.map(({ row }) => row.storedAt),
    parked.map(({ reason }) => reason),
    parked.map(({ row }) => row.version),
    parked.map(({ row }) => row.seed),
    parked.map(codeOf),
    parked.map(({ line }) => line),
  ]);
}
