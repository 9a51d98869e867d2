import { readState, signState } from '../../acts/signed-state.js';
import type { StatementSigner } from '../../log/notes/statement.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';
import { NOTHING_FOUND, type ErasureCounts, type ErasureState } from './erasure.js';
import { NOTHING_REMAINS, type ErasureRemains } from './remains.js';

/** The progress of an erasure. A state earlier than the last one does no harm: each step can be repeated. */
export interface ErasureProgress {
  readonly state: ErasureState;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  /** The smallest id that it does not cover. */
  readonly until?: string | undefined;
  /** The first transaction that it does not wait for, in PostgreSQL's notation. */
  readonly horizon?: string | undefined;
  /** The transactions that it waits for, by their virtual ids; prepared ones by their numbers. */
  readonly transactions: readonly string[];
  /** The last event that was processed in this state. */
  readonly position?: string | undefined;
  readonly counts: ErasureCounts;
  readonly remains: ErasureRemains;
  readonly checkpointBefore?: string | undefined;
  /** The id of the event `audit_subject_erased`. */
  readonly eventId?: string | undefined;
  /** The hash of the newest act in the transaction that stored it. After a rollback, no act has this hash. */
  readonly newestAct?: string | undefined;
}

/** The progress before the first step. */
export const NOTHING_DONE: ErasureProgress = {
  state: 'planned',
  transactions: [],
  counts: NOTHING_FOUND,
  remains: NOTHING_REMAINS,
};

/** The erasure that the progress belongs to, by the number of the act that requested it. */
export interface ProgressOf {
  readonly id: string;
  readonly request: number;
}

/** Signs a progress as a note to keep. */
export function signProgress(signer: StatementSigner, { id, request }: ProgressOf, progress: ErasureProgress): string {
  return signState(signer, 'erasure-progress', { ...progress, erasureId: id, request });
}

/** @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`) if the ledger's key did not sign it, or it belongs to another request */
export function readProgress(note: string, { id, request }: ProgressOf, trust: CheckpointTrust): ErasureProgress {
  const { erasureId, request: of, ...progress } = readState(note, 'erasure-progress', trust) ?? {};
  if (erasureId === id && of === request) return progress as unknown as ErasureProgress; // signed, so it is what signProgress wrote
  throw ActsContradictedError.create(`how far the erasure ${id} is was not written by the application`);
}
