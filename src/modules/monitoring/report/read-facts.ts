import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { placeOf } from '../watch/watch-place.js';
import { readRow } from '../watch/watch-store.js';
import type { LedgerQueries } from '../store/ledger-session.js';
import type { LedgerFacts, StreamFact } from './ledger-facts.js';
import type { EventRange } from './read-groups.js';

/** How many names a fact lists. */
const MOST_NAMES = 20;
/** An alert that nobody answers for longer is late. */
const ANSWER_WITHIN = '24 hours';
/** As long as article 12(3) of the GDPR gives for a request. */
const ERASE_WITHIN = '30 days';

const SEALING = `
  SELECT EXISTS (SELECT FROM audit_unsequenced WHERE stored_at < clock_timestamp() - interval '60 seconds') AS late`;

/** The fewest days of each policy that ever retired something; 0 is forever. */
const RETIREMENTS = `
  SELECT DISTINCT (policy::json->>'days')::float8 AS days FROM audit_retirement
   WHERE state <> 'planned' AND (policy::json->>'days')::float8 > 0 ORDER BY 1`;

const STREAMS = `
  SELECT name, state, least(position, $1)::float8 AS places, destination FROM audit_stream WHERE replay_of IS NULL ORDER BY name`;

const REMOVED = `
  SELECT DISTINCT e.details->>'stream' AS name FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3
   WHERE e.id >= $1 AND e.id < $2 AND e.type = 'audit_stream_changed' AND e.details->>'change' IN ('removed', 'ended')
     AND NOT EXISTS (SELECT FROM audit_stream s WHERE s.name = e.details->>'stream') ORDER BY 1`;

const PUBLICATIONS =
  'SELECT destination AS name, least(size, $1)::float8 AS places FROM audit_publication ORDER BY destination';
const COSIGNED = 'SELECT coalesce(max(size), 0)::float8 AS places FROM audit_cosignature WHERE size <= $1';

const CAPTURED = String.raw`
  SELECT t.tgrelid::regclass::text AS name, bool_or(t.tgenabled <> 'A') AS off FROM pg_trigger t
   WHERE t.tgname LIKE 'row\_capture\_%' AND NOT t.tgisinternal GROUP BY 1 ORDER BY 1`;

/** Tables whose capture has begun, and that have no trigger any more. */
const UNCAPTURED = String.raw`
  SELECT DISTINCT schema_name || '.' || table_name AS name FROM audit_row_baseline b
   WHERE to_regclass(quote_ident(schema_name) || '.' || quote_ident(table_name)) IS NOT NULL
     AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(quote_ident(b.schema_name) || '.' || quote_ident(b.table_name))
                        AND t.tgname LIKE 'row\_capture\_%' AND NOT t.tgisinternal)
     AND NOT EXISTS (SELECT FROM audit_event e WHERE e.type = 'audit_capture_ended' AND e.details->>'table' = b.table_name)
   ORDER BY 1`;

const READERS = `
  SELECT rolname::text AS name FROM pg_roles r WHERE rolcanlogin AND NOT rolsuper AND pg_has_role(oid, 'audit_reader', 'MEMBER')
     AND has_database_privilege(oid, current_database(), 'CONNECT') ORDER BY 1`;

const PARKED = 'SELECT coalesce(sum(greatest(changes, 1)), 0)::float8 AS parked FROM audit_row_change_parked';

/** Each alert with whether it has an answer, and whether it had one in time. Alerts of canaries count as others: they report a broken path. */
const ALERTS = `
  SELECT e.id::text AS id, answered_at IS NULL AS is_open,
         coalesce(answered_at, $4::timestamptz) > e.occurred_at + interval '${ANSWER_WITHIN}' AS is_late
    FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3
   CROSS JOIN LATERAL (
         SELECT min(said.occurred_at) AS answered_at FROM audit_event said JOIN audit_leaf s ON s.event_id = said.id AND s.index < $3
          WHERE said.type IN ('alert_acknowledged', 'alert_resolved') AND said.resource_type = 'audit_alert'
            AND said.resource_id = e.id::text) AS answer
   WHERE e.id >= $1 AND e.id < $2 AND e.type = 'alert_raised' ORDER BY e.id`;

