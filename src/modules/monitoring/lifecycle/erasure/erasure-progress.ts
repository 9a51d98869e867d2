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
