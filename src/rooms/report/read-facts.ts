import { parseJson } from '../../audit/nest-free.js';
import type { FollowedAct } from '../../monitoring/keep/lifecycle/followed-acts.js';
import { CONSUMER_COLUMNS, stateOfRow } from '../../monitoring/consumers/consumer-state.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import { digestOfState, readCaptureState, textOfState } from '../row-changes/attest/capture-state.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import type { LedgerSession, LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { hasRoom } from '../../monitoring/store/sessions/has-room.js';
import { statedIn } from '../../monitoring/proof/verify/announcement.js';
import { findCosigned } from '../../monitoring/proof/verify/checks/check-witnesses.js';
import { publishedHeads } from '../../monitoring/proof/verify/read-heads.js';
import { readPosition } from '../../monitoring/consumers/consumer-state.js';
import { WATCH_CONSUMER } from '../watch/alert-event.js';
import { CAPTURED } from '../row-changes/capture-checks.js';
import { acceptedAt, EVENTS, type EventRange } from './read-log.js';
import { digestOf, PERSONAL_CHOICES, selectionOf } from '../streams/selection.js';
import { actOf } from '../../monitoring/keep/acts/act-note.js';

const RETIREMENTS = `
  SELECT DISTINCT (policy::json->>'days')::float8 AS days FROM audit_retirement
   WHERE state <> 'planned' AND (policy::json->>'days')::float8 > 0 ORDER BY 1`;

/** The row of a consumer is never removed by the application. */
const REMOVED = `
  SELECT DISTINCT e.details->>'consumer' AS name FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $1
   WHERE e.type = 'audit_consumer_changed' AND e.details->>'change' = 'added'
     AND NOT EXISTS (SELECT FROM audit_consumer WHERE name = e.details->>'consumer') ORDER BY 1`;

/** Anybody who can write to the database can forge the rows that `claimed` counts. */
const FACTS = `
  SELECT EXISTS (SELECT FROM audit_inbox WHERE stored_at < clock_timestamp() - interval '60 seconds') AS late,
         least(greatest((SELECT max(size) FROM audit_publication), (SELECT max(size) FROM audit_cosignature), 0), $3)::float8 AS claimed,
         (SELECT e.id FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id AND l.index < $3 ORDER BY e.id LIMIT 1)::text AS oldest,
         (SELECT e.details->>'stateDigest' FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id
           WHERE e.type IN ('audit_capture_attested', 'audit_capture_altered') ORDER BY e.id DESC LIMIT 1) AS attested,
         (SELECT count(*) FROM ${EVENTS} AND e.type = 'audit_capture_altered' AND e.severity = 'error')::float8 AS altered`;

const UNCAPTURED = String.raw`
  SELECT DISTINCT schema_name || '.' || table_name AS name FROM audit_row_baseline b
   WHERE to_regclass(quote_ident(schema_name) || '.' || quote_ident(table_name)) IS NOT NULL
     AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(quote_ident(b.schema_name) || '.' || quote_ident(b.table_name))
                        AND t.tgname LIKE 'row\_capture\_%' AND NOT t.tgisinternal)
     AND NOT EXISTS (SELECT FROM audit_event e WHERE e.type = 'audit_capture_ended' AND e.details->>'table' = b.table_name)
   ORDER BY 1`;

const READERS = `
  SELECT rolname::text AS name FROM pg_roles r WHERE rolcanlogin AND NOT rolsuper AND pg_has_role(oid, audit_role('reader'::text), 'MEMBER')
     AND has_database_privilege(oid, current_database(), 'CONNECT') ORDER BY 1`;

const PARKED = 'SELECT coalesce(sum(greatest(changes, 1)), 0)::float8 AS parked FROM audit_row_change_parked';

export type LedgerFacts = Awaited<ReturnType<typeof readFacts>>;

/** The keys and checkpoints from outside the database with which the database is compared. */
export interface FactTrust {
  readonly trust: CheckpointTrust;
  readonly published: readonly string[];
  readonly witnessKeys: readonly string[];
}

/**
 * Reads facts about the ledger from the log and the database, as of a checkpoint. Rejects with an error of the PostgreSQL client, or with
 * an error about a note or a key.
 */
export async function readFacts(
  session: LedgerSession,
  range: EventRange,
  times: FactTimes,
  { trust, published, witnessKeys }: FactTrust,
) {
  const { fromId, toId, size } = range;
  const within = [fromId, toId, size];
  const [facts = {}] = await session.rows(FACTS, within);
  const { late, claimed, oldest, attested, altered } = facts;
  const retirements = await session.rows(RETIREMENTS);
  const watchedTo = await readPosition(session, WATCH_CONSUMER, trust);
  const acts = await readSignedActs(session, trust);
  const streams = await readStreams(session, trust, size);
  const captured = await session.rows(CAPTURED);
  const isCapturing = await hasRoom(session, 'row-changes');
  const uncaptured = isCapturing ? await session.rows(UNCAPTURED) : [];
  const [parked] = isCapturing ? await session.rows(PARKED) : [];
  const readers = await session.rows(READERS);
  const replies = await readReplies(session, range, times, acts);
  const heads = size === 0 ? [] : publishedHeads(published, trust);
  const digest = isCapturing ? digestOfState(textOfState(await readCaptureState(session))) : 'gone';
  return {
    /** Whether an event has waited for more than a minute to be sealed. */
    isSealingLate: late === true,
    /** For each policy that retired events, its minimum number of days. The sources are signed acts and the database. */
    retiredAfterDays: [...new Set([...retirements.map(({ days }) => Number(days)), ...retiredAfter(acts)])].toSorted(
      (one, other) => one - other,
    ),
    oldestAt: typeof oldest === 'string' ? timeOfId(oldest) : undefined,
    /** The number of events that the watch has read. The number comes from the watch's signed position. */
    watchedPlaces: watchedTo && Math.min(watchedTo, size),
    streams,
    /** Streams and other consumers whose rows somebody removed from the database. */
    removedStreams: namesOf(await session.rows(REMOVED, [size])),
    /** How many events are below a given checkpoint, below a cosigned checkpoint, and below a checkpoint that only unsigned rows claim. */
    outside: {
      given: Math.min(Math.max(0, ...heads.map((head) => head.size)), size),
      cosigned: await cosignedBy(session, witnessKeys, published, size),
      claimed: Number(claimed),
    },
    capturedTables: namesOf(captured),
    /** Captured tables on which the triggers do not always run, or are missing. */
    uncapturedTables: [...namesOf(captured.filter((table) => table.is_off === true)), ...namesOf(uncaptured)],
    /** Whether the capture of tables is now the same as in the last sealed event about the capture. */
    capture:
      typeof attested !== 'string'
        ? ('unsealed' as const)
        : digest === attested
          ? ('as-sealed' as const)
          : ('altered' as const),
    captureAlterations: Number(altered),
    parkedChanges: Number(parked?.parked ?? 0),
    /** Logins that may read the ledger without going through the application. */
    readers: namesOf(readers),
    ...replies,
  };
}

async function cosignedBy(
  session: LedgerSession,
  keys: readonly string[],
  published: readonly string[],
  size: number,
): Promise<number> {
  if (keys.length === 0) return 0;
  const { cosigned } = await findCosigned({ keys, quorum: 1 }, published, session, Date.now());
  return Math.min(cosigned?.size ?? 0, size);
}

function retiredAfter(acts: readonly FollowedAct[]): readonly number[] {
  return acts.flatMap(({ statement }) => {
    if (statement.act !== 'retirement') return [];
    const { days } = parseJson(statedIn({ details: statement }).policy) as { readonly days: number }; // the statement is signed, so it contains a policy
    return days > 0 ? [days] : [];
  });
}

function namesOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows.map(({ name }) => String(name));
}

