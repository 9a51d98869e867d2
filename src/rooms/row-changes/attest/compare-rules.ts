import type { ModulesContainer } from '@nestjs/core';
import { readFieldSafely, rulesOfEntity } from '../../../audit/nest-free.js';
import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import type { ResolvedCapture } from '../capture-options.js';
import type { CapturedTable } from '../captured-table.js';
import { checkCapture, describeProblems, sharedResources } from '../check-capture.js';
import { planTables, type CaptureWishes, type EntitySource } from '../plan-tables.js';
import { describeUnended, readOpenBaselines } from '../open-baselines.js';

interface RunningSource extends EntitySource, MigrationRunner {
  readonly isInitialized?: boolean;
}

/** Servers may have databases of the same name, so the place contains the server's start time. */
const HOME = `
  SELECT extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_database() AS place,
         (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.oid = to_regclass('audit_row_change')) AS schema`;

/**
 * Compares the triggers of the ledger's database with the rules of entities and of the option `tables`. Data sources of other databases are
 * skipped. Resolves with warnings: all problems in one line, and the tables that share a resource. Rejects with the error of the PostgreSQL
 * client.
 *
 * @throws `AUDIT_CAPTURE_IMPOSSIBLE` if a rule does not fit the database
 */
export async function compareRules(
  session: LedgerSession,
  modules: ModulesContainer,
  { tables }: ResolvedCapture,
): Promise<readonly string[]> {
  const [home] = await session.rows(HOME);
  if (typeof home?.schema !== 'string') return [];
  const ledger = home.schema;
  const runner: MigrationRunner = { query: async (text, values) => session.rows(text, values) };
  const found: string[] = [];
  const captured: CapturedTable[] = [];
  const add = async (own: MigrationRunner, wishes: CaptureWishes): Promise<void> => {
    const planned = await planTables(own, wishes);
    captured.push(...planned);
    found.push(...(await checkCapture(own, planned, ledger)).tables.flatMap(({ problems }) => problems));
  };
  for (const source of sourcesOf(modules)) {
    const [at] = (await source.query(HOME)) as readonly { place?: unknown }[]; // the selected columns
    if (at?.place === home.place) await add(source, { source });
  }
  if (Object.keys(tables).length > 0) await add(runner, { tables });
  const gone = (await readOpenBaselines(runner, ledger))?.filter(({ isThere }) => !isThere) ?? [];
  const problems = describeProblems([...found, ...gone.map(describeUnended)]);
  return [
    ...(problems === undefined ? [] : [`The capture of row changes does not match the rules. ${problems}`]),
    ...sharedResources(captured),
  ];
}

function sourcesOf(modules: ModulesContainer): readonly RunningSource[] {
  const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  return [...new Set(providers.flatMap(({ instance }) => (isAuditedSource(instance) ? instance : [])))];
}

/** The application may have any version of TypeORM, so only the shape identifies a data source. */
function isAuditedSource(instance: unknown): instance is RunningSource {
  const entityMetadatas = readFieldSafely(instance, 'entityMetadatas');
  return (
    readFieldSafely(instance, 'isInitialized') === true &&
    readFieldSafely(readFieldSafely(instance, 'options'), 'type') === 'postgres' &&
    Array.isArray(entityMetadatas) &&
    (entityMetadatas as RunningSource['entityMetadatas']).some(({ target }) => rulesOfEntity(target) !== undefined)
  );
}
