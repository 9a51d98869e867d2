import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableRules } from '../../../audit/plain.js';
import { checkCapture, describeRepair, problemsOf, sharedResources, type CaptureFinding } from '../check-capture.js';
import { nameOf, type TableName } from '../captured-table.js';
import { resolveCapture } from '../capture-options.js';
import { migrationText, sqlText } from '../migration-text.js';
import { planTables } from '../plan-tables.js';
import { findLedger } from '../read-tables.js';
import { endCaptureStatements, captureStatements } from '../trigger-sql.js';
import { isReconciled, notReconciled, takeBaseline } from '../digest-sql.js';
import { EXIT_CODES } from '../../../cli/command-result.js';
import { defineCommand, type Outcome } from '../../../cli/define-command.js';
import { flag, text, texts, type Values } from '../../../cli/options.js';
import { readJsonOption } from '../../../cli/parse-json-object.js';
import { connectDataSource, loadDataSource, type CommandDataSource } from '../../../cli/load-data-source.js';
import { rowChangesErrors } from '../row-changes.errors.js';
import { commandErrors } from '../../../cli/cli.errors.js';

const OPTIONS = {
  dataSource: text(
    '<file>',
    'the file that exports the TypeORM data source, such as dist/data-source.js; its settings name the database',
  ),
  tables: text(
    '<file>',
    'a JSON file with tables that have no entity, such as { "public.rates": { "ignore": ["seen_at"] } }; - is the standard input',
  ),
  table: texts('<table>', 'for baseline: a captured table, such as public.orders; default: all'),
  schema: text('<name>', 'the schema of the ledger; default: found in the database'),
  output: text('<folder>', 'the folder of the migration; default: src/migrations if it exists, else migrations'),
  sql: flag('print a script instead of writing a migration'),
};

type CaptureCall = Values<typeof OPTIONS> & { readonly dataSource: string };

export const command = defineCommand({
  name: 'capture',
  usage: ['<action> --data-source <file> [options]'],
  about: ['Writes the triggers that capture row changes, and compares them with the entities.'],
  arguments: [['<action>', 'generate, check or baseline']],
  actions: {
    generate:
      'write a TypeORM migration with the capture triggers of each entity with @AuditedEntity; write nothing if the database already has them',
    check:
      'compare the entities with the database’s triggers, and print differences, redacted columns, and tables without a key',
    baseline:
      'store the key and digest of each row, for later comparison by capture reconcile; an event records the baseline',
    'reconcile, revert, retry': 'have their own help: capture reconcile --help',
  },
  options: OPTIONS,
  json: 'for generate "file", "statements"; for check "tables", "problems", "notes"; for baseline "taken", "notes"',
  examples: ['generate --data-source dist/data-source.js', 'check --data-source dist/data-source.js'],
  exitCodes:
    '0 when the database matches the entities, or the migration is written; 1 when check finds a difference; 2 when the command failed.',
  run: async ({ options, words: [action = ''], refuse }) => {
    const work =
      WORKS[action] ??
      refuse(`the action must be generate, check, baseline, reconcile, revert or retry, not ${action}`);
    const problems = [
      ...OPTIONS_OF.filter(([name, of]) => of !== action && isGiven(options[name])).map(
        ([name, of]) => `--${name} is for "capture ${of}"`,
      ),
      ...(options.sql && options.output !== undefined ? ['--sql and --output cannot be combined'] : []),
    ];
    if (problems.length > 0) refuse(...problems);
    const { dataSource = refuse('--data-source is missing') } = options;
    return withFinding({ ...options, dataSource }, work);
  },
});

const OPTIONS_OF = [
  ['table', 'baseline'],
  ['output', 'generate'],
  ['sql', 'generate'],
] as const;

function isGiven(value: boolean | string | readonly string[] | undefined): boolean {
  return typeof value === 'boolean' ? value : value !== undefined && value.length > 0;
}

type Work = (found: Found, call: CaptureCall) => Outcome | Promise<Outcome>;

const WORKS: Readonly<Record<string, Work | undefined>> = { generate, check, baseline };

interface Found extends CaptureFinding {
  readonly ledger: string;
  readonly source: Pick<CommandDataSource, 'query'>;
}

async function withFinding(call: CaptureCall, work: Work): Promise<Outcome> {
  const tables = call.tables === undefined ? {} : await readTables(call.tables);
  const source = await loadDataSource(call.dataSource);
  await connectDataSource(source, call.dataSource);
  try {
    const { database, schema: ledger } = await findLedger(source, call.schema);
    if (ledger === null) throw rowChangesErrors.AUDIT_CAPTURE_IMPOSSIBLE.noLedger(database);
    const planned = await planTables(source, { source, tables });
    return await work({ ...(await checkCapture(source, planned, ledger)), ledger, source }, call);
  } finally {
    await source.destroy();
  }
}

