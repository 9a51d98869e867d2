import type { LedgerQueries } from './sessions/ledger-session.js';

/** The maximum difference between the clocks of a witness, an application, an auditor and the server. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** Returns the time of the database server. A time that the server compares, or that is in a signed act, must come from this clock. */
export async function serverNow(session: LedgerQueries): Promise<Date> {
  const [row] = await session.rows('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now');
  return new Date(Number(row?.now));
}

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
  async nowIn(session: LedgerQueries): Promise<number> {
    const serverMs = (await serverNow(session)).getTime();
    return this.now() - Math.max(0, Date.now() - serverMs);
  }
}
