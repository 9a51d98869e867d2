import type { FollowedAct } from '../lifecycle/followed-acts.js';
import type { LedgerQueries } from '../store/ledger-session.js';
import { acceptedAt } from './event-conditions.js';
import type { LedgerFacts } from './ledger-facts.js';
import type { EventRange } from './read-groups.js';

/** How many names a fact lists. */
const MOST_NAMES = 20;
/** An alert that nobody answers for longer is late. */
const ANSWER_WITHIN = '24 hours';
/** As long as article 12(3) of the GDPR gives for a request. */
const ERASE_WITHIN = '30 days';
/** A review that is signed off later is late. */
const REVIEW_WITHIN = '2 days';

/** Each alert with whether it has an answer, and whether it had one in time. Alerts of canaries count as others: they report a broken path. */
const ALERTS = `
  SELECT e.id::text AS id, answered_at IS NULL AS is_open,
         coalesce(answered_at, $4::timestamptz) > e.occurred_at + interval '${ANSWER_WITHIN}' AS is_late
    FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3
   CROSS JOIN LATERAL (
         SELECT min(${acceptedAt('said.id')}) AS answered_at FROM audit_event said JOIN audit_leaf s ON s.event_id = said.id AND s.index < $3
          WHERE said.type IN ('alert_acknowledged', 'alert_resolved') AND said.resource_type = 'audit_alert'
            AND said.resource_id = e.id::text AND said.outcome = 'success' AND said.actor_type IN ('user', 'admin')) AS answer
   WHERE e.id >= $1 AND e.id < $2 AND e.type = 'alert_raised' ORDER BY e.id`;

/** A day ends somewhere on earth ten hours after it began in UTC, and everywhere twelve hours after it ended there. */
const REVIEWS = `
  SELECT day::date::text AS day, signed_at IS NOT NULL AS is_signed, signed_at > day + interval '1 day' + interval '${REVIEW_WITHIN}' AS is_late
    FROM generate_series(date_trunc('day', $2::timestamptz AT TIME ZONE 'UTC'), date_trunc('day', $3::timestamptz AT TIME ZONE 'UTC') - interval '1 day',
                         interval '1 day') AS day
   CROSS JOIN LATERAL (
         SELECT min(${acceptedAt('e.id')} AT TIME ZONE 'UTC') AS signed_at FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $1
          WHERE e.type = 'review_signed_off' AND e.outcome = 'success' AND e.actor_type IN ('user', 'admin')
            AND e.details->>'day' = day::date::text AND e.tenant_id IS NULL
            AND ${acceptedAt('e.id')} AT TIME ZONE 'UTC' >= day + interval '10 hours') AS review ORDER BY 1`;

/** Requests by whether they were carried out in time, by the id of the erasure: the event that it is done names it, and a signed act as well. */
const ERASURES = `
  SELECT count(*)::float8 AS requested, (count(*) FILTER (WHERE is_done))::float8 AS done,
         (count(*) FILTER (WHERE NOT is_done AND occurred_at < $4::timestamptz - interval '${ERASE_WITHIN}'))::float8 AS late
    FROM (SELECT e.occurred_at,
                 EXISTS (SELECT FROM audit_event done JOIN audit_leaf d ON d.event_id = done.id AND d.index < $3
                          WHERE done.type = 'audit_subject_erased' AND done.details->>'erasureId' = e.details->>'erasureId'
                            AND e.details->>'erasureId' = ANY ($5::text[])
                            AND ${acceptedAt('done.id')} <= e.occurred_at + interval '${ERASE_WITHIN}') AS is_done
            FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3
           WHERE e.id >= $1 AND e.id < $2 AND e.type = 'audit_subject_erasure_request' AND e.details->>'dryRun' IS DISTINCT FROM 'true') AS request`;

/** When the report looks. */
export interface FactTimes {
  /** Of the newest event. */
  readonly asOf: Date;
  /** Of the first event in the range. */
  readonly firstAt: Date;
  /** Where the range ends, or a day before the newest event, where that is earlier: a review has a day to be signed off. */
  readonly lastAt: Date;
}

/** How people answered alerts, days and requests, each in its time, by sealed events, and erasures by signed acts. Rejects with the client's error. */
export async function readAnswers(
  session: LedgerQueries,
  { fromId, toId, size }: EventRange,
  { asOf, firstAt, lastAt }: FactTimes,
  acts: readonly FollowedAct[],
): Promise<Pick<LedgerFacts, 'alerts' | 'reviews' | 'erasures'>> {
  const alerts = await session.rows(ALERTS, [fromId, toId, size, asOf]);
  const reviews = await session.rows(REVIEWS, [size, firstAt, lastAt]);
  const completed = acts
    .filter(({ statement }) => statement.act === 'erasure_completion')
    .map(({ statement }) => statement.erasureId);
  const [erasures] = await session.rows(ERASURES, [fromId, toId, size, asOf, completed]);
  const late = alerts.filter((row) => row.is_late === true);
  const unsigned = reviews.filter((row) => row.is_signed !== true);
  return {
    alerts: {
      raised: alerts.length,
      open: alerts.filter((row) => row.is_open === true).length,
      late: late.length,
      lateIds: late.slice(0, MOST_NAMES).map(({ id }) => String(id)),
    },
    reviews: {
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
