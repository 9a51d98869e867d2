import { quote } from '../../../../migrations/audit-ownership.js';
import { errorMessage } from '../../../audit/plain.js';
import { sqlStateOf } from '../../monitoring/store/sessions/classify-ledger-error.js';
import type { LedgerSession, LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { appendOwnEvent } from '../../monitoring/store/append-own-event.js';
import { type RowChange, objectOf } from '../../monitoring/query/records/row-change.js';
import type { ResourceName } from '../../monitoring/query/ledger-event.js';
import { lookUp, planRevert, type RevertPlan, isKey } from './plan-revert.js';
import { nameOf, type TableName } from '../captured-table.js';
import { RevertRefusedError } from './revert.error.js';
import { idOfKey } from '../../monitoring/store/row-images.js';
import { hasRoom } from '../../monitoring/store/sessions/has-room.js';

/** The person who undoes a change, and the reason. */
export interface RevertRequest {
  readonly by: string;
  readonly reason: string;
  /** The signed context for the setting `audit.context`; '' if the operator gave no context key. */
  readonly context: string;
  readonly operationId: string;
}

/** Reads the last change of a record in the ledger. */
export type FindLast = (resource: ResourceName) => Promise<RowChange | undefined>;

/** The action of the event that records a revert. */
export const REVERT_ACTION = 'row_change_revert';

/** The capture triggers use the same settings: the current row must be formatted like a stored image. */
const SETTINGS = `
  SET LOCAL "TimeZone" = 'UTC'; SET LOCAL "DateStyle" = 'ISO, YMD'; SET LOCAL "IntervalStyle" = 'iso_8601';
  SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lc_monetary = 'C'; SET LOCAL quote_all_identifiers = off`;

const COLUMNS = `
  SELECT attname::text AS name, attgenerated <> '' AS is_generated, attgenerated = 'v' AS is_virtual FROM pg_attribute
   WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`;

/** Only the role that adds events can read the salt. The salt stays on the server. */
const SALT = `SELECT set_config('audit.row_salt', encode(salt, 'hex'), true) IS NULL FROM audit_row_salt`;

/**
 * Plans how to undo a change, and checks that no later change altered the row. A preview changes nothing.
 *
 * @throws RevertRefusedError (`AUDIT_REVERT_REFUSED`)
 */
export async function previewRevert(
  session: LedgerSession,
  change: RowChange,
  findLast: FindLast,
): Promise<RevertPlan> {
  const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY';
  return session.inTransaction(() => checkedPlan(session, change, findLast, false), begin);
}

/**
 * Undoes a change, and records an event with the person and the reason, in one transaction. The row is locked from the checks to the commit.
 *
 * @throws RevertRefusedError (`AUDIT_REVERT_REFUSED`); then nothing is changed
 */
export async function revertRow(
  session: LedgerSession,
  change: RowChange,
  { by, reason, context, operationId }: RevertRequest,
  findLast: FindLast,
): Promise<RevertPlan> {
  return session.inTransaction(async () => {
    await session.rows(`SELECT set_config('audit.context', $1, true)`, [context]);
    const plan = await checkedPlan(session, change, findLast, true);
    await orRefusal(change, async () => {
      const { text, values } = plan.statement;
      const { rowCount } = await session.query({ text, values: [...values] });
      if (rowCount !== 1) throw refusal(change, `the statement changed ${rowCount ?? 0} rows`);
      await session.rows('SET CONSTRAINTS ALL IMMEDIATE');
    });
    const [transaction] = await session.rows('SELECT pg_current_xact_id()::text AS id');
    await session.rows('SET LOCAL ROLE audit_writer');
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
): Promise<RevertPlan> {
  await session.rows(SETTINGS);
  const { schema, table } = planRevert(change);
  const columns = await session.rows(COLUMNS, [`${quote(schema)}.${quote(table)}`]);
  const generated = columns.filter(({ is_generated: is }) => is === true).map(({ name }) => String(name));
  const virtual = columns.filter(({ is_virtual: is }) => is === true).map(({ name }) => String(name));
  const plan = planRevert(change, generated);
  const known = new Set(columns.map(({ name }) => String(name)));
  const gone = [...Object.keys(plan.key), ...plan.columns].filter((name) => !known.has(name));
  if (gone.length > 0) throw refusal(change, `${plan.schema}.${plan.table} lost the column ${gone.join(', ')}`);
  await session.rows('SET LOCAL ROLE audit_writer');
  await session.rows(SALT);
  await session.rows('RESET ROLE');
  const { text, values } = lookUp(plan, { locks, virtual });
  const [row] = await orRefusal(change, () => session.rows(text, values));
  // The row is locked, so all earlier changes are committed: each is in the outbox or in the ledger.
  const waits = await hasWaitingChange(session, change);
  await refuseNewer(change, { schema, name: table }, findLast);
  if (plan.expected && !row) throw refusal(change, 'the row was deleted later');
  if (!plan.expected && row) throw refusal(change, 'a row has this key again');
  const differing = (row?.differing ?? []) as readonly string[]; // an array of names
  if (plan.expected && differing.length > 0)
    throw refusal(change, `the row was changed later, in ${differing.join(', ')}`);
  if (waits) throw refusal(change, 'the row was changed later, and the ledger does not have that change yet');
  const { digest } = change.event.details;
  if (plan.expected && typeof digest === 'string' && row?.digest !== digest)
    throw refusal(change, 'the row was changed later, in a column that the event does not show');
  if (plan.isDeletion) await refuseReferring(session, change, plan);
  return plan;
}

async function refuseNewer({ event }: RowChange, table: TableName, findLast: FindLast): Promise<void> {
  if (event.resource?.id === undefined) return;
  const last = await findLast({ type: event.resource.type, id: event.resource.id, table: nameOf(table) });
  if (!last || last.event.id <= event.id) return;
  const seen = `the row was changed later, by event ${last.event.id}`;
  throw RevertRefusedError.because(event.id, seen, 'Revert later changes first.');
}

async function refuseReferring(session: LedgerSession, change: RowChange, plan: RevertPlan): Promise<void> {
  const tables = await orRefusal(change, () => referringTables(session, plan));
  if (tables.size === 0) return;
  const seen = `foreign keys would also delete or change rows of ${[...tables].join(', ')}`;
  throw RevertRefusedError.because(change.event.id, seen, 'Delete these rows first, or write the statement by hand.');
}

/** SQLSTATEs that mean a refusal: by a table, a constraint, a trigger, missing rights or a lock. */
const REFUSALS = /^(0A|2[1237]|40|4[24]|55|57014|P0)/;
const CONFLICTS = /^(40|55P03|57014)/;

async function orRefusal<Result>({ event }: RowChange, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === undefined || !REFUSALS.test(state)) throw error;
    const next = CONFLICTS.test(state)
      ? 'Nothing was changed. Run the command again after the other transaction ends.'
      : 'Nothing was changed. Correct the cause first, or write the statement by hand.';
    throw RevertRefusedError.because(event.id, `the database answered "${errorMessage(error)}" (${state})`, next);
  }
}

function refusal({ event }: RowChange, seen: string): RevertRefusedError {
  return RevertRefusedError.because(event.id, seen, 'Look at the current row, and revert later changes first.');
}

const WAITS = `
  SELECT EXISTS (SELECT FROM audit_row_change_digests()
                  WHERE schema_name = $1 AND table_name = $2 AND $3 IN (key, rekeyed_from)) AS waits`;

async function hasWaitingChange(session: LedgerQueries, { event }: RowChange): Promise<boolean> {
  if (!(await hasRoom(session, 'row-changes'))) return false;
  const { schema, table, key, keyDigest } = event.details;
  const known = typeof keyDigest === 'string' ? keyDigest : idOfKey(Object.values(objectOf(key) ?? {}));
  await session.rows(`SET LOCAL ROLE audit_reader; SET LOCAL audit.reads = 'all'`);
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

async function referringTables(session: LedgerQueries, { schema, table, key }: RevertPlan): Promise<Set<string>> {
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