interface StreamFact {
  readonly name: string;
  readonly state: string;
  /** The number of events that the stream sent, according to its signed note. */
  readonly places: number;
  readonly destination: string;
  /** Why the destination may lack some of the sent events, as a clause. */
  readonly doubt?: string;
}

const ACTS = 'SELECT event_id, note FROM audit_act ORDER BY number, event_id';
const STREAMS = `
  SELECT ${CONSUMER_COLUMNS}, (SELECT count(*) FROM audit_consumer_parked WHERE consumer = name)::float8 AS parked
    FROM audit_consumer WHERE replay_of IS NULL ORDER BY name`;

const WHOLE = PERSONAL_CHOICES.map((personal) =>
  digestOf(selectionOf({ filter: {}, access: { scope: 'all' }, personal })),
);

async function readSignedActs(session: LedgerQueries, trust: CheckpointTrust): Promise<readonly FollowedAct[]> {
  return (await session.rows(ACTS)).flatMap(({ event_id: eventId, note }) => {
    const act = actOf(String(note), trust);
    return act ? [{ ...act, note: String(note), eventId: String(eventId) }] : [];
  });
}

/** The number of sent events comes only from the signed notes of streams. */
async function readStreams(
  session: LedgerQueries,
  trust: CheckpointTrust,
  size: number,
): Promise<readonly StreamFact[]> {
  return (await session.rows(STREAMS)).flatMap((row): readonly StreamFact[] => {
    const { destination, selection } = row.about as Readonly<Record<string, string | undefined>>; // of a stream; others have neither
    if (destination === undefined) return [];
    const of = { name: String(row.name), state: String(row.state), destination };
    const state = stateOfRow(row, trust);
    if (typeof state === 'string') return [{ ...of, places: 0, doubt: state }];
    const doubts = [
      ...(WHOLE.includes(selection ?? '') ? [] : ['its signed note does not state that it sends every event']),
      ...(state.isMoved ? ['somebody set its position'] : []),
      ...(Number(row.parked) > 0 ? [`its destination refused ${String(row.parked)} events`] : []),
    ];
    const places = Math.min(state.position, size);
    return [{ ...of, places, ...(doubts.length > 0 && { doubt: doubts.join(', and ') }) }];
  });
}

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
interface FactTimes {
  readonly asOf: Date;
  readonly firstAt: Date;
  /** The end of the range, or a day before the newest event if that is earlier. The reviews of later days may still be signed off. */
  readonly lastAt: Date;
}

/**
 * Reads the answers to alerts, the sign-offs of daily reviews, and the completed requests for erasure. The sources are sealed events, and
 * for erasures also signed acts. Rejects with an error of the PostgreSQL client.
 */
async function readReplies(
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
