import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { IngestTakenOverError } from './ingest.error.js';

/** The cursor of a worker: the sequence number in JetStream and the hash of the last stored envelope. `sequence` is initially 0. */
export interface IngestCursor {
  readonly subject: string;
  /** The number of the current worker. Each new worker gets a higher number. */
  readonly epoch: string;
  readonly sequence: number;
  /** The hash of the envelope that was stored last, in hexadecimal. */
  readonly envelope: string | undefined;
}

const TAKE_OVER = `
  INSERT INTO audit_ingest AS ingest (subject, epoch) VALUES ($1, 1)
  ON CONFLICT (subject) DO UPDATE SET epoch = ingest.epoch + 1
  RETURNING epoch::text AS epoch, sequence::text AS sequence, encode(envelope, 'hex') AS envelope`;

/** Returns no row if another worker took over. */
const MOVE = `
  UPDATE audit_ingest SET sequence = $3, envelope = decode($4, 'hex'), stored_at = clock_timestamp(), problem = NULL
   WHERE subject = $1 AND epoch = $2 RETURNING 1 AS moved`;

const NOTE = 'UPDATE audit_ingest SET problem = $3 WHERE subject = $1 AND epoch = $2';
const HOLDS = 'SELECT 1 AS holds FROM audit_ingest WHERE subject = $1 AND epoch = $2';

/**
 * Makes the caller the only worker of a subject. After this call, earlier workers cannot store events. Rejects with the errors of the
 * PostgreSQL client.
 */
export async function takeOver(session: LedgerQueries, subject: string): Promise<IngestCursor> {
  const [row] = await session.rows(TAKE_OVER, [subject]);
  const envelope = typeof row?.envelope === 'string' ? row.envelope : undefined;
  return { subject, epoch: String(row?.epoch), sequence: Number(row?.sequence), envelope };
}

/**
 * Moves the cursor, as part of the session's transaction. Rejects with the error of the PostgreSQL client.
 *
 * @throws IngestTakenOverError (`AUDIT_INGEST_TAKEN_OVER`)
 */
export async function moveTo(
  session: LedgerQueries,
  { subject, epoch }: IngestCursor,
  sequence: number,
  envelope: string | undefined,
): Promise<IngestCursor> {
  const [row] = await session.rows(MOVE, [subject, epoch, sequence, envelope ?? null]);
  if (!row) throw new IngestTakenOverError(subject);
  return { subject, epoch, sequence, envelope };
}

/**
 * Stores why the worker cannot continue. The health check of every instance shows this problem. Rejects with the error of the PostgreSQL
 * client.
 */
export async function noteProblem(
  session: LedgerQueries,
  { subject, epoch }: IngestCursor,
  problem: string,
): Promise<void> {
  await session.rows(NOTE, [subject, epoch, problem]);
}

/** Checks that this worker still has the cursor. @throws IngestTakenOverError (`AUDIT_INGEST_TAKEN_OVER`) */
export async function holdCursor(session: LedgerQueries, { subject, epoch }: IngestCursor): Promise<void> {
  const [row] = await session.rows(HOLDS, [subject, epoch]);
  if (!row) throw new IngestTakenOverError(subject);
}

/** Reads the stored cursor of a subject, and why its worker cannot continue. Rejects with the error of the PostgreSQL client. */
export async function readCursor(
  reader: LedgerQueries,
  subject: string,
): Promise<{ readonly sequence: number; readonly problem: string | undefined }> {
  const [row] = await reader.rows('SELECT sequence::text AS sequence, problem FROM audit_ingest WHERE subject = $1', [
    subject,
  ]);
  return { sequence: Number(row?.sequence ?? 0), problem: typeof row?.problem === 'string' ? row.problem : undefined };
}
