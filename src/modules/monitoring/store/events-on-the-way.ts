/** What keeps events in front of the ledger, after `record()` resolved. */
export interface EventsOnTheWay {
  /**
   * Waits a little until all that it keeps now is stored. Resolves with why it is not, a clause; `undefined` when it is. Never rejects.
   */
  settle(): Promise<string | undefined>;
}

/** The injection token of {@link EventsOnTheWay}. */
export const EVENTS_ON_THE_WAY = Symbol.for('nestjs-audit-ledger:events-on-the-way');
