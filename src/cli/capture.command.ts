import { existsSync } from 'node:fs';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, parseJson, type TableRules } from '../audit/index.js';
import { checkCapture, mending, type CaptureFinding } from '../modules/monitoring/row-changes/check-capture.js';
import { CaptureError } from '../modules/monitoring/row-changes/capture.error.js';
import { nameOf, type TableName } from '../modules/monitoring/row-changes/captured-table.js';
import { resolveCapture } from '../modules/monitoring/row-changes/capture-options.js';
import { migrationText, sqlText } from '../modules/monitoring/row-changes/migration-text.js';
import { planTables } from '../modules/monitoring/row-changes/plan-tables.js';
import { findLedger } from '../modules/monitoring/row-changes/read-tables.js';
import { endTableStatements, tableStatements } from '../modules/monitoring/row-changes/table-statements.js';
import { isReconciled, notReconciled, takeBaseline } from '../modules/monitoring/row-changes/digest-sql.js';
import { CallError } from './call.error.js';
import { runReconcile } from './capture-reconcile.command.js';
import { runCaptureRetry } from './capture-retry.command.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { DataSourceTargetError } from './data-source-target.error.js';
import { loadDataSource, type CommandDataSource } from './load-data-source.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger capture generate --data-source <file>[#<export>] [--out <folder> | --sql] [options]
       nestjs-audit-ledger capture check    --data-source <file>[#<export>] [options]
       nestjs-audit-ledger capture baseline --data-source <file>[#<export>] [--table <table>]… [options]
       nestjs-audit-ledger capture reconcile [--table <table>]… [options]; its own --help has more
       nestjs-audit-ledger capture revert --event <id> [options]; its own --help has more
       nestjs-audit-ledger capture retry [options]; its own --help has more

generate  writes a TypeORM migration with the triggers that capture the changes of each entity with @AuditedEntity; nothing
          where the database has them already
check     holds the entities against the triggers of the database, and prints what differs, which columns are redacted, and which
          tables have no key
baseline  stores key and digest of each row: later changes are compared with what the tables hold now. An event records it
reconcile finds rows that were changed without an event
revert    undoes the change that an event says, or prints the statements that would
retry     tries to store row changes again that are parked

  --data-source   the file that exports the TypeORM data source, such as dist/data-source.js; its settings say which database
  --tables        a JSON file with tables that have no entity: { "public.rates": { "ignore": ["seen_at"] } }
  --table         for baseline: a captured table, such as public.orders; may be given several times; default: all
  --schema        the schema of the ledger; default: the one that the database has
  --out           the folder of the migration; default: src/migrations or migrations, whichever exists
  --sql           print a script instead of writing a migration
  --help          print this

Examples:
  nestjs-audit-ledger capture generate --data-source dist/data-source.js
  nestjs-audit-ledger capture check --data-source dist/data-source.js

Exit code: 0 when the database is as the entities say, or the migration is written; 1 when check finds a difference; 2 when the
command cannot be run.
`;

interface CaptureCall {
  readonly 'data-source': string;
  readonly tables?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: readonly string[] | undefined;
  readonly out?: string | undefined;
  readonly sql: boolean;
}

/** `nestjs-audit-ledger capture`. Never rejects. */
export async function runCapture(args: readonly string[]): Promise<CommandResult> {
  if (args[0] === 'reconcile') return runReconcile(args.slice(1));
  if (args[0] === 'retry') return runCaptureRetry(args.slice(1));
  try {
    const { values, positionals } = parseCall('capture', {
      args: [...args],
      allowPositionals: true,
      options: {
        'data-source': { type: 'string' },
        tables: { type: 'string' },
        table: { type: 'string', multiple: true },
        schema: { type: 'string' },
        out: { type: 'string' },
        sql: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [what, ...others] = positionals;
    const work = what === undefined ? undefined : WORKS[what];
    if (work === undefined || others.length > 0) {
      return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    }
    const { 'data-source': target } = values;
    const problems = [
      ...OPTIONS_OF.filter(([name, of]) => of !== what && values[name] !== undefined && values[name] !== false).map(
        ([name, of]) => `--${name} is for "capture ${of}"`,
      ),
      ...(values.sql && values.out !== undefined ? ['--sql and --out exclude each other: a script is printed'] : []),
      ...(target === undefined ? ['--data-source is missing'] : []),
    ];
    if (target === undefined || problems.length > 0) throw CallError.create('capture', problems);
    const call = { ...values, 'data-source': target };
    return await withFinding(call, work);
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

/** Options that one command alone has. */
const OPTIONS_OF = [
  ['table', 'baseline'],
  ['out', 'generate'],
  ['sql', 'generate'],
] as const;

type Work = (found: Found, call: CaptureCall) => CommandResult | Promise<CommandResult>;

const WORKS: Readonly<Record<string, Work | undefined>> = { generate, check, baseline };

interface Found extends CaptureFinding {
  /** The schema of the ledger. */
  readonly ledger: string;
  readonly source: Pick<CommandDataSource, 'query'>;
}

async function withFinding(call: CaptureCall, work: Work): Promise<CommandResult> {
  const tables = await readTables(call.tables);
  const source = await loadDataSource(call['data-source']);
  await connect(source, call['data-source']);
  try {
    const { database, schema: ledger } = await findLedger(source, call.schema);
    if (ledger === null) throw CaptureError.noLedger(database);
    const planned = await planTables(source, { source, tables });
    return await work({ ...(await checkCapture(source, planned, ledger)), ledger, source }, call);
  } finally {
    await source.destroy();
  }
}

async function connect(source: CommandDataSource, target: string): Promise<void> {
  try {
    if (!source.isInitialized) await source.initialize();
  } catch (error) {
    throw DataSourceTargetError.notConnected(target, errorMessage(error), error);
  }
}

async function readTables(file: string | undefined): Promise<Readonly<Record<string, TableRules>>> {
  if (file === undefined) return {};
  const problems: string[] = [];
  const tables = await parseFile(file);
  const resolved = resolveCapture({ tables }, problems);
  if (problems.length > 0) throw CallError.create('capture', [`--tables ${file}: ${problems.join('; ')}`]);
  return resolved?.tables ?? {};
}

async function parseFile(file: string): Promise<Readonly<Record<string, TableRules>>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw CallError.create('capture', [`--tables ${file} cannot be read: ${errorMessage(error)}`]);
  });
  try {
    return parseJson(text) as Readonly<Record<string, TableRules>>; // checked next
  } catch (error) {
    throw CallError.create('capture', [`--tables ${file} is not JSON: ${errorMessage(error)}`]);
  }
}

function check({ tables, orphans }: Found, { 'data-source': source, tables: file }: CaptureCall): CommandResult {
  const problems = [
    ...tables.flatMap((finding) => finding.problems),
    ...orphans.map((table) => `${nameOf(table)} is captured, and no rule names it. ${KEEP}`),
  ];
  const mend = mending(` --data-source ${source}${file === undefined ? '' : ` --tables ${file}`}`);
  const notes = tables.flatMap((finding) => finding.notes).map((note) => `note: ${note}\n`);
  const summary =
    problems.length === 0
      ? `${tables.length} ${tables.length === 1 ? 'table is' : 'tables are'} captured as the rules say.\n`
      : [...problems, mend].map((line) => `${line}\n`).join('');
  return {
    exitCode: problems.length === 0 ? EXIT_CODES.fine : EXIT_CODES.missing,
    output: summary + notes.join(''),
  };
}

const KEEP =
  'To keep its capture, decorate its entity or name it in the file of --tables: the migration ends it otherwise.';

async function generate({ tables, orphans, ledger }: Found, { out, sql }: CaptureCall): Promise<CommandResult> {
  const changed = tables.filter(({ problems }) => problems.length > 0).map(({ table }) => table);
  if (changed.length === 0 && orphans.length === 0) {
    return {
      exitCode: EXIT_CODES.fine,
      output: sql ? '' : 'Nothing to do: the tables are captured as the rules say.\n',
    };
  }
  const up = [
    ...changed.flatMap((table) => tableStatements(table, ledger)),
    ...orphans.flatMap((table) => endTableStatements(table, ledger)),
  ];
  if (sql) return { exitCode: EXIT_CODES.fine, output: sqlText(up) };
  const stamp = Date.now();
  const folder = out ?? migrationsFolder();
  const file = join(folder, `${stamp}-row-capture.ts`);
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    migrationText(
      `RowCapture${stamp}`,
      up,
      changed.flatMap((table) => endTableStatements(table, ledger)),
    ),
  );
  const told = [
    ...(changed.length > 0 ? [`captures ${listOf(changed)}`] : []),
    ...(orphans.length > 0 ? [`ends the capture of ${listOf(orphans)}`] : []),
  ];
  return {
    exitCode: EXIT_CODES.fine,
    output: `Wrote ${file}: it ${told.join(', and ')}. Build it, and run the migrations.\n`,
  };
}

/** Where the application has its migrations, or a folder that its build looks into. */
function migrationsFolder(): string {
  const present = ['src/migrations', 'migrations'].find((folder) => existsSync(folder));
  return present ?? (existsSync('src') ? 'src/migrations' : 'migrations');
}

async function baseline({ tables, ledger, source }: Found, { table: wanted }: CaptureCall): Promise<CommandResult> {
  const planned = tables.map(({ table }) => table);
  const unknown = (wanted ?? []).filter((name) => !planned.some((table) => isNamed(table, name)));
  if (unknown.length > 0)
    throw CallError.create('capture baseline', [`no captured table is named ${unknown.join(', ')}`]);
  const told: string[] = [];
  for (const table of planned) {
    if (wanted && !wanted.some((name) => isNamed(table, name))) continue;
    if (!isReconciled(table)) {
      told.push(`note: ${notReconciled(table)}`);
      continue;
    }
    await source.query(takeBaseline(table, ledger, true));
    told.push(`Took the baseline of ${nameOf(table)}. An event seals it.`);
  }
  return { exitCode: EXIT_CODES.fine, output: told.map((line) => `${line}\n`).join('') };
}

function listOf(tables: readonly TableName[]): string {
  return new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(tables.map(nameOf));
}

function isNamed(table: TableName, wanted: string): boolean {
  return wanted === nameOf(table) || wanted === table.name;
}
