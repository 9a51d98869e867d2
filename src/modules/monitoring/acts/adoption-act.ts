import type { Checkpoint } from '../log/notes/checkpoint.js';
import type { ActStatement } from './act-note.js';

/** The type of the event by which an adoption is in the log. */
export const ADOPTION_TYPE = 'audit_ledger_adopted';

const ADOPTION_ACT = 'adoption';

/** Which signed heads an adoption gives up, and what the ledger continues from. Roots are base64. */
export interface StatedAdoption {
  /** The largest head that is given up. */
  readonly oldSize: number;
  readonly oldRoot: string;
  /** The adoption that had been the last one when that head was signed, by its event's id; absent for none. */
  readonly oldBranch?: string;
  /** Up to this size, the ledger continues what was signed: no head of it is given up. */
  readonly keptSize: number;
  /** What the database had. */
  readonly newSize: number;
  readonly newRoot: string;
}

/** What the act of an adoption states. */
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
 * Whether an adoption gives a signed head up that the ledger does not continue: of the same branch as the head that it names,
 * no larger, and beyond what was kept. Checkpoints that were signed after the adoption are of another branch.
 */
export function givesUp({ oldSize, oldBranch, keptSize }: StatedAdoption, head: Checkpoint): boolean {
  return head.size > keptSize && head.size <= oldSize && branchOf(head) === oldBranch;
}

const BRANCH = 'adoption ';

/** The extension lines of checkpoints that are signed after an adoption. @param branch the id of its event */
export function branchLines(branch: string | undefined): Pick<Checkpoint, 'extensions'> {
  return branch === undefined ? {} : { extensions: [`${BRANCH}${branch}`] };
}

/** The last adoption before a checkpoint was signed, by its event's id; `undefined` for none. */
export function branchOf({ extensions = [] }: Pick<Checkpoint, 'extensions'>): string | undefined {
  return extensions.find((line) => line.startsWith(BRANCH))?.slice(BRANCH.length);
}
