import type { FollowedAct } from '../../monitoring/keep/lifecycle/followed-acts.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { firstIdAt } from '../../monitoring/store/id-time.js';
import { acceptedAt, type EventRange } from './read-groups.js';

const MOST_NAMES = 20;
const REPLY_WITHIN = '24 hours';
/** GDPR, article 12(3). */
const ERASE_WITHIN = '30 days';
const REVIEW_WITHIN = '2 days';

/**
 * SQL for the log from the first event of the range. Each row also contains the greatest id up to this row. A forger can choose an event's
 * id, which contains its time, but cannot change earlier events. Ids from $4 on do not count, because the clocks that made them were ahead.
 */
const PLACED = `
  WITH placed AS MATERIALIZED (
    SELECT event_id AS id, max(event_id::text COLLATE "C") FILTER (WHERE event_id < $4) OVER (ORDER BY index) AS newest
      FROM audit_leaf WHERE index < $3 AND index >= (SELECT min(index) FROM audit_leaf WHERE event_id >= $1 AND event_id < $2))`;
const RECORDED_AT = `greatest(${acceptedAt('placed.id')}, ${acceptedAt('placed.newest')})`;

const ALERTS = `${PLACED}, answered AS (
    SELECT said.resource_id, min(${RECORDED_AT}) AS at FROM audit_event said JOIN placed USING (id)
     WHERE said.type IN ('alert_acknowledged', 'alert_resolved') AND said.resource_type = 'audit_alert'
       AND said.outcome = 'success' AND said.actor_type IN ('user', 'admin') GROUP BY 1)
  SELECT e.id::text AS id, answered.at IS NULL AS is_open,
         coalesce(answered.at, $5::timestamptz) > e.occurred_at + interval '${REPLY_WITHIN}' AS is_late
    FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3 LEFT JOIN answered ON answered.resource_id = e.id::text
   WHERE e.id >= $1 AND e.id < $2 AND e.type = 'alert_raised' ORDER BY e.id`;

/** A sign-off counts from ten hours after the day's beginning in UTC, because the day then ends in the first time zone. */
const REVIEWS = `${PLACED}, signed AS MATERIALIZED (
    SELECT e.details->>'day' AS of, ${acceptedAt('placed.id')} AT TIME ZONE 'UTC' AS accepted_at, ${RECORDED_AT} AT TIME ZONE 'UTC' AS at
      FROM audit_event e JOIN placed USING (id)
     WHERE e.type = 'review_signed_off' AND e.outcome = 'success' AND e.actor_type IN ('user', 'admin') AND e.tenant_id IS NULL)
  SELECT day::date::text AS day, min(signed.at) IS NOT NULL AS is_signed,
         min(signed.at) > day + interval '1 day' + interval '${REVIEW_WITHIN}' AS is_late
    FROM generate_series(date_trunc('day', $5::timestamptz AT TIME ZONE 'UTC'), date_trunc('day', $6::timestamptz AT TIME ZONE 'UTC') - interval '1 day',
                         interval '1 day') AS day
    LEFT JOIN signed ON signed.of = day::date::text AND signed.accepted_at >= day + interval '10 hours'
   GROUP BY day ORDER BY 1`;

/** The erasure's id connects the request with two records of its completion: the event and the signed act. */
const ERASURES = `${PLACED}, done AS (
    SELECT said.details->>'erasureId' AS erasure_id, min(${RECORDED_AT}) AS at FROM audit_event said JOIN placed USING (id)
     WHERE said.type = 'audit_subject_erased' AND said.details->>'erasureId' = ANY ($6::text[]) GROUP BY 1)
  SELECT count(*)::float8 AS requested, (count(*) FILTER (WHERE is_done))::float8 AS done,
         (count(*) FILTER (WHERE NOT is_done AND occurred_at < $5::timestamptz - interval '${ERASE_WITHIN}'))::float8 AS late
    FROM (SELECT e.occurred_at, coalesce(done.at <= e.occurred_at + interval '${ERASE_WITHIN}', false) AS is_done
            FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3 LEFT JOIN done ON done.erasure_id = e.details->>'erasureId'
           WHERE e.id >= $1 AND e.id < $2 AND e.type = 'audit_subject_erasure_request' AND e.details->>'dryRun' IS DISTINCT FROM 'true') AS request`;

/** The times up to which answers count. */
export interface FactTimes {
  readonly asOf: Date;
  readonly firstAt: Date;
  /** The end of the range, or a day before the newest event if that is earlier. The reviews of later days may still be signed off. */
  readonly lastAt: Date;
}

/**
 * Reads the answers to alerts, the sign-offs of daily reviews, and the completed requests for erasure. The sources are sealed events, and
 * for erasures also signed acts. Rejects with an error of the PostgreSQL client.
 */
export async function readReplies(
  session: LedgerQueries,
  { fromId, toId, size }: EventRange,
  { asOf, firstAt, lastAt }: FactTimes,
  acts: readonly FollowedAct[],
) {
  const aheadId = firstIdAt(new Date(asOf.getTime() + 1));
  const alerts = await session.rows(ALERTS, [fromId, toId, size, aheadId, asOf]);
  const reviews = await session.rows(REVIEWS, [firstIdAt(firstAt), toId, size, aheadId, firstAt, lastAt]);
  const completed = acts
    .filter(({ statement }) => statement.act === 'erasure_completion')
    .map(({ statement }) => statement.erasureId);
  const [erasures] = await session.rows(ERASURES, [fromId, toId, size, aheadId, asOf, completed]);
  const late = alerts.filter((row) => row.is_late === true);
  const unsigned = reviews.filter((row) => row.is_signed !== true);
  return {
    alerts: {
      raised: alerts.length,
      /** Alerts without an answer; `late` counts the alerts that got no answer within a day. */
      open: alerts.filter((row) => row.is_open === true).length,
      late: late.length,
      lateIds: late.slice(0, MOST_NAMES).map(({ id }) => String(id)),
    },
    reviews: {
      /** The number of days to review; `late` counts the days that were signed off more than two days after their end. */
      days: reviews.length,
      signedOff: reviews.length - unsigned.length,
      late: reviews.filter((row) => row.is_late === true).length,
      missing: unsigned.map(({ day }) => String(day)).slice(0, MOST_NAMES),
    },
    erasures: {
      requested: Number(erasures?.requested),
      done: Number(erasures?.done),
      late: Number(erasures?.late),
    },
  };
}
