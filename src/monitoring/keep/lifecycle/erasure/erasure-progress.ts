import type { Erasure, ErasureCounts, ErasureRemnants, ErasureState } from './erasure.dto.js';

/** Names the requester of an erasure by an id, without a name, because the requester is stored permanently. */
export type ErasureRequester = Readonly<Erasure['requestedBy']>;

export interface ErasureOptions {
  readonly by: ErasureRequester;
  /** The reason, of at most 1,000 characters. The reason must not contain data of the person, because the certificate contains the reason. */
  readonly reason: string;
  /** Whether the erasure only counts events. @defaultValue false */
  readonly dryRun?: boolean;
  /** When the erasure begins. Until that time, the erasure can be withdrawn. Default: now. */
  readonly startsAt?: Date;
}

export const NO_REMNANTS: ErasureRemnants = {
  events: 0,
  facts: {},
  archives: {},
  removedArchives: [],
  exports: [],
  outside: [],
};

export const NO_COUNTS: ErasureCounts = {
  events: {},
  held: 0,
  refused: 0,
  namedInFacts: 0,
  archived: 0,
  providers: {},
  deadLetters: 0,
  corruptLines: 0,
};

/** The progress of an erasure. If an older progress is stored again, the erasure only repeats some steps. */
export interface ErasureProgress {
  readonly state: ErasureState;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  /** Events with this id or a greater id are not erased. */
  readonly until?: string | undefined;
  /** The number of the first transaction for which the erasure does not wait. */
  readonly horizon?: string | undefined;
  /** The transactions for which the erasure waits: virtual ids, or numbers of prepared transactions. */
  readonly transactions: readonly string[];
  /** The id of the last event that was processed in the current state. */
  readonly position?: string | undefined;
  readonly counts: ErasureCounts;
  readonly remnants: ErasureRemnants;
  readonly checkpointBefore?: string | undefined;
  /** The id of the event `audit_subject_erased`. */
  readonly eventId?: string | undefined;
  /**
   * The hash of the act that was the newest when the progress was stored. If the transaction that stored the progress was rolled back, the
   * log has no act with this hash.
   */
  readonly newestAct?: string | undefined;
}

export const INITIAL_PROGRESS: ErasureProgress = {
  state: 'planned',
  transactions: [],
  counts: NO_COUNTS,
  remnants: NO_REMNANTS,
};

export function totalEvents({ events }: Pick<ErasureCounts, 'events'>): number {
  return Object.values(events)
    .flatMap((relations) => Object.values(relations))
    .reduce((sum, count) => sum + count, 0);
}