const REVIEWS = `
  SELECT day::date::text AS day,
         EXISTS (SELECT FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $1
                  WHERE e.type = 'review_signed_off' AND e.outcome = 'success'
                    AND e.details->>'day' = day::date::text AND e.tenant_id IS NULL) AS is_signed
    FROM generate_series(date_trunc('day', $2::timestamptz AT TIME ZONE 'UTC'), date_trunc('day', $3::timestamptz AT TIME ZONE 'UTC') - interval '1 day',
                         interval '1 day') AS day ORDER BY 1`;

/** Requests that were not carried out in time, by the id of the erasure: the event that it is done names it. */
const ERASURES = `
  SELECT count(*)::float8 AS late FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3
   WHERE e.id >= $1 AND e.id < $2 AND e.type = 'audit_subject_erasure_request' AND e.details->>'dryRun' IS DISTINCT FROM 'true'
     AND e.occurred_at < $4::timestamptz - interval '${ERASE_WITHIN}'
     AND NOT EXISTS (SELECT FROM audit_event done JOIN audit_leaf d ON d.event_id = done.id AND d.index < $3
                      WHERE done.type = 'audit_subject_erased' AND done.details->>'erasureId' = e.details->>'erasureId'
                        AND done.occurred_at <= e.occurred_at + interval '${ERASE_WITHIN}')`;

/** When the report looks. */
export interface FactTimes {
  /** Of the checkpoint. */
  readonly asOf: Date;
  /** Of the first event in the range. */
  readonly firstAt: Date;
  /** Where the range ends, or a day before the checkpoint, where that is earlier: a review has a day to be signed off. */
  readonly lastAt: Date;
}

/**
 * What the database says of how the ledger is set up, as of a checkpoint. Rejects with the client's error.
 *
 * @param trust says which notes are the ledger's own
 */
export async function readFacts(
  session: LedgerQueries,
  range: EventRange,
  times: FactTimes,
  trust: CheckpointTrust,
): Promise<LedgerFacts> {
  const { fromId, toId, size } = range;
  const [sealing] = await session.rows(SEALING);
  const retirements = await session.rows(RETIREMENTS);
  const row = await readRow(session);
  const watch = row && placeOf(row, trust);
  const streams = await session.rows(STREAMS, [size]);
  const removed = await session.rows(REMOVED, [fromId, toId, size]);
  const publications = await session.rows(PUBLICATIONS, [size]);
  const [cosigned] = await session.rows(COSIGNED, [size]);
  const captured = await session.rows(CAPTURED);
  const uncaptured = await session.rows(UNCAPTURED);
  const [parked] = await session.rows(PARKED);
  const readers = await session.rows(READERS);
  const alerts = await session.rows(ALERTS, [fromId, toId, size, times.asOf]);
  const reviews = await session.rows(REVIEWS, [size, times.firstAt, times.lastAt]);
  const [erasures] = await session.rows(ERASURES, [fromId, toId, size, times.asOf]);
  const late = alerts.filter((row) => row.is_late === true);
  const unsigned = reviews.filter((row) => row.is_signed !== true);
  return {
    isSealingLate: sealing?.late === true,
    retiredAfterDays: retirements.map(({ days }) => Number(days)),
    watchedPlaces: watch && Math.min(watch.place, size),
    streams: streams.map(streamOf),
    removedStreams: namesOf(removed),
    publications: publications.map(({ name, places }) => ({ name: String(name), places: Number(places) })),
    cosignedPlaces: Number(cosigned?.places),
    capturedTables: namesOf(captured),
    uncapturedTables: [...namesOf(captured.filter(({ off }) => off === true)), ...namesOf(uncaptured)],
    parkedChanges: Number(parked?.parked),
    readers: namesOf(readers),
    lateErasures: Number(erasures?.late),
    alerts: {
      raised: alerts.length,
      open: alerts.filter((row) => row.is_open === true).length,
      late: late.length,
      lateIds: late.slice(0, MOST_NAMES).map(({ id }) => String(id)),
    },
    reviews: {
      days: reviews.length,
      signedOff: reviews.length - unsigned.length,
      missing: unsigned.map(({ day }) => String(day)).slice(0, MOST_NAMES),
    },
  };
}

function streamOf({ name, state, places, destination }: Readonly<Record<string, unknown>>): StreamFact {
  return { name: String(name), state: String(state), places: Number(places), destination: String(destination) };
}

function namesOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows.map(({ name }) => String(name));
}
