import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import { SELECT_FIRST_LED_AT } from '../../monitoring/store/ledger-state.js';
import { assess, type Verdict } from '../../monitoring/store/check.js';
import { rowChangesErrors } from './row-changes.errors.js';

/** The default of the option `lateAfterSeconds`. Commands load no module of options, and so no zod. */
export const LATE_AFTER_SECONDS = 60;

/** The state of the outbox, which has the captured changes that are not in the ledger yet. */
export interface Outbox {
  readonly seconds: number;
  readonly parked: number;
  /** The bytes of the disk that parked changes take. */
  readonly parkedBytes: number;
}

/**
 * Reads the waiting time of the oldest captured change since the ledger's first leader, whether the ledger had a leader, and the number and the
 * size of parked changes.
 */
export const OUTBOX = `
  SELECT coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - greatest(changed_at, (${SELECT_FIRST_LED_AT}))), 0)::float8
                     FROM audit_row_change ORDER BY position LIMIT 1), 0) AS seconds,
         (${SELECT_FIRST_LED_AT}) IS NOT NULL AS led,
         (SELECT coalesce(sum(least(greatest(changes, 1), 500)), 0)::int FROM audit_row_change_parked) AS parked,
         pg_total_relation_size('audit_row_change_parked')::float8 AS "parkedBytes"`;

/**
 * Computes the current state of the outbox from a row of {@link OUTBOX} and the age of this row. Returns `undefined` before the first row
 * was read. Before the ledger's first leader, only the time since `startedAtMs` counts: the tables may be much older.
 */
export function toOutbox(
  row: LedgerRow | undefined,
  ageSeconds = 0,
  startedAtMs = performance.now(),
): Outbox | undefined {
  const { seconds, parked, parkedBytes } = (row ?? {}) as Record<keyof Outbox, number>; // the query's columns have these types
  const max = row?.led === true ? Infinity : (performance.now() - startedAtMs) / 1_000;
  return row && { seconds: seconds > 0 ? Math.min(seconds + ageSeconds, max) : 0, parked, parkedBytes };
}

/** Judges the outbox. Instances that do not drain the outbox report it, too. */
export function assessOutbox(
  outbox: Outbox | undefined,
  lateAfterSeconds: number = LATE_AFTER_SECONDS,
  error?: unknown,
): Verdict {
  const waitingSeconds = Math.round(outbox?.seconds ?? 0);
  const parked = outbox?.parked ?? 0;
  const isLate = waitingSeconds > lateAfterSeconds;
  const problems = [
    parked > 0 ? rowChangesErrors.AUDIT_ROW_CHANGES_PARKED.inTable(parked) : undefined,
    isLate ? rowChangesErrors.AUDIT_ROW_CHANGES_LATE(waitingSeconds, error) : undefined,
  ];
  return assess(problems, 'The ledger stores all captured changes in time.', {
    waitingSeconds,
    parked: outbox?.parked ?? null,
  });
}
