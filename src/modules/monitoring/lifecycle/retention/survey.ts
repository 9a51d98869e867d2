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

const SURVEY = `
  SELECT partition, events::float8, due::float8, held::float8, unsealed::float8,
         is_over AND due = events AND held + unsealed = 0 AS "isWhole"
    FROM audit_retention_survey($1, $2)`;

/** Counts the events that are due at a time, by month. Changes nothing. Rejects with the client's error. */
export async function surveyMonths(
  session: LedgerSession,
  policy: RetentionPolicy,
  asOf: Date,
): Promise<readonly MonthSurvey[]> {
  const rows = await session.rows(SURVEY, [policy, asOf]);
  return rows as readonly unknown[] as readonly MonthSurvey[]; // as the statement selects them
}
