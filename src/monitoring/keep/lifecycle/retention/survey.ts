import { defineChecks, formatCount, ok, assess, off } from '../../../store/check.js';
import type { LedgerQueries, LedgerSession } from '../../../store/sessions/ledger-session.js';
import type { RetentionSlice } from './retention-options.js';
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
  readonly isComplete: boolean;
}

const SURVEY = `
  SELECT partition, events::float8, due::float8, held::float8, unsealed::float8,
         is_over AND due = events AND held + unsealed = 0 AS "isComplete"
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

const LATE_HOURS = 48;

const COUNT_RETAINED = `
  SELECT (SELECT count(*) FROM audit_legal_hold WHERE released_at IS NULL AND (until IS NULL OR until > now()))::float8 AS holds,
         (SELECT count(*) FROM audit_retirement
           WHERE state <> 'retired' AND planned_at < now() - make_interval(hours => ${LATE_HOURS}))::float8 AS stuck,
         (SELECT to_char(max(retired_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM audit_retirement) AS retired_at`;

/** Checks the retention period, unfinished retirements, and active holds. */
export const RETENTION_CHECK = defineChecks<{ readonly reader: LedgerQueries; readonly options: RetentionSlice }>()(
  'retention',
  ['reader', 'options'],
  async ({ reader, options: { retention } }) => {
    const [row] = await reader.rows(COUNT_RETAINED);
    const [holds, stuck] = [Number(row?.holds ?? 0), Number(row?.stuck ?? 0)];
    const retiredAt = typeof row?.retired_at === 'string' ? row.retired_at : null;
    const facts = { retiredAt, unfinished: stuck, days: retention ? String(retention.days) : null };
    const unfinished = `${formatCount(stuck, 'retirement is', 'retirements are')} unfinished for more than two days. Run "nestjs-audit-ledger retention run", which prints the reason.`;
    const retiring =
      stuck > 0 || retention
        ? assess(
            [stuck > 0 ? { message: unfinished } : undefined],
            `Events are kept for ${String(retention?.days)} days or longer.`,
            facts,
          )
        : off(
            'No policy limits the retention of events: they stay forever.',
            facts,
            'Set the option retention, such as { days: 365 }, together with your privacy officer.',
          );
    const kept = `${formatCount(holds, 'legal hold keeps', 'legal holds keep')} events from retention and erasure.`;
    return [retiring, { name: 'holds', ...ok(kept, { active: holds }) }];
  },
);
