import { setTimeout as pause } from 'node:timers/promises';
import { AuditError } from '../../../../audit/index.js';
import type { TreeHead } from '../merkle/index.js';
import { verifyCheckpoint } from '../notes/index.js';
import {
  checkLastSigned,
  LedgerInconsistentError,
  loadOwnTree,
  readLastCheckpoint,
  type LeaderSession,
  type SignedHistory,
} from '../sequencer/index.js';
import { rootOfEdge } from '../tiles/index.js';
import { NothingToAdoptError } from './adoption.errors.js';

/** A database that is sound in itself, and does not continue what was signed. */
export interface Adoption {
  /** What was signed last, and is given up. */
  readonly signed: TreeHead & { readonly at: Date };
  /** What the database has, and is gone on from. The note is absent where it has no checkpoint. */
  readonly stored: TreeHead & { readonly note?: string };
  /** Why the sequencer refuses. */
  readonly seen: string;
}

/**
 * What an adoption would give up. Changes nothing.
 *
 * @throws NothingToAdoptError (`AUDIT_NOTHING_TO_ADOPT`); LedgerInconsistentError (`AUDIT_LEDGER_INCONSISTENT`) for a ledger
 *   that contradicts itself, as none does that was restored; else what the client or the system rejects with
 */
export async function findAdoption(session: LeaderSession, history: SignedHistory): Promise<Adoption> {
  for (let look = 1; ; look++) {
    try {
      const adoption = await session.inTransaction(() => lookForAdoption(session, history), SNAPSHOT);
      if (look === LOOKS) return adoption;
    } catch (error) {
      if (look === LOOKS || !(error instanceof LedgerInconsistentError)) throw error;
    }
    await pause(BETWEEN_LOOKS_MS);
  }
}

/** A leader at work signs before it commits: for that moment, the database is behind. */
const LOOKS = 4;
const BETWEEN_LOOKS_MS = 400;
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

async function lookForAdoption(session: LeaderSession, history: SignedHistory): Promise<Adoption> {
  const edge = await loadOwnTree(session, history);
  const head = { size: edge.size, rootHash: rootOfEdge(edge) };
  const refusal = await refusalOf(session, history, head);
  const note = await history.lastSigned.read();
  if (!refusal || note === undefined) throw new NothingToAdoptError(head.size);
  const signed = checkpointOf(note, history);
  if (!signed) throw refusal;
  const last = await readLastCheckpoint(session);
  return {
    signed: { ...signed, at: await history.lastSigned.writtenAt() },
    stored: { ...head, ...(last ? { note: last.note } : {}) },
    seen: refusal.message,
  };
}

async function refusalOf(
  session: LeaderSession,
  history: SignedHistory,
  head: TreeHead,
): Promise<LedgerInconsistentError | undefined> {
  try {
    await checkLastSigned(session, history, head);
    return undefined;
  } catch (error) {
    if (error instanceof LedgerInconsistentError) return error;
    throw error;
  }
}

/** `undefined` for what no key of the key file signed: what would be given up is not known then. */
function checkpointOf(note: string, { trust }: SignedHistory): TreeHead | undefined {
  try {
    return verifyCheckpoint(note, trust).checkpoint;
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}
