import type { Checkpoint } from '../log/notes/checkpoint.js';
import type { ActStatement } from './act-note.js';

/** Which signed heads an adoption gives up, and which state the ledger continues from. Roots are base64. */
export interface StatedAdoption {
  /** The largest head that is given up. */
  readonly oldSize: number;
  readonly oldRoot: string;
  /** The last adoption before that head was signed, by its event's id; absent without one. */
  readonly oldBranch?: string;
  /** The ledger continues the signed heads up to this size; it gives none of them up. */
  readonly keptSize: number;
  /** The size of the log that the database had. */
  readonly newSize: number;
  readonly newRoot: string;
}

/** The adoption that a signed act states; `undefined` for an act of another kind. */
export function adoptionOf(statement: ActStatement): StatedAdoption | undefined {
  return statement.act === 'adoption' ? (statement as unknown as StatedAdoption) : undefined; // as its signer wrote it
}

/**
 * Whether an adoption gives up a signed head: the head has the branch of the head that the adoption names, is not larger, and lies beyond
 * the kept size. Checkpoints that were signed after the adoption are of another branch.
 */
export function givesUp({ oldSize, oldBranch, keptSize }: StatedAdoption, head: Checkpoint): boolean {
  return head.size > keptSize && head.size <= oldSize && branchOf(head) === oldBranch;
}

const BRANCH = 'adoption ';

/** The extension lines of checkpoints that are signed after an adoption. @param branch the id of its event */
export function branchLines(branch: string | undefined): Pick<Checkpoint, 'extensions'> {
  return branch === undefined ? {} : { extensions: [`${BRANCH}${branch}`] };
}

/** The last adoption before a checkpoint was signed, by its event's id; `undefined` without one. */
export function branchOf({ extensions = [] }: Pick<Checkpoint, 'extensions'>): string | undefined {
  return extensions.find((line) => line.startsWith(BRANCH))?.slice(BRANCH.length);
}
