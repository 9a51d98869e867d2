import { undefinedIfRejected } from '../../errors/undefined-if-rejected.js';
import { ACT_EVENTS, readActs } from '../../keep/acts/act-note.js';
import { followKeyChanges, type FollowedKeys } from '../../keep/acts/key-acts.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { formatKeyLabel, parseNote } from '../log/notes/signed-note.js';
import { checkCheckpoint } from './judge-checkpoint.js';
import { readCheckpoints, readStoredKeys } from './read-heads.js';
import type { LedgerQueries, LedgerSession } from '../../store/sessions/ledger-session.js';
import { verifyErrors } from '../../errors/verify.errors.js';

/** Follows the ledger's acts of key change from the given keys. Rejects with the error of the PostgreSQL client. */
export async function followStoredKeys(snapshot: LedgerQueries, input: CheckpointTrust): Promise<FollowedKeys> {
  return followKeyChanges(await readActs(snapshot, ACT_EVENTS.key_change.type), input);
}

const SELECT_FROM_EVENTS = `
  SELECT e.details->>'act' AS note FROM audit_act a JOIN audit_event e ON e.id = a.event_id
   WHERE e.type = $1 AND (a.type <> $1 OR a.note IS DISTINCT FROM e.details->>'act')`;

/**
 * Follows acts of key change, in the table and in events. An event has a copy of its act, so keys are found even if the table was altered.
 *
 * @param snapshot a session of `VERIFIER`, which reads events
 */
export async function followEventKeys(snapshot: LedgerQueries, input: CheckpointTrust): Promise<FollowedKeys> {
  const rows = await snapshot.rows(SELECT_FROM_EVENTS, [ACT_EVENTS.key_change.type]);
  const notes = rows.map(({ note }) => String(note));
  return followKeyChanges([...(await readActs(snapshot, ACT_EVENTS.key_change.type)), ...notes], input);
}

/**
 * Refuses keys that are not in the ledger's table of keys and signed no checkpoint of the ledger. Such keys probably belong to another
 * ledger.
 *
 * @throws `AUDIT_REQUEST_INVALID` when other keys signed every checkpoint
 */
export async function assertKnownKeys(
  snapshot: LedgerSession,
  verifierKeys: readonly string[],
  trust: CheckpointTrust,
): Promise<void> {
  const named = await readStoredKeys(snapshot);
  if (verifierKeys.some((key) => named.includes(key))) return;
  let seen: readonly string[] = [];
  for await (const row of readCheckpoints(snapshot)) {
    const checked = checkCheckpoint(row, trust);
    if (!('finding' in checked) || checked.finding.kind !== 'checkpoint_unverified') return;
    if (seen.length === 0) seen = listSigners(String(row.note));
  }
  if (seen.length > 0) throw verifyErrors.AUDIT_REQUEST_INVALID.unknownKey(trust.keys.map(formatKeyLabel), seen);
}

/** Returns the signers that a note names, without verifying their signatures. */
export function listSigners(note: string): readonly string[] {
  return undefinedIfRejected(() => parseNote(note).signatures.map(formatKeyLabel)) ?? [];
}
