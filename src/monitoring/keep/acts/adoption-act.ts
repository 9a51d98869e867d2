import type { Checkpoint } from '../../proof/log/notes/checkpoint.js';
import type { ActStatement } from './act-note.js';

/** The statement of an adoption: the signed heads that are given up, and the state from which the ledger continues. Roots are base64. */
export interface StatedAdoption {
  /** The size of the largest head that the adoption gives up. */
  readonly oldSize: number;
  readonly oldRoot: string;
  /** The branch of the largest head: the event id of the last adoption before that head was signed. Absent without an earlier adoption. */
  readonly oldBranch?: string;
  /** The size up to which the log still agrees with the signed heads. The adoption gives up no head up to this size. */
  readonly keptSize: number;
  /** The size of the log in the database at the adoption. */
  readonly newSize: number;
  readonly newRoot: string;
}

/** Returns the adoption that a signed act states; `undefined` for an act of another kind. */
export function parseAdoption(statement: ActStatement): StatedAdoption | undefined {
  return statement.act === 'adoption' ? (statement as unknown as StatedAdoption) : undefined; // the ledger's key signed the act, so the statement has this shape
}

/**
 * Whether an adoption gives up a signed head. The head must have the branch `oldBranch`, and a size above `keptSize` and up to `oldSize`.
 * Checkpoints that are signed after the adoption have another branch.
 */
export function isAbandoned({ oldSize, oldBranch, keptSize }: StatedAdoption, head: Checkpoint): boolean {
  return head.size > keptSize && head.size <= oldSize && getBranch(head) === oldBranch;
}

const BRANCH = 'adoption ';

/** The extension lines of checkpoints that are signed after an adoption. @param branch the id of the adoption's event */
export function toBranchLines(branch: string | undefined): Pick<Checkpoint, 'extensions'> {
  return branch === undefined ? {} : { extensions: [`${BRANCH}${branch}`] };
}

/** Returns the branch of a checkpoint: the event id of the last adoption before the checkpoint; `undefined` before any adoption. */
export function getBranch({ extensions = [] }: Pick<Checkpoint, 'extensions'>): string | undefined {
  return extensions.find((line) => line.startsWith(BRANCH))?.slice(BRANCH.length);
}

/** An adoption: the signed heads that the operator gave up. */
export interface AdoptionReport extends Pick<StatedAdoption, 'oldSize' | 'oldRoot' | 'keptSize' | 'newSize'> {
  readonly eventId: string;
  /** RFC 3339. */
  readonly at: string;
  /** The id of the adoption's actor; absent if the event is not stored. */
  readonly by?: string;
  /** The sizes of the caller's checkpoints that the adoption gave up. */
  readonly accounted: readonly number[];
}

/** Describes for people which heads an adoption gave up, when, and by whom. */
export function describeAdoption(adoption: AdoptionReport): string {
  const { eventId, at, by, oldSize, oldRoot, keptSize, newSize, accounted } = adoption;
  const who = by === undefined ? '' : ` by ${by}`;
  if (oldSize === keptSize) {
    return `An adoption (event ${eventId}, ${at}${who}) stated that the log of size ${newSize} was the newest one, because the last signed checkpoint was lost.`;
  }
  const sizes = accounted.length > MAX_SIZES ? [...accounted.slice(0, MAX_SIZES), '…'] : accounted;
  const own = accounted.length === 0 ? 'none' : `size ${sizes.join(', ')}`;
  return (
    `An adoption (event ${eventId}, ${at}${who}) gave up the signed head of size ${oldSize}, root ${oldRoot}, and the checkpoints ` +
    `above size ${keptSize} that lead to it. The log continued from size ${newSize}. The adoption gave up these checkpoints of yours: ${own}.`
  );
}

const MAX_SIZES = 10;
