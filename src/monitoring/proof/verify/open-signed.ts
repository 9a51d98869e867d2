import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import type { OpenedLog } from './check.js';
import { followStoredKeys } from './known-keys.js';
import { readNewestHead } from './read-heads.js';
import { DatabaseSource } from './sources/database-source.js';

/** Opens the signed part of a ledger's log with trusted keys, for single checks. Follows acts of key change in the table of acts only. */
export async function openSigned(snapshot: LedgerSession, input: CheckpointTrust): Promise<OpenedLog> {
  const { trust, followed } = await followStoredKeys(snapshot, input);
  const head = await readNewestHead(snapshot, trust);
  const size = head?.size ?? 0;
  const source = new DatabaseSource(snapshot, trust);
  return {
    ...{ source, trust, followed, areKeysStored: false, head, size, leaves: size, published: [] },
    options: {},
    nowMs: Date.now(),
  };
}
