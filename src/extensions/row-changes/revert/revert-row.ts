import { quote } from '../../../../migrations/audit-ownership.js';
import { getErrorMessage, type JsonObject, type AuditError } from '../../../audit/nest-free.js';
import { getSqlState } from '../../../monitoring/store/sessions/classify-ledger-error.js';
import type { LedgerSession, LedgerQueries } from '../../../monitoring/store/sessions/ledger-session.js';
import { appendOwnEvent } from '../../../monitoring/inbox/append-own-event.js';
import { type RowChange, toObject } from '../../../monitoring/read/query/records/row-change.js';
import type { ResourceName } from '../../../monitoring/read/query/ledger-event.js';
import { formatTableName, type TableName } from '../captured-table.js';
import { COLUMN_KIND } from '../row-image.js';
import {
  listDifferingColumns,
  buildLookup,
  planRevert,
  type RevertPlan,
  type RevertStatement,
  type TableColumn,
  isKey,
} from './plan-revert.js';
import { formatKeyId, parseExactly } from '../../../monitoring/store/row-images.js';
import { hasExtension } from '../../../monitoring/store/sessions/has-extension.js';
import { rowChangesErrors } from '../row-changes.errors.js';

export interface RevertRequest {
  readonly by: string;
  readonly reason: string;
  /** The signed context for the setting `audit.context`; '' if the operator gave no context key. */
  readonly context: string;
  readonly operationId: string;
}

export type FindLast = (resource: ResourceName) => Promise<RowChange | undefined>;

export const REVERT_ACTION = 'row_change_revert';

/** The capture triggers use the same settings: the current row must be formatted like a stored image. */
const SETTINGS = `
  SET LOCAL "TimeZone" = 'UTC'; SET LOCAL "DateStyle" = 'ISO, YMD'; SET LOCAL "IntervalStyle" = 'iso_8601';
  SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lc_monetary = 'C'; SET LOCAL quote_all_identifiers = off`;

const COLUMNS = `
  SELECT a.attname::text AS name, ${COLUMN_KIND} AS kind, a.attgenerated <> '' AS "isGenerated",
         a.attname::text = ANY (audit_row_inexact(a.attrelid)) AS "isInexact"
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
   WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`;

const SET_WRITER_ROLE = `SELECT set_config('role', audit_role('writer'::text), true)`;

/** Only the role that adds events can read the salt. The salt stays on the server. */
const SALT = `
  SELECT set_config('audit.row_salt', encode(salt, 'hex'), true) IS NULL,
         (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'audit_row_salt'::regclass) AS ledger
    FROM audit_row_salt`;

/**
 * Plans how to undo a change, and checks that no later change altered the row. A preview changes nothing.
 *
 * @throws `AUDIT_REVERT_REFUSED`
 */
export async function previewRevert(
  session: LedgerSession,
  change: RowChange,
  findLast: FindLast,
): Promise<RevertPlan> {
  const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY';
  return session.inTransaction(async () => (await checkedPlan(session, change, findLast, false)).plan, begin);
}

/**
 * Undoes a change, and records an event with the person and the reason, in one transaction. The row is locked from the checks to the commit.
 *
 * @throws `AUDIT_REVERT_REFUSED`; then nothing is changed
 */
export async function revertRow(
  session: LedgerSession,
  change: RowChange,
  { by, reason, context, operationId }: RevertRequest,
  findLast: FindLast,
): Promise<RevertPlan> {
  return session.inTransaction(async () => {
    await session.rows(`SELECT set_config('audit.context', $1, true)`, [context]);
    const checked = await checkedPlan(session, change, findLast, true);
    const { plan } = checked;
    const run = ({ text, values }: RevertStatement): Promise<void> =>
      session.inSavepoint(async () => {
        const { rowCount } = await session.query({ text, values: [...values] });
        if (rowCount !== 1) throw createRefusal(change, `the statement changed ${rowCount ?? 0} rows`);
        await session.rows('SET CONSTRAINTS ALL IMMEDIATE');
        await assertUnchanged(session, change, checked);
      });
    await explainRefusal(change, async () => {
      try {
        await run(plan.statement);
      } catch (error) {
        if (!plan.textual || plan.textual.values[0] === plan.statement.values[0]) throw error;
        await run(plan.textual);
      }
    });
    const [transaction] = await session.rows('SELECT pg_current_xact_id()::text AS id');
    await session.rows(SET_WRITER_ROLE);
    const { event } = change;
    await appendOwnEvent(session, REVERT_ACTION, {
      category: 'data_change',
      actor: { type: 'admin', id: by },
      reason,
      tenantId: event.tenantId,
      resource: event.resource,
      details: { eventId: event.id, schema: plan.schema, table: plan.table, transaction: String(transaction?.id) },
      metadata: { operationId },
    });
    return plan;
  }, 'BEGIN ISOLATION LEVEL READ COMMITTED');
}

