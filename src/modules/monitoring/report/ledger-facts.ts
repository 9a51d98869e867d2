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
  /** With neither a resource nor a route. */
  readonly withoutObject: number;
  /** That happened later than they were accepted. */
  readonly ahead: number;
}

/** How the ledger's database is set up, as far as it shows. */
export interface LedgerFacts {
  /** Whether an event waits for longer than a minute to be sealed. */
  readonly isSealingLate: boolean;
  /** Policies of the retirements so far, with the fewest days that each kept an event. */
  readonly retiredAfterDays: readonly number[];
  /** Where the watch is; absent where nobody watches. */
  readonly watchedPlaces: number | undefined;
  readonly streams: readonly StreamFact[];
  /** Streams that were removed within the time range, and not added again. */
  readonly removedStreams: readonly string[];
  /** Places that a destination outside of the database has, by its name. */
  readonly publications: readonly { readonly name: string; readonly places: number }[];
  readonly cosignedPlaces: number;
  readonly capturedTables: readonly string[];
  /** Those whose triggers do not always run. */
  readonly uncapturedTables: readonly string[];
  readonly parkedChanges: number;
  /** Logins that may read the ledger past the application. */
  readonly readers: readonly string[];
  /** Requests to erase a person that were not carried out within 30 days. */
  readonly lateErasures: number;
  /** Alerts of the time range, those without an answer, and those that nobody acknowledged or resolved within a day, with some of their ids. */
  readonly alerts: {
    readonly raised: number;
    readonly open: number;
    readonly late: number;
    readonly lateIds: readonly string[];
  };
  /** Days of the time range that ended a day ago or longer, those that somebody signed off, and some of the others. */
  readonly reviews: { readonly days: number; readonly signedOff: number; readonly missing: readonly string[] };
}

/** A stream, and where it is. */
export interface StreamFact {
  readonly name: string;
  readonly state: string;
  readonly places: number;
  readonly destination: string;
}