async function readTables(file: string): Promise<Readonly<Record<string, TableRules>>> {
  const refuse = (problem: string): never => {
    throw commandErrors.AUDIT_CALL_INVALID.ofCommand('capture', [problem]);
  };
  const tables = await readJsonOption('--tables', file, refuse);
  const problems: string[] = [];
  const resolved = resolveCapture({ tables: tables as Readonly<Record<string, TableRules>> }, problems); // resolveCapture checks the tables itself
  return problems.length > 0 ? refuse(`--tables ${file}: ${problems.join('; ')}`) : resolved.tables;
}

function check(found: Found, { dataSource: source, tables: file }: CaptureCall): Outcome {
  const { tables } = found;
  const problems = problemsOf(found, ` ${KEEP}`);
  const mend = describeRepair(` --data-source ${source}${file === undefined ? '' : ` --tables ${file}`}`);
  const notes = [...tables.flatMap((finding) => finding.notes), ...sharedResources(tables.map(({ table }) => table))];
  const summary =
    problems.length === 0
      ? [`${tables.length} ${tables.length === 1 ? 'table is' : 'tables are'} captured as configured.`]
      : [...problems, mend];
  return {
    exitCode: problems.length === 0 ? EXIT_CODES.fine : EXIT_CODES.missing,
    text: [...summary, ...notes.map((note) => `note: ${note}`)],
    data: { tables: tables.map(({ table }) => nameOf(table)), problems, notes },
  };
}

const KEEP =
  'To keep the capture, decorate the entity or name the table in the file of --tables. Otherwise, the migration ends the capture.';

async function generate({ tables, orphans, unended, ledger }: Found, { output, sql }: CaptureCall): Promise<Outcome> {
  const changed = tables.filter(({ problems }) => problems.length > 0).map(({ table }) => table);
  const ended = [...orphans, ...unended];
  if (changed.length === 0 && ended.length === 0) {
    return {
      text: sql ? '' : 'Nothing to do: the tables are captured as configured.\n',
      data: { file: null, statements: [] },
    };
  }
  const up = [
    ...changed.flatMap((table) => captureStatements(table, ledger)),
    ...ended.flatMap((table) => endCaptureStatements(table, ledger)),
  ];
  if (sql) return { text: sqlText(up), data: { file: null, statements: up } };
  const stamp = Date.now();
  const folder = output ?? migrationsFolder();
  const file = join(folder, `${stamp}-row-capture.ts`);
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    migrationText(
      `RowCapture${stamp}`,
      up,
      changed.flatMap((table) => endCaptureStatements(table, ledger)),
    ),
  );
  const told = [
    ...(changed.length > 0 ? [`captures ${listOf(changed)}`] : []),
    ...(ended.length > 0 ? [`ends the capture of ${listOf(ended)}`] : []),
  ];
  return {
    text: `Wrote ${file}: it ${told.join(', and ')}. Build it, and run the migrations.\n`,
    data: { file, statements: up },
  };
}

function migrationsFolder(): string {
  const present = ['src/migrations', 'migrations'].find((folder) => existsSync(folder));
  return present ?? (existsSync('src') ? 'src/migrations' : 'migrations');
}

async function baseline({ tables, ledger, source }: Found, { table: wanted }: CaptureCall): Promise<Outcome> {
  const planned = tables.map(({ table }) => table);
  const unknown = wanted.filter((name) => !planned.some((table) => isNamed(table, name)));
  if (unknown.length > 0)
    throw commandErrors.AUDIT_CALL_INVALID.ofCommand('capture baseline', [
      `no captured table is named ${unknown.join(', ')}`,
    ]);
  const [taken, notes]: [string[], string[]] = [[], []];
  for (const table of planned) {
    if (wanted.length > 0 && !wanted.some((name) => isNamed(table, name))) continue;
    if (!isReconciled(table)) {
      notes.push(notReconciled(table));
      continue;
    }
    await source.query(takeBaseline(table, ledger, true));
    taken.push(nameOf(table));
  }
  const told = [
    ...notes.map((note) => `note: ${note}\n`),
    ...taken.map((table) => `Stored the baseline of ${table}. An event records it.\n`),
  ];
  return { text: told.join(''), data: { taken, notes } };
}

function listOf(tables: readonly TableName[]): string {
  return new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(tables.map(nameOf));
}

function isNamed(table: TableName, wanted: string): boolean {
  return wanted === nameOf(table) || wanted === table.name;
}
