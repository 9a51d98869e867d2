import { setTimeout as pause } from 'node:timers/promises';
import type { TreeHead } from '../../log/merkle/consistency.js';
import { isSameHash } from '../../log/merkle/hashes.js';
import { verifyCheckpoint, type Checkpoint } from '../../log/notes/checkpoint.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import { LedgerInconsistentError } from '../ledger-inconsistent.error.js';
import { adoptionGivingUp } from '../stored-adoptions.js';
import { loadOwnTree, whyNotContinued, type SignedHistory } from '../stored-tree.js';
import { rootOfEdge } from '../../log/tiles/tree-edge.js';
import { NothingToAdoptError } from './adoption.error.js';
import { TIMING } from '../../store/timing.js';

/** A database that is sound in itself, but does not continue what was signed. */
export interface Adoption {
  /** The largest signed head that is not continued, and is given up. */
  readonly signed: Checkpoint;
  /** The size up to which the ledger continues what was signed. */
  readonly keptSize: number;
  /** The tree of the database, from which the ledger continues. */
  readonly stored: TreeHead;
  /** Whether the last checkpoint signed with the key file is given up, and not only a published one. */
  readonly isOfKeyFile: boolean;
  /** Why the database does not continue it. */
  readonly seen: string;
}

/**
 * Finds the head that an adoption would give up: among the last checkpoint signed with the key file and the published ones, the largest
 * that the database does not continue and no earlier adoption gave up. Changes nothing.
 *
 * @param published signed notes that were kept outside of the database
 * @throws NothingToAdoptError (`AUDIT_NOTHING_TO_ADOPT`); LedgerInconsistentError (`AUDIT_LEDGER_INCONSISTENT`) for a ledger
 *   that contradicts itself, as none does that was restored; the errors of notes for one that no key of the key file signed;
 *   else what the client or the system rejects with
 */
export async function findAdoption(
  session: LedgerSession,
  history: SignedHistory,
  published: readonly string[] = [],
): Promise<Adoption> {
  const kept = published.map((note) => verifyCheckpoint(note, history.trust).checkpoint);
  for (let look = 1; ; look++) {
    try {
      const adoption = await session.inTransaction(() => lookForAdoption(session, history, kept), SNAPSHOT);
      if (look === LOOKS) return adoption;
    } catch (error) {
      if (look === LOOKS || !(error instanceof LedgerInconsistentError)) throw error;
    }
    await pause(TIMING.adoptionMs);
  }
}

/** The number of tries: a working leader signs before it commits, and for that moment the database is behind. */
const LOOKS = 4;
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

interface Refused {
  readonly head: Checkpoint;
  readonly seen: string;
}

async function lookForAdoption(
  session: LedgerSession,
  history: SignedHistory,
  published: readonly Checkpoint[],
): Promise<Adoption> {
  const edge = await loadOwnTree(session, history);
  const stored = { size: edge.size, rootHash: rootOfEdge(edge) };
  const note = await history.lastSigned.read();
  const last = note === undefined ? [] : [verifyCheckpoint(note, history.trust).checkpoint];
  const refused: Refused[] = [];
  const continued: number[] = [];
  for (const head of [...last, ...published]) {
    const seen = await whyNotContinued(session, stored, head);
    if (seen === undefined) continued.push(head.size);
    else if (!(await adoptionGivingUp(session, history.trust, head))) refused.push({ head, seen });
  }
  const [largest] = refused.toSorted((one, other) => other.head.size - one.head.size);
  if (!largest) throw new NothingToAdoptError(stored.size);
  const isOfKeyFile = last.some(({ size, rootHash }) =>
    refused.some(({ head }) => head.size === size && isSameHash(head.rootHash, rootHash)),
  );
  return {
    signed: largest.head,
    seen: largest.seen,
    stored,
    isOfKeyFile,
    keptSize: keptSize(stored, refused, continued),
  };
}

/** If the smallest head that is given up is larger than the database, all of the database was signed. */
function keptSize({ size }: TreeHead, refused: readonly Refused[], continued: readonly number[]): number {
  const smallest = Math.min(...refused.map(({ head }) => head.size));
  return smallest > size ? size : Math.max(0, ...continued.filter((each) => each < smallest));
}
