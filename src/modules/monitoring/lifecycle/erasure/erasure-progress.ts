import { readState, signState } from '../../acts/signed-state.js';
import type { StatementSigner } from '../../log/notes/statement.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';
import { NOTHING_FOUND, type ErasureCounts, type ErasureState } from './erasure.js';
import { NOTHING_REMAINS, type ErasureRemains } from './remains.js';

/** How far an erasure is. An earlier state than the last does no harm: each step can be done again. */
export interface ErasureProgress {
  readonly state: ErasureState;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  /** The smallest id that it does not cover any more. */
  readonly until?: string | undefined;
  /** The first transaction that it does not wait for, as PostgreSQL writes it. */
  readonly horizon?: string | undefined;
  /** The transactions that it waits for, by their virtual ids; prepared ones by their numbers. */
  readonly transactions: readonly string[];
  /** The last event that was looked at in this state. */
  readonly position?: string | undefined;
  readonly counts: ErasureCounts;
  readonly remains: ErasureRemains;
  readonly checkpointBefore?: string | undefined;
  /** Of the event `audit_subject_erased`. */
  readonly eventId?: string | undefined;
  /** The hash of the newest act, in the transaction that stored it: a progress whose transaction was rolled back names one that is not there. */
  readonly newestAct?: string | undefined;
}

/** Before its first step. */
export const NOTHING_DONE: ErasureProgress = {
  state: 'planned',
  transactions: [],
  counts: NOTHING_FOUND,
  remains: NOTHING_REMAINS,
};

/** Which erasure the progress is of: the act that requested it has the number. */
export interface ProgressOf {
  readonly id: string;
  readonly request: number;
}

/** The note to keep. */
export function signProgress(signer: StatementSigner, { id, request }: ProgressOf, progress: ErasureProgress): string {
  return signState(signer, 'erasure-progress', { ...progress, erasureId: id, request });
}

/** @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`) for what the ledger's key did not sign, or of another request */
export function readProgress(note: string, { id, request }: ProgressOf, trust: CheckpointTrust): ErasureProgress {
  const { erasureId, request: of, ...progress } = readState(note, 'erasure-progress', trust) ?? {};
  if (erasureId === id && of === request) return progress as unknown as ErasureProgress; // signed, so it is what signProgress wrote
  throw ActsContradictedError.create(`how far the erasure ${id} is was not written by the application`);
}
