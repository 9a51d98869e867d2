import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { RetentionPolicy } from './retention-policy.js';

/** The events of a month that are old enough for the policy. */
export interface MonthSurvey {
  readonly partition: string;
  readonly events: number;
  readonly due: number;
  /** How many of the due events a legal hold covers. */
  readonly held: number;
  /** How many of the due events that no hold covers still wait for their place in the log. */
  readonly unsealed: number;
  /** Whether the whole month could be dropped. */
  readonly isWhole: boolean;
}

/** Counts the events that are due at a time, by month. Changes nothing. Rejects with the client's error. */
export async function surveyMonths(
  session: LedgerSession,
  policy: RetentionPolicy,
  asOf: Date,
): Promise<readonly MonthSurvey[]> {
  const rows = await session.rows('SELECT * FROM audit_retention_survey($1, $2)', [policy, asOf]);
  return rows.map((row) => {
    const [events, due, held, unsealed] = [row.events, row.due, row.held, row.unsealed].map(Number) as [
      number,
      number,
      number,
      number,
    ]; // as many rows as months were given
    const isWhole = row.is_over === true && due === events && held + unsealed === 0;
    return { partition: String(row.partition), events, due, held, unsealed, isWhole };
  });
}
