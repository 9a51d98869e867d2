import { errorMessage, nextTurn } from '../../../audit/plain.js';
import { ANSWER_TYPES, isSignedAnswer } from '../acts/answers.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { checkLine } from '../sealing/event-line.js';
import { InvalidLineError } from '../sealing/sealing.error.js';
import { monthsOf } from '../store/id-time.js';
import { insertSealed } from '../store/insert-batch.js';
import { sealLine, type SealedRow } from '../store/seal-row.js';
import { classifyLedgerError, isMissingPartition } from '../store/sessions/classify-ledger-error.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { isOfWriter } from '../inbox/row-mac.js';
import type { InboxRow } from './take-lines.js';

/** Between so many lines, other work of the application runs. */
const SLICE_LINES = 64;

/** A line of the inbox that cannot be sealed, or a row that no known writer signed. */
export interface ParkedLine {
  readonly row: InboxRow;
  readonly line: string;
  readonly reason: string;
}

interface CheckedLine extends Pick<ParkedLine, 'row' | 'line'> {
  readonly sealed: SealedRow;
}

/** What the sealer believes. */
export interface LineTrust {
  /** The keys of writers; without keys, every row is accepted. */
  readonly keys: readonly string[];
  /** The keys of the ledger, which sign answers to alerts and reviews. */
  readonly answers: CheckpointTrust;
}

interface StoredLines {
  readonly stored: readonly SealedRow[];
  readonly parked: readonly ParkedLine[];
}

export const UNKNOWN_WRITER =
  'Cannot seal the row: it has no valid signature by the spillKey of this application. If an instance has another key, correct that, and retry. Otherwise, find out who writes with the login of the application.';

const KNOWN = `
  SELECT event_id::text AS id FROM audit_leaf WHERE event_id = ANY ($1::uuid[])
  UNION ALL SELECT id::text FROM audit_event WHERE id = ANY ($1::uuid[])`;
// The rows are not queued to be sealed again.
const AS_SEALED = `SELECT set_config('audit.act', 'seal', true)`;
const PARK = `
  INSERT INTO audit_parked (stored_at, reason, version, seed, mac, line)
    SELECT stored_at, reason, version, seed, mac, line
      FROM unnest($1::timestamptz[], $2::text[], $3::smallint[], $4::bytea[], $5::bytea[], $6::text[])
           AS parked (stored_at, reason, version, seed, mac, line)`;

/**
 * Stores the events of taken rows, in the session's transaction. A line that no writer of this library makes, or whose values PostgreSQL
 * refuses, is parked with the reason. An event that is stored already is left out.
 *
 * @throws the error of the PostgreSQL client for any other failure. The transaction is then aborted
 */
export async function storeLines(
  session: LedgerSession,
  rows: readonly InboxRow[],
  trust: LineTrust,
): Promise<StoredLines> {
  const { checked, parked } = await checkRows(rows, trust);
  const lines = await withoutKnown(session, checked);
  if (lines.length > 0) await session.rows(AS_SEALED);
  const refused = await insertLines(session, lines);
  const all = [...parked, ...refused];
  if (all.length > 0) await park(session, all);
  const isRefused = new Set(refused.map(({ line }) => line));
  return { stored: lines.flatMap(({ line, sealed }) => (isRefused.has(line) ? [] : sealed)), parked: all };
}

async function checkRows(
  rows: readonly InboxRow[],
  { keys, answers }: LineTrust,
): Promise<{ readonly checked: readonly CheckedLine[]; readonly parked: readonly ParkedLine[] }> {
  const checked: CheckedLine[] = [];
  const parked: ParkedLine[] = [];
  let nth = 0;
  for (const row of rows) {
    if (!isOfWriter(keys, row)) {
      parked.push({ row, line: row.body, reason: UNKNOWN_WRITER });
      continue;
    }
    for (const line of row.body.split('\n')) {
      if (++nth % SLICE_LINES === 0) await nextTurn();
      try {
        checked.push({ row, line, sealed: sealChecked(line, row.seed, answers) });
      } catch (error) {
        parked.push({ row, line, reason: errorMessage(error) });
      }
    }
  }
  return { checked, parked };
}

function sealChecked(line: string, seed: Buffer, trust: CheckpointTrust): SealedRow {
  const marked = checkLine(line);
  if (ANSWER_TYPES.has(marked.event.type) && !isSignedAnswer(marked.event, trust))
    throw new InvalidLineError('no key of the ledger signed this answer to an alert or a review');
  return sealLine(marked, seed);
}

async function withoutKnown(session: LedgerSession, lines: readonly CheckedLine[]): Promise<readonly CheckedLine[]> {
  const byId = new Map<string, CheckedLine>();
  for (const line of lines) if (!byId.has(line.sealed.event.id)) byId.set(line.sealed.event.id, line);
  if (byId.size === 0) return [];
  for (const { id } of await session.rows(KNOWN, [[...byId.keys()]], 'audit_inbox_known')) byId.delete(String(id));
  return [...byId.values()];
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
    if (session.isLost || failure.kind !== 'unstorable') throw error;
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

async function park(session: LedgerSession, parked: readonly ParkedLine[]): Promise<void> {
  await session.rows(PARK, [
    parked.map(({ row }) => row.storedAt),
    parked.map(({ reason }) => reason),
    parked.map(({ row }) => row.version),
    parked.map(({ row }) => row.seed),
    parked.map(({ row, reason }) => (reason === UNKNOWN_WRITER ? row.mac : null)),
    parked.map(({ line }) => line),
  ]);
}
