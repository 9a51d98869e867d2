import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import type { RetentionPolicy } from './retention-policy.js';

export interface MonthSurvey {
  readonly partition: string;
  readonly events: number;
  readonly due: number;
  /** The number of due events under a legal hold. */
  readonly held: number;
  /** The number of due events that are neither under a legal hold nor sealed yet. */
  readonly unsealed: number;
  /** Whether a run would drop the whole month. */
  readonly isWhole: boolean;
}

const SURVEY = `
  SELECT partition, events::float8, due::float8, held::float8, unsealed::float8,
         is_over AND due = events AND held + unsealed = 0 AS "isWhole"
    FROM audit_retention_survey($1::jsonb, $2::timestamptz, NULL::text)`;

/** Counts the due events of each month at the time `asOf`. Changes nothing. Rejects with the error of the PostgreSQL client. */
export async function surveyMonths(
  session: LedgerSession,
  policy: RetentionPolicy,
  asOf: Date,
): Promise<readonly MonthSurvey[]> {
  const rows = await session.rows(SURVEY, [policy, asOf]);
  return rows as readonly unknown[] as readonly MonthSurvey[]; // the statement selects these columns
}
