import { CLOCK_TOLERANCE_MS } from '../../../store/ledger-clock.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { NOTHING, ofTables } from '../check.js';
import { checkHead } from './check-head.js';

const MAX_WAIT_MS = 10 * 60_000;

const INBOX = `
  SELECT coalesce(sum(events), 0)::float8 AS events, extract(epoch FROM min(stored_at)) * 1000 AS stored_ms,
         (SELECT count(*) FROM audit_parked)::float8 AS parked FROM audit_inbox`;

/** Counts the events that no checkpoint covers yet. Warns of events that wait for long, and of lines that cannot be sealed. */
export const checkWaiting = ofTables(NOTHING, async (tables, run) => {
  const { nowMs } = run.log;
  const { count, parked, since } = await countWaiting(tables, nowMs);
  const late = `${count} event(s) wait to be sealed, the oldest since ${since?.toISOString()}. Check that an application with the ledger runs, and that it does not report AUDIT_LEDGER_INCONSISTENT.`;
  const unsealable = `${parked} line(s) of the inbox are parked: nestjs-audit-ledger seal parked lists the reasons.`;
  return {
    warnings: [
      ...(since !== undefined && nowMs - since.getTime() >= MAX_WAIT_MS ? [late] : []),
      ...(parked > 0 ? [unsealable] : []),
    ],
    report: { waiting: count + (await run.of(checkHead)).unsigned },
  };
});

interface WaitingEvents {
  readonly count: number;
  /** The number of lines that cannot be sealed. */
  readonly parked: number;
  /** When the oldest line was stored, by the server's clock. */
  readonly since?: Date;
}

async function countWaiting(snapshot: LedgerSession, nowMs: number): Promise<WaitingEvents> {
  const [inbox] = await snapshot.rows(INBOX);
  const count = Number(inbox?.events);
  const since = count === 0 ? {} : { since: new Date(storedMs(inbox?.stored_ms, nowMs)) };
  return { count, parked: Number(inbox?.parked), ...since };
}

/** An impossible time (before 1970, or in the future) becomes 0, so that the event counts as old. */
function storedMs(value: unknown, nowMs: number): number {
  const stored = Number(value ?? 0);
  return stored >= 0 && stored <= nowMs + CLOCK_TOLERANCE_MS ? stored : 0;
}
