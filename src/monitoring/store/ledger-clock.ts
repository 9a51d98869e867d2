import type { LedgerQueries } from './sessions/ledger-session.js';

/** The maximum difference between the clocks of a witness, an application, an auditor and the server. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** Returns the time of the database server. A time that the server compares, or that is in a signed act, must come from this clock. */
export async function readServerTime(session: LedgerQueries): Promise<Date> {
  const [row] = await session.rows('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now');
  return new Date(Number(row?.now));
}
