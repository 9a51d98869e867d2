import type { LedgerSession } from './sessions/ledger-session.js';

/** What time it is for what runs daily. A test replaces `now`. */
export class LedgerClock {
  /** Milliseconds since 1970. */
  now(): number {
    return Date.now();
  }

  /** The same, by no more than the database has: an instance whose clock is ahead takes no day for over that is not. */
  async nowIn(session: Pick<LedgerSession, 'rows'>): Promise<number> {
    const [row] = await session.rows('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now');
    return this.now() - Math.max(0, Date.now() - Number(row?.now));
  }
}
