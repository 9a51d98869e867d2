import type { Erasure, ErasureCounts, ErasureRemains, ErasureState } from './erasure.dto.js';

/** Who requests an erasure: an id without a name, since it is kept. */
export type ErasureRequester = Readonly<Erasure['requestedBy']>;

/** How to erase. */
export interface ErasureOptions {
  readonly by: ErasureRequester;
  /** The reason, which the event and the certificate keep. At most 1,000 characters, without anything about the person. */
  readonly reason: string;
  /** Whether only to count what would be erased. @defaultValue false */
  readonly dryRun?: boolean;
  /** When to begin; until then, it can be withdrawn. Default: now. */
  readonly startsAt?: Date;
}

/** The remains before anything was found. */
export const NOTHING_REMAINS: ErasureRemains = {
  events: 0,
  facts: {},
  archives: {},
  removedArchives: [],
  exports: [],
  outside: [],
};

/** The counts before anything was found. */
export const NOTHING_FOUND: ErasureCounts = {
  events: {},
  held: 0,
  refused: 0,
  namedInFacts: 0,
  archived: 0,
  providers: {},
  deadLetters: 0,
};

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

export const NOTHING_DONE: ErasureProgress = {
  state: 'planned',
  transactions: [],
  counts: NOTHING_FOUND,
  remains: NOTHING_REMAINS,
};

/** The number of events, over all months and relations. */
export function totalEvents({ events }: Pick<ErasureCounts, 'events'>): number {
  return Object.values(events)
    .flatMap((relations) => Object.values(relations))
    .reduce((sum, count) => sum + count, 0);
}