async function checkedPlan(
  session: LedgerSession,
  change: RowChange,
  findLast: FindLast,
  locks: boolean,
): Promise<CheckedPlan> {
  await session.rows(SETTINGS);
  const { schema, table } = planRevert(change);
  const rows = await session.rows(COLUMNS, [`${quote(schema)}.${quote(table)}`]);
  const columns = rows as unknown as readonly TableColumn[]; // the selected columns
  const plan = planRevert(change, columns);
  const known = new Set(columns.map(({ name }) => name));
  const removed = [...Object.keys(plan.key), ...plan.columns].filter((name) => !known.has(name));
  if (removed.length > 0)
    throw createRefusal(change, `${plan.schema}.${plan.table} lost the column ${removed.join(', ')}`);
  await session.rows(SET_WRITER_ROLE);
  const [salted] = await session.rows(SALT);
  await session.rows('RESET ROLE');
  const lookup = { columns, ledger: String(salted?.ledger), locks };
  const row = await explainRefusal(change, () => readRow(session, { ...plan, image: plan.expected ?? {} }, lookup));
  // The row is locked, so all earlier changes are committed: each is in the outbox or in the ledger.
  const waits = await hasWaitingChange(session, change);
  await assertNewestChange(change, { schema, name: table }, findLast);
  if (plan.expected && !row) throw createRefusal(change, 'the row was deleted later');
  if (!plan.expected && row) throw createRefusal(change, 'a row has this key again');
  const { digest } = change.event.details;
  const isOther = typeof digest === 'string' && row?.digest !== digest;
  const differing = row && plan.expected && isOther ? listDifferingColumns(row.image, plan.expected) : [];
  if (differing.length > 0) throw createRefusal(change, `the row was changed later, in ${differing.join(', ')}`);
  if (waits) throw createRefusal(change, 'the row was changed later, and the ledger does not have that change yet');
  if (plan.expected && isOther)
    throw createRefusal(change, 'the row was changed later, in a column that the event does not show');
  if (plan.isDeletion) await assertUnreferenced(session, change, plan);
  return { plan, lookup };
}

interface CheckedPlan {
  readonly plan: RevertPlan;
  readonly lookup: Parameters<typeof buildLookup>[1];
}

interface ImageNow {
  readonly image: JsonObject;
  readonly digest: string;
}

async function readRow(
  session: LedgerQueries,
  ...requested: Parameters<typeof buildLookup>
): Promise<ImageNow | undefined> {
  const { text, values } = buildLookup(...requested);
  const [row] = await session.rows(text, values);
  if (!row) return undefined;
  const [image, digest] = row.now as readonly [string, string]; // the selected texts
  return { image: parseExactly(image) as JsonObject, digest }; // an image is an object
}

/** Refuses if the statement restored other values than the former ones, which an image may not have exactly. */
async function assertUnchanged(
  session: LedgerQueries,
  change: RowChange,
  { plan, lookup }: CheckedPlan,
): Promise<void> {
  const { former, columns } = plan;
  if (!former) return;
  const row = await readRow(session, { ...plan, ...former }, { ...lookup, locks: false });
  const differing = row ? listDifferingColumns(row.image, former.image) : Object.keys(former.key);
  if (former.digest === undefined ? differing.length === 0 : row?.digest === former.digest) return;
  const kinds = new Map(lookup.columns.map(({ name, kind }) => [name, kind]));
  const nested = columns.filter((name) => ['json', 'guarded'].includes(kinds.get(name) ?? ''));
  const seen = (differing.length > 0 ? differing : nested).join(', ');
  const why = `the statement would not restore the exact former value of ${seen}: the event does not have it, or a trigger of the table sets another one`;
  throw rowChangesErrors.AUDIT_REVERT_REFUSED(
    change.event.id,
    why,
    'Nothing was changed. Write the statement by hand.',
  );
}

