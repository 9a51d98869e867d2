import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { jetStreamErrors } from './jetstream.errors.js';

/** The sequence number in JetStream and the hash of the last stored envelope, in hexadecimal. `sequence` is initially 0. */
export interface IngestCursor {
  readonly sequence: number;
  readonly envelope: string | undefined;
}

const READ = `
  SELECT sequence::text AS sequence, encode(envelope, 'hex') AS envelope, problem FROM audit_ingest WHERE subject = $1`;
const INSERT_CURSOR = `
  INSERT INTO audit_ingest AS ingest (subject, problem) VALUES ($1, $2)
  ON CONFLICT (subject) DO UPDATE SET problem = coalesce($2, ingest.problem)
  RETURNING sequence::text AS sequence, encode(envelope, 'hex') AS envelope`;

/** Returns no row if another leader moved the cursor. */
const UPDATE_CURSOR = `
  UPDATE audit_ingest SET sequence = $4, envelope = decode($5, 'hex'), stored_at = clock_timestamp(), problem = NULL
   WHERE subject = $1 AND sequence = $2 AND envelope IS NOT DISTINCT FROM decode($3, 'hex') RETURNING 1 AS moved`;

/**
 * Returns the cursor of a subject. Rejects with the error of the PostgreSQL client.
 *
 * @param problem why the leader cannot continue. The health check of every instance shows the problem until the cursor moves
 */
export async function insertCursor(
  session: LedgerQueries,
  subject: string,
  problem: string | undefined,
): Promise<IngestCursor> {
  const known = await session.rows(READ, [subject]);
  const isKnown = known.length > 0 && (problem === undefined || known[0]?.problem === problem); // a retry writes nothing
  const [row] = isKnown ? known : await session.rows(INSERT_CURSOR, [subject, problem ?? null]);
  const envelope = typeof row?.envelope === 'string' ? row.envelope : undefined;
  return { sequence: Number(row?.sequence), envelope };
}

/**
 * Moves the cursor, as part of the session's transaction. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_INGEST_UNAVAILABLE` if the cursor is no longer at `from`
 */
export async function updateCursor(
  session: LedgerQueries,
  subject: string,
  from: IngestCursor,
  to: IngestCursor,
): Promise<void> {
  const values = [subject, from.sequence, from.envelope ?? null, to.sequence, to.envelope ?? null];
  const [row] = await session.rows(UPDATE_CURSOR, values);
  if (!row) throw jetStreamErrors.AUDIT_INGEST_UNAVAILABLE('another leader stored its messages');
}

/** Reads the stored cursor of a subject, and why the leader cannot continue. Rejects with the error of the PostgreSQL client. */
export async function readCursor(
  reader: LedgerQueries,
  subject: string,
): Promise<{ readonly sequence: number; readonly problem: string | undefined }> {
  const [row] = await reader.rows(READ, [subject]);
  return { sequence: Number(row?.sequence ?? 0), problem: typeof row?.problem === 'string' ? row.problem : undefined };
}
