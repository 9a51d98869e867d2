import { quote } from '../../../../../migrations/audit-ownership.js';
import type { LedgerSession } from '../../store/ledger-session.js';
import { appendOwnEvent } from '../../store/append-own-event.js';
import type { RowChange } from '../records/row-change.js';
import { lookUp, planRevert, type RevertPlan } from './plan-revert.js';
import { RevertRefusedError } from './revert.error.js';

/** Who undoes a change, and why. */
export interface RevertRequest {
  readonly by: string;
  readonly reason: string;
  /** The signed context that the triggers verify, for the setting `audit.context`; '' without a key. */
  readonly context: string;
  readonly operationId: string;
}

/** The action of the event that a revert is. */
export const REVERT_ACTION = 'row_change_revert';

/** As the triggers write values, so that a row of now and an image compare. */
const SETTINGS = `
  SET LOCAL "TimeZone" = 'UTC'; SET LOCAL "DateStyle" = 'ISO, YMD'; SET LOCAL "IntervalStyle" = 'iso_8601';
  SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lc_monetary = 'C'; SET LOCAL quote_all_identifiers = off`;

const COLUMNS = `
  SELECT attname::text AS name, attgenerated <> '' AS is_generated FROM pg_attribute
   WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`;

/**
 * How a change would be undone, if the row is still as the change left it. Changes nothing.
 *
 * @throws RevertRefusedError (`AUDIT_REVERT_REFUSED`)
 */
export async function previewRevert(session: LedgerSession, change: RowChange): Promise<RevertPlan> {
  return session.inTransaction(() => checkedPlan(session, change, false), 'BEGIN READ ONLY');
}

/**
 * Undoes a change and records who did so and why, in one transaction.
 *
 * @throws RevertRefusedError (`AUDIT_REVERT_REFUSED`); then everything is as it was
 */
export async function revertRow(
  session: LedgerSession,
  change: RowChange,
  { by, reason, context, operationId }: RevertRequest,
): Promise<RevertPlan> {
  return session.inTransaction(async () => {
    await session.rows(`SELECT set_config('audit.context', $1, true)`, [context]);
    const plan = await checkedPlan(session, change, true);
    const { text, values } = plan.statement;
    const { rowCount } = await session.query({ text, values: [...values] });
    if (rowCount !== 1) throw refusal(change, `the statement changed ${rowCount ?? 0} rows`);
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
  });
}

async function checkedPlan(session: LedgerSession, change: RowChange, locks: boolean): Promise<RevertPlan> {
  await session.rows(SETTINGS);
  const { schema, table } = planRevert(change);
  const columns = await session.rows(COLUMNS, [`${quote(schema)}.${quote(table)}`]);
  const generated = columns.filter(({ is_generated: is }) => is === true).map(({ name }) => String(name));
  const plan = planRevert(change, generated);
  const known = new Set(columns.map(({ name }) => String(name)));
  const gone = [...Object.keys(plan.key), ...plan.columns].filter((name) => !known.has(name));
  if (gone.length > 0) throw refusal(change, `${plan.schema}.${plan.table} has no column ${gone.join(', ')} any more`);
  const { text, values } = lookUp(plan, locks);
  const [row] = await session.rows(text, values);
  if (plan.expected && !row) throw refusal(change, 'the row has gone since');
  if (!plan.expected && row) throw refusal(change, 'a row has this key again');
  const differing = (row?.differing ?? []) as readonly string[]; // an array of names
  if (plan.expected && differing.length > 0)
    throw refusal(change, `the row has changed since, in ${differing.join(', ')}`);
  return plan;
}

function refusal({ event }: RowChange, seen: string): RevertRefusedError {
  return RevertRefusedError.because(event.id, seen, 'See what is there now, and revert later changes first.');
}