async function assertNewestChange({ event }: RowChange, table: TableName, findLast: FindLast): Promise<void> {
  if (event.resource?.id === undefined) return;
  const last = await findLast({ type: event.resource.type, id: event.resource.id, table: formatTableName(table) });
  if (!last || last.event.id <= event.id) return;
  const seen = `the row was changed later, by event ${last.event.id}`;
  throw rowChangesErrors.AUDIT_REVERT_REFUSED(event.id, seen, 'Revert later changes first.');
}

async function assertUnreferenced(session: LedgerSession, change: RowChange, plan: RevertPlan): Promise<void> {
  const tables = await explainRefusal(change, () => listReferringTables(session, plan));
  if (tables.size === 0) return;
  const seen = `foreign keys would also delete or change rows of ${[...tables].join(', ')}`;
  throw rowChangesErrors.AUDIT_REVERT_REFUSED(
    change.event.id,
    seen,
    'Delete these rows first, or write the statement by hand.',
  );
}

/** SQLSTATEs that mean a refusal: by a table, a constraint, a trigger, missing rights or a lock. */
const REFUSALS = /^(0A|2[1237]|40|4[24]|55|57014|P0)/;
const CONFLICTS = /^(40|55P03|57014)/;

async function explainRefusal<Result>({ event }: RowChange, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const state = getSqlState(error);
    if (state === undefined || !REFUSALS.test(state)) throw error;
    const next = CONFLICTS.test(state)
      ? 'Nothing was changed. Run the command again after the other transaction ends.'
      : 'Nothing was changed. Correct the cause first, or write the statement by hand.';
    throw rowChangesErrors.AUDIT_REVERT_REFUSED(
      event.id,
      `the database answered "${getErrorMessage(error)}" (${state})`,
      next,
    );
  }
}

function createRefusal({ event }: RowChange, seen: string): AuditError {
  return rowChangesErrors.AUDIT_REVERT_REFUSED(
    event.id,
    seen,
    'Look at the current row, and revert later changes first.',
  );
}

const WAITS = `
  SELECT EXISTS (SELECT FROM audit_row_change_digests()
                  WHERE schema_name = $1 AND table_name = $2 AND $3 IN (key, rekeyed_from)) AS waits`;

async function hasWaitingChange(session: LedgerQueries, { event }: RowChange): Promise<boolean> {
  if (!(await hasExtension(session, 'row-changes'))) return false;
  const { schema, table, key, keyDigest } = event.details;
  const known = typeof keyDigest === 'string' ? keyDigest : formatKeyId(Object.values(toObject(key) ?? {}));
  await session.rows(
    `SELECT set_config('role', audit_role('reader'::text), true), set_config('audit.reads', 'all', true)`,
  );
  const [row] = await session.rows(WAITS, [schema, table, known]);
  await session.rows(`RESET ROLE; SET LOCAL audit.reads = ''`);
  return row?.waits === true;
}

/** A foreign key of a partition counts as a foreign key of the partitioned table. */
const FOLLOWING = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name,
         ARRAY(SELECT attname::text FROM unnest(f.conkey) WITH ORDINALITY AS u (number, nth)
                 JOIN pg_attribute ON attrelid = f.conrelid AND attnum = u.number ORDER BY u.nth) AS theirs,
         ARRAY(SELECT attname::text FROM unnest(f.confkey) WITH ORDINALITY AS u (number, nth)
                 JOIN pg_attribute ON attrelid = f.confrelid AND attnum = u.number ORDER BY u.nth) AS ours
    FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE f.confrelid = to_regclass($1) AND f.contype = 'f' AND f.conparentid = 0 AND f.confdeltype IN ('c', 'n', 'd')
   ORDER BY 1`;

async function listReferringTables(session: LedgerQueries, { schema, table, key }: RevertPlan): Promise<Set<string>> {
  const row = `${quote(schema)}.${quote(table)}`;
  const found = new Set<string>();
  for (const { name, theirs, ours } of await session.rows(FOLLOWING, [row])) {
    const [child, parent] = [theirs as readonly string[], ours as readonly string[]]; // arrays of names
    const refers = child.map((column, nth) => `c.${quote(column)} = t.${quote(parent[nth] ?? '')}`).join(' AND ');
    const [first] = await session.rows(
      `SELECT FROM ${String(name)} AS c, ${row} AS t, jsonb_populate_record(NULL::${row}, $1::jsonb) AS k
        WHERE ${refers} AND ${isKey(key)} AND (c.tableoid, c.ctid) <> (t.tableoid, t.ctid) LIMIT 1`,
      [JSON.stringify(key)],
    );
    if (first) found.add(String(name));
  }
  return found;
}
