import type { LedgerSession } from './sessions/ledger-session.js';

/** The clock for daily work. A test replaces `now`. */
export class LedgerClock {
  /** Milliseconds since 1970. */
  now(): number {
    return Date.now();
  }

  /** The time, but not later than the database's: so an instance whose clock is ahead does not treat a day as over too early. */
  async nowIn(session: Pick<LedgerSession, 'rows'>): Promise<number> {
    const [row] = await session.rows('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now');
    return this.now() - Math.max(0, Date.now() - Number(row?.now));
  }
}
