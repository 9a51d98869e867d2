import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { quote } from '../../../migrations/audit-ownership.js';
import type { AuditExtension } from '../../../migrations/audit-migrations.js';
import { defineChecks, fail, ok, warn, type Check } from '../../monitoring/store/check.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import type { ResolvedCapture } from './capture-options.js';
import { checkCapture, describeRepair, listProblems } from './check-capture.js';
import { assessOutbox, OUTBOX, toOutbox } from './outbox-part.js';
import { planTables, type EntitySource, findLedger } from './plan-tables.js';

/** What the checks of the capture need. */
export interface CaptureFacts {
  readonly tables: { readonly extensions: readonly AuditExtension[] };
  readonly reader: LedgerQueries;
  /** Reads every event, with the role `AUDITOR`. */
  readonly auditor: LedgerQueries;
  /** The rules of the application, as far as they are known. */
  readonly capture: {
    /** The options of `RowChangesModule`; absent if the application does not import it. */
    readonly options?: Pick<ResolvedCapture, 'tables' | 'lateAfterSeconds'> | undefined;
    readonly source?: (EntitySource & MigrationRunner) | undefined;
  };
}

/** The tables with capture triggers. `is_off` is true if at least one trigger of the table lacks the state ENABLE ALWAYS. */
const CAPTURED = `
  SELECT t.tgrelid::regclass::text AS name, bool_or(t.tgenabled <> 'A') AS is_off FROM pg_trigger t
   WHERE t.tgname LIKE 'row\\_capture\\_%' AND NOT t.tgisinternal GROUP BY 1 ORDER BY 1`;

const selectKeys = (schema: string): string => `
  SELECT EXISTS (SELECT FROM ${quote(schema)}.audit_context_key WHERE ended_at IS NULL) AS "hasKey"`;

const selectRecent = (schema: string): string => `
  SELECT count(*)::int AS changes, count(*) FILTER (WHERE details->>'unattributed' = 'true')::int AS bare
    FROM (SELECT details FROM ${quote(schema)}.audit_event WHERE type IN ('row_inserted', 'row_updated', 'row_deleted')
           ORDER BY id DESC LIMIT 100) AS recent`;

const check = defineChecks<CaptureFacts>();

/** Compares the capture in the database with the capture that `capture generate` would make, and finds out whether contexts arrive. */
export const CAPTURE_CHECKS: readonly Check<CaptureFacts>[] = [
  check('outbox', ['tables', 'reader', 'capture'], async ({ tables: { extensions }, reader, capture: { options } }) => {
    const [row] = extensions.includes('row-changes') ? await reader.rows(OUTBOX) : [];
    return assessOutbox(toOutbox(row), options?.lateAfterSeconds);
  }),
  check('capture', ['auditor', 'capture'], async ({ auditor, capture: { options, source } }) => {
    const triggered = await auditor.rows(CAPTURED);
    const off = triggered.filter((table) => table.is_off === true).map(({ name }) => String(name));
    if (off.length > 0)
      return fail(
        `Some triggers that capture row changes are not ENABLE ALWAYS on ${off.join(', ')}.`,
        describeRepair(),
      );
    const tables = options?.tables ?? {};
    if (!source && Object.keys(tables).length === 0) {
      if (!options && triggered.length === 0) return ok('Row changes are not captured.');
      return warn(
        'The triggers of the database are not compared with the entities.',
        'Name the file of the data source with --data-source, so that the command also compares its entities.',
      );
    }
    const runner = source ?? toRunner(auditor); // tables without a schema are in that of the data source
    const planned = await planTables(runner, { source, tables });
    const problems = listProblems(await checkCapture(runner, planned, await readSchema(runner)));
    if (problems.length > 0) return fail(problems.join(' '), describeRepair());
    return ok(`${planned.length === 1 ? '1 table is' : `${planned.length} tables are`} captured as configured.`);
  }),
  check('context-key', ['auditor', 'capture'], async ({ auditor, capture: { source } }) => {
    if ((await auditor.rows(CAPTURED)).length === 0) return [];
    const [row] = await auditor.rows(selectKeys(await readSchema(source ?? toRunner(auditor))));
    if (row?.hasKey === true) return ok('A key signs the context of row changes.');
    return warn(
      'No context key is stored: row changes name the login of the database, not the person.',
      'Run: nestjs-audit-ledger capture context-key add <name>. Give TypeORM the client of auditedPg() as its option extra.Client.',
    );
  }),
  check('contexts', ['auditor', 'capture'], async ({ auditor, capture: { source } }) => {
    if ((await auditor.rows(CAPTURED)).length === 0) return [];
    const [row] = await auditor.rows(selectRecent(await readSchema(source ?? toRunner(auditor))));
    const [changes, bare] = [Number(row?.changes ?? 0), Number(row?.bare ?? 0)];
    if (changes === 0) return [];
    if (bare === 0) return ok(`The last ${changes} row changes by the application had a context.`);
    return warn(
      `${bare} of the last ${changes} row changes by the application had no context: a pool that made them is not audited.`,
      'Make every pool and client of the application by auditedPg(). See docs/guides/row-changes.md.',
    );
  }),
];

function toRunner(session: LedgerQueries): MigrationRunner {
  return { query: async (text, values) => session.rows(text, values) };
}

async function readSchema(runner: MigrationRunner): Promise<string> {
  return (await findLedger(runner)).schema ?? 'audit';
}
