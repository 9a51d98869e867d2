import { statementIn } from '../../../monitoring/keep/acts/signed-state.js';
import type { CheckpointTrust } from '../../../monitoring/proof/log/notes/checkpoint.js';
import type { LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import type { DailyReview, OpenedReview, ReviewPage, ReviewRow } from './daily-review.dto.js';
import { REVIEW_TYPES, REVIEW_CATEGORY, REVIEW_SECTIONS, type ReviewSectionName } from '../threads/thread-kinds.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { LEDGER_READS, LEDGER_READS_CATEGORY } from '../../../monitoring/read/access/own-events.js';
import { SqlValues } from '../../../monitoring/read/query/sql-values.js';

/** The data of an opened review, with the review's event. */
export type SignedReview = Omit<DailyReview, 'state' | 'answers'>;

const OPENED = `
  SELECT id, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, details->>'note' AS note
    FROM audit_event WHERE type = '${REVIEW_TYPES.opened}' AND id < $1 AND coalesce(details->>'day' = $2, true)
   ORDER BY id DESC LIMIT $3`;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const PAGE = 500;

/**
 * Yields the signed reviews of all days, or of one day, the newest first. The generator skips unsigned events, because anybody who can
 * insert events can write unsigned events. Rejects with the error of the PostgreSQL client.
 */
export async function* signedReviews(
  reader: Pick<LedgerReader, 'eventRows'>,
  trust: CheckpointTrust,
  day: string | null = null,
): AsyncGenerator<SignedReview> {
  for (let before: unknown = LAST_ID; before !== undefined;) {
    const rows = await reader.eventRows({ scope: 'all' }, OPENED, [before, day, PAGE]);
    for (const row of rows) {
      const opened = statementIn(row, 'review', trust) as OpenedReview | undefined; // ReviewOpener signed it
      if (opened) yield { ...opened, eventId: String(row.id), openedAt: String(row.at) };
    }
    before = rows.length < PAGE ? undefined : rows.at(-1)?.id;
  }
}

const MOST_ROWS = 50;
const LATE = `interval '5 minutes'`;
const NOT_ACTS = `'${REVIEW_CATEGORY}', '${LEDGER_READS_CATEGORY}'`;
const RIGHTS = [
  'permission_change',
  'role_assignment',
  'role_revocation',
  'admin_user_creation',
  'user_mfa_disable',
  'user_creation',
  'user_deletion',
  'user_password_change',
  'api_key_creation',
];

const CONDITIONS: Readonly<Record<ReviewSectionName, (values: SqlValues, review: OpenedReview) => string>> = {
  alerts: () => `type = 'alert_raised'`,
  refused: () => `outcome IN ('denied', 'failure')`,
  administrators: () =>
    `(actor_type = 'admin' AND category NOT IN (${NOT_ACTS})) OR category IN ('administration', 'configuration')`,
  rights: (values) => `action = ANY (${values.place(RIGHTS)}::text[])`,
  log_access: () => `category = '${LEDGER_READS_CATEGORY}'`,
  log_changes: () => `(type LIKE 'audit\\_%' OR type LIKE 'legal\\_hold\\_%') AND category NOT IN (${NOT_ACTS})`,
  lost_or_late: (values, { from }) =>
    `type = 'audit_events_lost' OR occurred_at < ${values.place(from)}::timestamptz - ${LATE}`,
};

function rangeOf(
  { firstPlace, checkpointSize }: OpenedReview,
  values: SqlValues,
  cases: readonly string[] = [],
): string {
  const sections = cases.length > 0 ? `CROSS JOIN LATERAL (VALUES ${cases.join(', ')}) AS one (section, is_in)` : '';
  return `audit_leaf JOIN audit_event ON id = event_id ${sections}
    WHERE index >= ${values.place(firstPlace)}::bigint AND index < ${values.place(checkpointSize)}::bigint`;
}

const SETTINGS = { jit: 'off', work_mem: '64MB' };

/** Reads the figures of a review, and the number of its events. Equal events and access give equal figures. */
export async function readSections(
  reader: LedgerReader,
  access: LedgerAccess,
  review: OpenedReview,
): Promise<Pick<ReviewPage, 'events' | 'sections'>> {
  const values = new SqlValues();
  const cases = REVIEW_SECTIONS.map((name) => `('${name}', ${CONDITIONS[name](values, review)})`);
  const text = `
    WITH grouped AS (
      SELECT section, CASE WHEN section = 'alerts' THEN coalesce(details->>'rule', type) ELSE type END AS label, actor_type, actor_id,
             actor_id IS NULL AND coalesce(personal_columns, 0) & 1 = 1 AS is_erased, min(actor_name) AS actor_name, count(*) AS count,
             min(index) AS first, max(index) AS last
        FROM ${rangeOf(review, values, cases)} AND is_in GROUP BY section, label, actor_type, actor_id, is_erased),
    ranked AS (
      SELECT *, sum(count) OVER of_section AS total, count(*) OVER of_section AS row_total,
             row_number() OVER (PARTITION BY section ORDER BY count DESC, first, label) AS rank
        FROM grouped WINDOW of_section AS (PARTITION BY section))
    SELECT ranked.*, event_id FROM ranked JOIN audit_leaf ON index = first WHERE rank <= ${MOST_ROWS} ORDER BY section, rank`;
  const rows = await reader.eventRows(access, text, values.list, SETTINGS);
  const sections = REVIEW_SECTIONS.map((name) => {
    const own = rows.filter(({ section }) => section === name);
    const [first] = own;
    return { name, total: Number(first?.total ?? 0), rowTotal: Number(first?.row_total ?? 0), rows: own.map(rowOf) };
  });
  const all = new SqlValues();
  const counted = `SELECT count(*)::float8 AS count FROM ${rangeOf(review, all)}`;
  const [row] = await reader.eventRows(access, counted, all.list, SETTINGS);
  return { events: Number(row?.count ?? 0), sections };
}

function rowOf(row: Readonly<Record<string, unknown>>): ReviewRow {
  return {
    label: String(row.label),
    actor: {
      type: String(row.actor_type),
      ...(typeof row.actor_id === 'string' && { id: row.actor_id }),
      ...(typeof row.actor_name === 'string' && { name: row.actor_name }),
      ...(row.is_erased === true && { erased: true as const }),
    },
    count: Number(row.count),
    firstPlace: Number(row.first),
    lastPlace: Number(row.last),
    eventId: String(row.event_id),
  };
}

const ACTED: readonly ReviewSectionName[] = ['refused', 'administrators', 'rights', 'log_changes'];

/** A failed log-in does not count as the reviewer's action, because anybody could cause one to prevent the sign-off. */
function isBy(ids: string, event = 'audit_event'): string {
  return `((${event}.actor_id = ${ids} OR ${event}.on_behalf_of_id = ${ids})
    AND NOT (${event}.category = 'authentication' AND ${event}.outcome IN ('failure', 'denied')))`;
}

function isAbout(ids: string): string {
  const list = `audit_event.details->'matched'`;
  const texts = `json_array_elements_text(CASE WHEN json_typeof(${list}) = 'array' THEN ${list} ELSE '[]' END)`;
  const matched = `SELECT CASE WHEN one ~* '^[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$' THEN one::uuid END FROM ${texts} AS one`;
  return `(resource_id = ${ids}
    OR EXISTS (SELECT FROM json_each_text(coalesce(personal, '{}')) AS one WHERE one.key LIKE '/details/group/%' AND one.value = ${ids})
    OR EXISTS (SELECT FROM audit_event AS matched WHERE matched.id = ANY (ARRAY(${matched})) AND ${isBy(ids, 'matched')}))`;
}

/** Counts, by section, the events in which a person took part: as actor, as `onBehalfOf`, or as the subject of an alert. */
export async function actionsOf(
  reader: LedgerReader,
  review: OpenedReview,
  actorIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const values = new SqlValues();
  const ids = `ANY (${values.place(actorIds)}::text[])`;
  const isOwn = isBy(ids);
  const cases = [
    ...ACTED.map((name) => `('${name}', ${isOwn} AND (${CONDITIONS[name](values, review)}))`),
    `('log_access', ${isOwn} AND type LIKE '${LEDGER_READS.exported}%')`,
    `('alerts', ${CONDITIONS.alerts(values, review)} AND ${isAbout(ids)})`,
  ];
  const text = `
    SELECT section, count(*)::float8 AS count FROM ${rangeOf(review, values, cases)} AND is_in GROUP BY section ORDER BY section`;
  const rows = await reader.eventRows({ scope: 'all' }, text, values.list, SETTINGS);
  return new Map(rows.map(({ section, count }) => [String(section), Number(count)]));
}
