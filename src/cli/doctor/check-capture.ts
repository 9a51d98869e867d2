import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { quote } from '../../../migrations/audit-ownership.js';
import { checkCapture, describeRepair, problemsOf } from '../../rooms/row-changes/check-capture.js';
import { planTables } from '../../rooms/row-changes/plan-tables.js';
import { findLedger } from '../../rooms/row-changes/read-tables.js';
import type { CommandDataSource } from '../connection/load-data-source.js';
import { fail, fine, warn, type Check } from './check.js';
import type { LedgerOptions } from './subject.js';

/** The tables with capture triggers. `is_off` is true if at least one trigger of the table lacks the state ENABLE ALWAYS. */
export const CAPTURED = `
  SELECT t.tgrelid::regclass::text AS name, bool_or(t.tgenabled <> 'A') AS is_off FROM pg_trigger t
   WHERE t.tgname LIKE 'row\\_capture\\_%' AND NOT t.tgisinternal GROUP BY 1 ORDER BY 1`;

const keysIn = (schema: string): string =>
  `SELECT FROM ${quote(schema)}.audit_context_key WHERE ended_at IS NULL LIMIT 1`;
const NO_KEY = warn(
  'context-key',
  'No context key is stored: row changes name the login of the database, not the person.',
  'Run: nestjs-audit-ledger capture context-key add <name>. Give TypeORM the client of auditedPg() as its option extra.Client.',
);

const recentIn = (schema: string): string => `
  SELECT count(*)::int AS changes, count(*) FILTER (WHERE details->>'unattributed' = 'true')::int AS bare
    FROM (SELECT details FROM ${quote(schema)}.audit_event WHERE type IN ('row_inserted', 'row_updated', 'row_deleted')
           ORDER BY id DESC LIMIT 100) AS recent`;

/** Says whether contexts arrive. A login that may not read events gets no answer. */
async function checkContexts(runner: MigrationRunner, schema: string): Promise<readonly Check[]> {
  const rows = await runner.query(recentIn(schema)).catch(() => []);
  const [{ changes, bare } = { changes: 0, bare: 0 }] = rows as readonly { changes: number; bare: number }[]; // the selected columns
  if (changes === 0) return [];
  if (bare === 0) return [fine('contexts', `The last ${changes} row changes by the application had a context.`)];
  const says = `${bare} of the last ${changes} row changes by the application had no context: a pool that made them is not audited.`;
  return [
    warn(
      'contexts',
      says,
      'Make every pool and client of the application by auditedPg(). See docs/guides/row-changes.md.',
    ),
  ];
}

/**
 * Compares the triggers of captured tables with the triggers that `capture generate` would make. Rejects with an error of the PostgreSQL
 * client.
 */
export async function checkCaptured(
  runner: MigrationRunner,
  capture: LedgerOptions['capture'],
  source: CommandDataSource | undefined,
): Promise<readonly Check[]> {
  const triggered = (await runner.query(CAPTURED)) as readonly { readonly name: string; readonly is_off: boolean }[]; // CAPTURED selects both
  const off = triggered.filter((table) => table.is_off);
  if (off.length > 0) {
    const says = `Some triggers that capture row changes are not ENABLE ALWAYS on ${off.map(({ name }) => name).join(', ')}.`;
    return [fail('capture', says, describeRepair())];
  }
  const tables = capture?.tables ?? {};
  if (!source && Object.keys(tables).length === 0) {
    if (!capture && triggered.length === 0) return [fine('capture', 'Row changes are not captured.')];
    const whatToDo =
      'Name the file of the data source with --data-source, so that the command also compares its entities.';
    return [warn('capture', 'The triggers of the database are not compared with the entities.', whatToDo)];
  }
  const schema = (await findLedger(source ?? runner, undefined)).schema ?? 'audit';
  const planned = await planTables(runner, { source, tables });
  const problems = problemsOf(await checkCapture(runner, planned, schema));
  if (problems.length === 0) {
    const captured = fine('capture', `${planned.length} tables are captured as configured.`);
    const keys = (await runner.query(keysIn(schema))) as readonly unknown[]; // a runner returns a list of rows
    if (planned.length === 0) return [captured];
    return keys.length > 0 ? [captured, ...(await checkContexts(runner, schema))] : [captured, NO_KEY];
  }
  return [fail('capture', problems.join(' '), describeRepair())];
}
