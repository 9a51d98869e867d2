import type { Checkpoint } from '../log/notes/checkpoint.js';
import type { ActStatement } from './act-note.js';

/** The type of the event that records an adoption in the log. */
export const ADOPTION_TYPE = 'audit_ledger_adopted';

const ADOPTION_ACT = 'adoption';

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

/** Makes the statement of an adoption's act. */
export function statementOfAdoption(adoption: StatedAdoption): ActStatement {
  return { ...adoption, act: ADOPTION_ACT };
}

/** The adoption that an act states; `undefined` for an act of another kind. */
export function adoptionOf(statement: ActStatement): StatedAdoption | undefined {
  if (statement.act !== ADOPTION_ACT) return undefined;
  const { oldSize, oldRoot, oldBranch, keptSize, newSize, newRoot } = statement;
  return {
    oldSize: Number(oldSize),
    oldRoot: textOf(oldRoot),
    ...(typeof oldBranch === 'string' ? { oldBranch } : {}),
    keptSize: Number(keptSize),
    newSize: Number(newSize),
    newRoot: textOf(newRoot),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
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
