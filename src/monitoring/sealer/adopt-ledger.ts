import { pause, hasCode } from '../../audit/nest-free.js';
import { getBranch, isAbandoned } from '../keep/acts/adoption-act.js';
import { recordAct } from '../keep/acts/store-act.js';
import type { TreeHead } from '../proof/log/merkle/verify-consistency.js';
import { verifyCheckpoint, type Checkpoint } from '../proof/log/notes/checkpoint.js';
import { encodeBase64 } from '../proof/log/notes/encoding.js';
import type { StatementSigner } from '../proof/log/notes/statement.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { TIMING } from '../store/timing.js';
import { hasAdoption } from './stored-adoptions.js';
import { loadOwnTree, explainInconsistency, type SignedHistory } from './stored-tree.js';
import { ledgerErrors } from '../errors/ledger.errors.js';

/** The plan of an adoption: the database is consistent, but does not continue all signed checkpoints. */
export interface Adoption {
  /** The largest signed head that the database does not continue. The adoption gives up this tree head. */
  readonly signed: Checkpoint;
  /** The size up to which the database is consistent with the signed checkpoints. */
  readonly keptSize: number;
  /** The tree in the database, from which the ledger continues. */
  readonly stored: TreeHead;
  /** Whether the adoption also gives up the last checkpoint in the file beside the key. If `false`, only published checkpoints are given up. */
  readonly isFromKeyFile: boolean;
  /** Why the database does not continue the head. */
  readonly seen: string;
}

/**
 * Finds the head that an adoption would give up, and changes nothing. Considers the last checkpoint that the key file signed, and the
 * published checkpoints. The result is the largest head that the database does not continue, and that no earlier adoption gave up. If all
 * continue, but the last signed checkpoint is lost, the result is the database's own head.
 *
 * @param published signed notes from outside the database
 * @throws `AUDIT_NOTHING_TO_ADOPT`
 * @throws `AUDIT_LEDGER_INCONSISTENT` if the database contradicts itself. A restore cannot cause this error
 * @throws the errors of {@link verifyCheckpoint} for a note that no key of the key file signed. Also throws errors of the database client
 *   and the file system
 */
export async function findAdoption(
  session: LedgerSession,
  history: SignedHistory,
  published: readonly string[] = [],
): Promise<Adoption> {
  const kept = published.map((note) => verifyCheckpoint(note, history.trust).checkpoint);
  for (let attempt = 1; ; attempt++) {
    try {
      const adoption = await session.inTransaction(() => planAdoption(session, history, kept), SNAPSHOT);
      if (attempt === MAX_ATTEMPTS) return adoption;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !hasCode(error, 'AUDIT_LEDGER_INCONSISTENT')) throw error;
    }
    await pause(TIMING.adoptionMs);
  }
}

/** The maximum number of attempts: the database and the key file differ for a moment while a leader seals events. */
const MAX_ATTEMPTS = 4;
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

interface RejectedCheckpoint {
  readonly head: Checkpoint;
  readonly seen: string;
}

async function planAdoption(
  session: LedgerSession,
  history: SignedHistory,
  published: readonly Checkpoint[],
): Promise<Adoption> {
  const { signed: stored } = await loadOwnTree(session, history);
  const note = await history.lastSigned.read();
  const last = note === undefined ? [] : [verifyCheckpoint(note, history.trust).checkpoint];
  const refused: RejectedCheckpoint[] = [];
  const continued: number[] = [];
  for (const head of [...last, ...published]) {
    const seen = await explainInconsistency(session, stored, head);
    if (seen === undefined) continued.push(head.size);
    else if (!(await hasAdoption(session, history.trust, (each) => isAbandoned(each, head))))
      refused.push({ head, seen });
  }
  const [largest] = refused.toSorted((one, other) => other.head.size - one.head.size);
  if (!largest) {
    if (note !== undefined || stored.size === 0) throw ledgerErrors.AUDIT_NOTHING_TO_ADOPT(stored.size);
    return createConfirmation({ ...stored, origin: history.trust.origin }, history.lastSigned.path);
  }
  const isFromKeyFile = last.some((own) => refused.some(({ head }) => head === own));
  return {
    signed: largest.head,
    seen: largest.seen,
    stored,
    isFromKeyFile,
    keptSize: computeSharedSize(stored, refused, continued),
  };
}

/** If the last signed checkpoint is lost, the adoption gives up nothing, and states that the database's tree is the newest one. */
function createConfirmation(stored: Checkpoint, path: string): Adoption {
  const seen = `No checkpoint outside the database confirms its ledger: ${path} has none`;
  return { signed: stored, stored, keptSize: stored.size, isFromKeyFile: false, seen };
}

/**
 * If all given-up heads are larger than the database's tree, returns the size of this tree. Otherwise, returns the largest size that a
 * checkpoint confirms and that is below all given-up heads.
 */
function computeSharedSize(
  { size }: TreeHead,
  refused: readonly RejectedCheckpoint[],
  continued: readonly number[],
): number {
  const smallest = Math.min(...refused.map(({ head }) => head.size));
  return smallest > size ? size : Math.max(0, ...continued.filter((each) => each < smallest));
}

export interface Adopted {
  /** The id of the event `audit_ledger_adopted`. */
  readonly eventId: string;
  /** The file with a copy of the key file's last checkpoint; absent if only published heads are given up. */
  readonly backupFile?: string;
}

/**
 * Gives up a signed head by an act. The sequencer then continues from the database's state, and `verify` accepts that this head is missing.
 * Before the commit, copies the last signed checkpoint to a file, so that it is not lost. The adoption is durable when the promise
 * resolves. Rejects with the error of the PostgreSQL client or the file system.
 */
export async function adoptLedger(
  session: LedgerSession,
  { trust, lastSigned, signText }: SignedHistory & StatementSigner,
  { signed, stored, keptSize, isFromKeyFile }: Adoption,
  { actorId, reason }: { readonly actorId: string; readonly reason: string },
): Promise<Adopted> {
  const oldBranch = getBranch(signed);
  const statement = {
    act: 'adoption',
    oldSize: signed.size,
    oldRoot: encodeBase64(signed.rootHash),
    ...(oldBranch === undefined ? {} : { oldBranch }),
    keptSize,
    newSize: stored.size,
    newRoot: encodeBase64(stored.rootHash),
  } as const;
  return session.inTransaction(async () => {
    const actor = { type: 'admin', id: actorId } as const;
    const signer = { trust, signText };
    const { event } = await recordAct(session, { statement, signer, actor, reason, head: stored });
    const kept = isFromKeyFile ? { backupFile: await lastSigned.keep(`before-${event.id}`) } : {};
    return { eventId: event.id, ...kept };
  });
}
