import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { checkActs } from './check-acts.js';
import { checkErasures } from './check-erasures.js';
import { DatabaseSource } from './database-source.js';
import { followStoredKeys } from './known-keys.js';
import { readNewestHead } from './read-heads.js';
import type { LedgerSession } from '../store/ledger-session.js';

/** The numbers of the acts whose list of erased events is the one that they state. Rejects with the client's error. */
export async function readTrustedErasures(snapshot: LedgerSession, given: CheckpointTrust): Promise<readonly number[]> {
  const { trust } = await followStoredKeys(snapshot, given);
  const size = (await readNewestHead(snapshot, trust))?.size ?? 0;
  const { acts } = await checkActs(snapshot, { trust, size, source: new DatabaseSource(snapshot, trust) });
  return (await checkErasures(snapshot, acts)).trusted;
}
