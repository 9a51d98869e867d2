import type { LedgerSession } from './sessions/ledger-session.js';

/** The clock for daily work. Tests replace `now`. */
export class LedgerClock {
  /** Returns the milliseconds since 1970. */
  now(): number {
    return Date.now();
  }

  /**
   * Returns the current time, but never a later time than the database server's clock. Otherwise, an instance with a fast clock would end
   * the day too early.
   */
  async nowIn(session: Pick<LedgerSession, 'rows'>): Promise<number> {
    const [row] = await session.rows('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now');
    return this.now() - Math.max(0, Date.now() - Number(row?.now));
  }
}
