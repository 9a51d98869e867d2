import type { Selectable } from './selection.js';

/** Events of the time range that have the same values for selections. */
export interface EventGroup extends Selectable {
  readonly events: number;
  /** How many of them a probe made. */
  readonly canaries: number;
  /** How many lack the id of the user, administrator or service that acted. */
  readonly withoutActor: number;
  /** How many come from a request and lack its address. */
  readonly withoutOrigin: number;
  /** How many lack the type of a resource. */
  readonly withoutObject: number;
  /** How many contain a text with the form of a key or a token. */
  readonly withSecrets: number;
  /** How many occurred after they were accepted. */
  readonly ahead: number;
}

/** The setup of the ledger's database, as far as it is visible. */
export interface LedgerFacts {
  /** Whether an event has waited for longer than a minute to be sealed. */
  readonly isSealingLate: boolean;
  /** For each policy of the retirements so far, from signed acts and from the database: the fewest days that it kept an event. */
  readonly retiredAfterDays: readonly number[];
  /** When the oldest stored event was accepted. */
  readonly oldestAt: Date | undefined;
  /** The watch's place, signed by the ledger's key; absent if there is no watch. */
  readonly watchedPlaces: number | undefined;
  readonly streams: readonly StreamFact[];
  /** Streams that were removed within the time range, and not added again. */
  readonly removedStreams: readonly string[];
  /**
   * How many places are covered by checkpoints outside of the database: given ones, those that known witnesses cosigned, and those for
   * which only a row claims that they left it.
   */
  readonly outside: { readonly given: number; readonly cosigned: number; readonly claimed: number };
  readonly capturedTables: readonly string[];
  /** Captured tables whose triggers do not always run. */
  readonly uncapturedTables: readonly string[];
  /** Whether a sealed event confirms how the tables are captured now (`as-sealed`), differs from it, or is missing. */
  readonly capture: 'as-sealed' | 'altered' | 'unsealed';
  /** Sealed events of the time range about changes of the capture by which row changes may have been missed. */
  readonly captureAlterations: number;
  readonly parkedChanges: number;
  /** Logins that may read the ledger directly, without the application. */
  readonly readers: readonly string[];
  /** Requests of the time range to erase a person: all, those carried out within 30 days, and overdue ones. */
  readonly erasures: { readonly requested: number; readonly done: number; readonly late: number };
  /**
   * Alerts of the time range, those without an answer, and those that nobody acknowledged or resolved within a day, with some of their ids.
   */
  readonly alerts: {
    readonly raised: number;
    readonly open: number;
    readonly late: number;
    readonly lateIds: readonly string[];
  };
  /**
   * Days of the time range that ended at least a day ago, those that were signed off, those signed off more than two days after their end,
   * and some of the missing ones.
   */
  readonly reviews: {
    readonly days: number;
    readonly signedOff: number;
    readonly late: number;
    readonly missing: readonly string[];
  };
}

/** A stream, and its place. */
export interface StreamFact {
  readonly name: string;
  readonly state: string;
  /** How many places it has sent, signed by the ledger's key. */
  readonly places: number;
  readonly destination: string;
  /** Why its destination may lack some events below these places: a clause. */
  readonly doubt?: string;
}
