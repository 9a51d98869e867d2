import type { Erasure, ErasureCounts, ErasureRemains, ErasureState } from './erasure.dto.js';

/** Names the requester of an erasure by an id, without a name, because it is stored permanently. */
export type ErasureRequester = Readonly<Erasure['requestedBy']>;

/** The options of an erasure. */
export interface ErasureOptions {
  readonly by: ErasureRequester;
  /** The reason, which the certificate contains. At most 1,000 characters. It must not contain data of the person. */
  readonly reason: string;
  /** Whether events are only counted. @defaultValue false */
  readonly dryRun?: boolean;
  /** When the erasure begins. Until then, it can be withdrawn. Default: now. */
  readonly startsAt?: Date;
}

export const NOTHING_REMAINS: ErasureRemains = {
  events: 0,
  facts: {},
  archives: {},
  removedArchives: [],
  exports: [],
  outside: [],
};

export const NOTHING_FOUND: ErasureCounts = {
  events: {},
  held: 0,
  refused: 0,
  namedInFacts: 0,
  archived: 0,
  providers: {},
  deadLetters: 0,
};

/** The progress of an erasure. An outdated progress does no harm, because each step can be repeated. */
export interface ErasureProgress {
  readonly state: ErasureState;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  /** The smallest id that the erasure does not cover. */
  readonly until?: string | undefined;
  /** The first transaction that the erasure does not wait for, in PostgreSQL's notation. */
  readonly horizon?: string | undefined;
  /** The transactions that the erasure waits for: virtual ids, or numbers of prepared transactions. */
  readonly transactions: readonly string[];
  /** The id of the last event that was processed in this state. */
  readonly position?: string | undefined;
  readonly counts: ErasureCounts;
  readonly remains: ErasureRemains;
  readonly checkpointBefore?: string | undefined;
  /** The id of the event `audit_subject_erased`. */
  readonly eventId?: string | undefined;
  /** The hash of the newest act in the transaction that stored the progress. After a rollback, no act has this hash. */
  readonly newestAct?: string | undefined;
}

export const NOTHING_DONE: ErasureProgress = {
  state: 'planned',
  transactions: [],
  counts: NOTHING_FOUND,
  remains: NOTHING_REMAINS,
};

/** Sums the events of all months and relations. */
export function totalEvents({ events }: Pick<ErasureCounts, 'events'>): number {
  return Object.values(events)
    .flatMap((relations) => Object.values(relations))
    .reduce((sum, count) => sum + count, 0);
}
