import type { COUNTED } from './event-conditions.js';
import type { readFacts } from './read-facts.js';
import type { Selectable } from './selection.js';

/** Events of the time range that have the same values for selections, with how many of them meet each condition of {@link COUNTED}. */
export type EventGroup = Selectable &
  Readonly<Record<keyof typeof COUNTED, number>> & {
    readonly events: number;
    /** How many of them a probe made. */
    readonly canaries: number;
  };

/** The setup of the ledger's database, as far as it is visible. */
export type LedgerFacts = Awaited<ReturnType<typeof readFacts>>;

export interface StreamFact {
  readonly name: string;
  readonly state: string;
  /** How many places it has sent, signed by the ledger's key. */
  readonly places: number;
  readonly destination: string;
  /** Why its destination may lack some events below these places: a clause. */
  readonly doubt?: string;
}
