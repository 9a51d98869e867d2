import {
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointTrust,
  type SignedCheckpoint,
} from '../log/notes/checkpoint.js';
import { checkCheckpoint } from './judge-checkpoint.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { LedgerQueries, LedgerSession } from '../../store/sessions/ledger-session.js';
import { verifyErrors } from '../../errors/verify.errors.js';

const NEWEST = 'SELECT size, root, note FROM audit_checkpoint WHERE size < $1 ORDER BY size DESC LIMIT 100';

/** The condition that a leaf's index is an integer. Without the table's constraints, an index could be null or a fraction. */
export const IS_INDEX = 'index = index::bigint';

/** Returns the verifier keys in the database. Whoever can rewrite the database can also replace these keys. */
export async function readStoredKeys(snapshot: LedgerQueries): Promise<readonly string[]> {
  const rows = await snapshot.rows('SELECT verifier_key FROM audit_signing_key ORDER BY first_used_at, verifier_key');
  return rows.map(({ verifier_key: key }) => String(key));
}

/** @throws `AUDIT_REQUEST_INVALID` */
export async function assertLedgerExists(snapshot: LedgerSession): Promise<void> {
  const [row] = await snapshot.rows(`SELECT to_regclass('audit_checkpoint') IS NOT NULL AS is_there`);
  if (row?.is_there !== true) throw verifyErrors.AUDIT_REQUEST_INVALID.noTables();
}

/** Returns the newest checkpoint's note without verifying it; `undefined` without a checkpoint. */
export async function readNewestNote(snapshot: LedgerSession): Promise<string | undefined> {
  const [row] = await snapshot.rows(NEWEST, [Number.MAX_SAFE_INTEGER]);
  return row && String(row.note);
}

/** Returns the largest stored head that a known key signed; `undefined` if no such head is stored. */
export async function readNewestHead(
  snapshot: LedgerSession,
  trust: CheckpointTrust,
): Promise<SignedCheckpoint | undefined> {
  for await (const row of readCheckpoints(snapshot)) {
    const checked = checkCheckpoint(row, trust);
    if ('head' in checked) return { ...checked.head, note: String(row.note) };
  }
  return undefined;
}

/** Yields the rows of all checkpoints, unverified, the newest first. */
export async function* readCheckpoints(snapshot: LedgerSession): AsyncIterable<LedgerRow> {
  for await (const rows of readPagesBySize(snapshot, NEWEST)) yield* rows;
}

/** Yields the pages of a statement that selects rows whose `size` is below the parameter, the largest size first. */
export async function* readPagesBySize(snapshot: LedgerSession, text: string): AsyncIterable<readonly LedgerRow[]> {
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const rows = await snapshot.rows(text, [before]);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    before = Number(last.size);
  }
}

export async function countLeaves(snapshot: LedgerSession): Promise<number> {
  const [row] = await snapshot.rows('SELECT count(*) AS leaves FROM audit_leaf');
  return Number(row?.leaves);
}

/**
 * Verifies published notes with the log's keys, and returns their heads, except of size 0: each log continues an empty one. Throws the errors
 * of `verifyCheckpoint`.
 */
export function publishedHeads(notes: readonly string[], trust: CheckpointTrust): readonly Checkpoint[] {
  return notes.map((note) => verifyCheckpoint(note, trust).checkpoint).filter(({ size }) => size > 0);
}
