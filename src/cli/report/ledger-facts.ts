import type { Selectable } from './selection.js';

/** Events of the time range that agree in what selections look at. */
export interface EventGroup extends Selectable {
  readonly events: number;
  /** Of them, those that a probe made. */
  readonly canaries: number;
  /** Without the id of a user, an administrator or a service that did it. */
  readonly withoutActor: number;
  /** Of a request, and without its address. */
  readonly withoutOrigin: number;
  /** Without the type of a resource. */
  readonly withoutObject: number;
  /** With a text that is shaped like a key or a token. */
  readonly withSecrets: number;
  /** That happened later than they were accepted. */
  readonly ahead: number;
}

/** How the ledger's database is set up, as far as it shows. */
export interface LedgerFacts {
  /** Whether an event waits for longer than a minute to be sealed. */
  readonly isSealingLate: boolean;
  /** Policies of the retirements so far, by signed acts and by the database, with the fewest days that each kept an event. */
  readonly retiredAfterDays: readonly number[];
  /** When the oldest stored event was accepted. */
  readonly oldestAt: Date | undefined;
  /** Where the watch is, as the ledger's key signed it; absent where nobody watches. */
  readonly watchedPlaces: number | undefined;
  readonly streams: readonly StreamFact[];
  /** Streams that were removed within the time range, and not added again. */
  readonly removedStreams: readonly string[];
  /** How many places checkpoints from outside are of: given ones, those that known witnesses cosigned, and those of which only a row says that they left the database. */
  readonly outside: { readonly given: number; readonly cosigned: number; readonly claimed: number };
  readonly capturedTables: readonly string[];
  /** Those whose triggers do not always run. */
  readonly uncapturedTables: readonly string[];
  /** How a sealed event says that the tables are captured: as they are now, otherwise, or not at all. */
  readonly capture: 'as-sealed' | 'altered' | 'unsealed';
  /** Sealed events of the time range that say that capturing was altered in a way that changes may have gone by. */
  readonly captureAlterations: number;
  readonly parkedChanges: number;
  /** Logins that may read the ledger past the application. */
  readonly readers: readonly string[];
  /** Requests of the time range to erase a person: those carried out within 30 days, and those that were not. */
  readonly erasures: { readonly requested: number; readonly done: number; readonly late: number };
  /** Alerts of the time range, those without an answer, and those that nobody acknowledged or resolved within a day, with some of their ids. */
  readonly alerts: {
    readonly raised: number;
    readonly open: number;
    readonly late: number;
    readonly lateIds: readonly string[];
  };
  /** Days of the time range that ended a day ago or longer, those that somebody signed off, those of them that were so more than two days after their end, and some of the others. */
  readonly reviews: {
    readonly days: number;
    readonly signedOff: number;
    readonly late: number;
    readonly missing: readonly string[];
  };
}

/** A stream, and where it is. */
export interface StreamFact {
  readonly name: string;
  readonly state: string;
  /** How many places it has sent, as the ledger's key signed it. */
  readonly places: number;
  readonly destination: string;
  /** Why its destination may not have every event below those places: a clause. */
  readonly doubt?: string;
}
