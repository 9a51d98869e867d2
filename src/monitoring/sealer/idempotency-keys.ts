import type { LedgerSession } from '../store/sessions/ledger-session.js';

const LIFETIME = `interval '24 hours'`;
const FIND = `
  SELECT encode(hash, 'hex') AS once, event_id::text AS id FROM audit_once
   WHERE hash IN (SELECT decode(given, 'hex') FROM unnest($1::text[]) AS given) AND taken_at > clock_timestamp() - ${LIFETIME}`;
const TAKE = `
  INSERT INTO audit_once (hash, event_id) SELECT decode(once, 'hex'), id FROM unnest($1::text[], $2::uuid[]) AS given (once, id)
  ON CONFLICT (hash) DO UPDATE SET event_id = excluded.event_id, taken_at = excluded.taken_at`;
const SWEEP = `DELETE FROM audit_once WHERE taken_at <= clock_timestamp() - ${LIFETIME}`;

/** An event that is not sealed, because an event with the same idempotency key is. */
export interface DuplicateEvent {
  readonly id: string;
  readonly type: string;
  /** The id of the sealed event. */
  readonly of: string;
}

/** Deduplication: returns the ids of the sealed events that took idempotency keys within 24 hours, by the hashes of the keys. */
export async function findTaken(session: LedgerSession, hashes: readonly string[]): Promise<Map<string, string>> {
  if (hashes.length === 0) return new Map();
  const rows = await session.rows(FIND, [hashes], 'audit_once_find');
  return new Map(rows.map(({ once, id }) => [String(once), String(id)]));
}

/** Stores which events took keys, in the session's transaction. */
export async function claimIdempotencyKeys(session: LedgerSession, ids: ReadonlyMap<string, string>): Promise<void> {
  if (ids.size > 0) await session.rows(TAKE, [[...ids.keys()], [...ids.values()]], 'audit_once_take');
}

/** Removes the hashes of keys that were taken more than 24 hours ago. */
export async function deleteExpiredKeys(session: LedgerSession): Promise<void> {
  await session.rows(SWEEP);
}
