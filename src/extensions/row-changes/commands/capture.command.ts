import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { useSession } from '../../../monitoring/store/sessions/use-session.js';
import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { MIGRATOR, SEQUENCER } from '../../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { createPoolLimits } from '../../../monitoring/store/sessions/session-limits.js';
import type { TableRules } from '../../../audit/nest-free.js';
import {
  checkCapture,
  describeRepair,
  listProblems,
  findSharedResources,
  type CaptureFinding,
} from '../check-capture.js';
import { formatTableName, type TableName } from '../captured-table.js';
import { planTables, findLedger, readAllTables } from '../plan-tables.js';
import { buildEndCaptureStatements, buildCaptureStatements } from '../triggers/trigger-sql.js';
import { isReconciled, formatNotReconciled, takeBaseline } from '../row-image.js';
import { EXIT_CODES } from '../../../cli/command-result.js';
import { defineCommand, type Outcome } from '../../../cli/define-command.js';
import {
  DATA_SOURCE,
  flagOption,
  toFlag,
  textOption,
  listOption,
  type ConnectionOptions,
  type Values,
} from '../../../cli/options.js';
import { readJsonOption } from '../../../cli/parse-json-object.js';
import { connectDataSource, loadDataSource, type CommandDataSource } from '../../../cli/connection/load-data-source.js';
import { rowChangesErrors } from '../row-changes.errors.js';
import { commandErrors } from '../../../cli/cli.errors.js';
import { formatVerdictLine, type Line } from '../../../cli/commands/show-lines.js';
import { retryParked } from '../parked-changes.js';
import {
  reconcileLedger,
  describeMismatch,
  type ReconciledTable,
  type Reconciliation,
} from '../reconcile/reconcile-ledger.js';

const RETRY_LIMITS = createPoolLimits(60_000);

const OPTIONS = {
  dataSource: DATA_SOURCE,
  tables: textOption(
    '<file>',
    'a JSON file with tables that have no entity, such as { "public.rates": { "ignore": ["seen_at"] } }; - is the standard input; capture tables prints one',
  ),
  table: listOption('<table>', 'for baseline and reconcile: a captured table, such as public.orders; default: all'),
  output: textOption(
    '<folder>',
    'the folder of the migration; default: that of the data source’s migrations, else src/migrations',
  ),
  sql: flagOption('print a script instead of writing a migration'),
};

type CaptureCall = Values<typeof OPTIONS> & Pick<ConnectionOptions, 'schema'>;

const KEEP =
  'To keep the capture, decorate the entity or name the table in the file of --tables. Otherwise, the migration ends the capture.';

const ACTIONS: Readonly<Record<string, Action | undefined>> = { generate, check, baseline: runBaseline };

/** The actions that need no rules. */
const ALONE: readonly string[] = ['tables', 'reconcile', 'retry'];

const OPTIONS_BY_ACTION: readonly (readonly [keyof typeof OPTIONS, readonly string[]])[] = [
  ['dataSource', ['generate', 'check', 'baseline', 'tables']],
  ['tables', ['generate', 'check', 'baseline']],
  ['table', ['baseline', 'reconcile']],
  ['output', ['generate']],
  ['sql', ['generate']],
];

export const command = defineCommand({
  name: 'capture',
  usage: [
    'generate|check|baseline --data-source <file> [options]',
    'generate|check|baseline --tables <file> [options]',
    'tables [options]',
    'reconcile [--table <table>]… [options]',
    'retry [options]',
  ],
  about: [
    'Writes the triggers that capture row changes, and compares them with the rules. The rules come from the entities of a TypeORM data source, from a file of tables, or from both.',
    'reconcile finds rows that were changed without an event, and events whose row is missing. It compares each row of the captured tables with its last event, or with the baseline if the row has no event. It reads one snapshot and changes nothing. It trusts the ledger, so run verify as well.',
  ],
  arguments: [['<action>', 'generate, check, baseline, tables, reconcile or retry']],
  actions: {
    generate:
      'write a TypeORM migration with the capture triggers of each entity with @AuditedEntity; write nothing if the database already has them',
    check:
      'compare the rules with the database’s triggers, and print differences, redacted columns, and tables without a key',
    baseline: 'store the key and digest of each row, for later comparison by reconcile; an event records the baseline',
    tables: 'print a file for --tables with every table of the database; remove the tables that need no capture',
    reconcile: 'compare the rows of the captured tables with their events',
    retry:
      'move parked row changes back to the outbox, as the login that seals; a running application then retries them, in order for each row. First correct the cause; the application’s log names it',
    'revert, context-key': 'have their own help: capture revert --help',
  },
  options: OPTIONS,
  connects: 'application',
  json: 'for generate "file", "statements"; for check "tables", "problems", "notes"; for baseline "taken", "notes"; for tables "tables", "notes"; for reconcile "verdict", "checkedAt", "tables", "findings", "totalFindings", "notes"; for retry "changes"',
  examples: [
    'generate --data-source dist/data-source.js',
    'tables > tables.json',
    'generate --tables tables.json --sql > capture.sql',
    'reconcile --table orders --json',
  ],
  exitCodes:
    '0 when the database matches the rules and the events, or the action is done; 1 when check or reconcile finds a difference; 2 when the command failed.',
  run: async ({ options, words: [action = ''], refuse, connection, ledger, sealer }) => {
    const [{ dataSource }, { schema }] = [options, connection];
    const work = ACTIONS[action];
    if (!work && !ALONE.includes(action))
      refuse(
        `the action must be generate, check, baseline, tables, reconcile, retry, revert or context-key, not ${action}`,
      );
    const problems = [
      ...OPTIONS_BY_ACTION.filter(([name, of]) => !of.includes(action) && isSet(options[name])).map(
        ([name, of]) => `${toFlag(name)} is for ${of.map((each) => `"capture ${each}"`).join(', ')}`,
      ),
      ...(options.sql && options.output !== undefined ? ['--sql and --output cannot be combined'] : []),
    ];
    if (problems.length > 0) refuse(...problems);
    if (action === 'tables') return withTarget(dataSource, ledger, ({ source }) => listTables(source, schema));
    if (action === 'reconcile') return reconcile(await ledger(), options.table);
    if (!work) return retry(await sealer());
    if (dataSource === undefined && options.tables === undefined) refuse('--data-source or --tables is missing');
    if (dataSource === undefined && action === 'generate' && !options.sql)
      refuse('--sql is missing: without --data-source, the command prints a script for a migration of your own');
    const tables = options.tables === undefined ? {} : await readTables(options.tables);
    return withTarget(dataSource, ledger, async (target) => {
      const { database, schema: found } = await findLedger(target.source, schema);
      if (found === null) throw rowChangesErrors.AUDIT_CAPTURE_IMPOSSIBLE.noLedger(database);
      const planned = await planTables(target.source, { source: target.entities, tables });
      const finding = await checkCapture(target.source, planned, found);
      return work({ ...finding, ...target, ledger: found }, { ...options, schema });
    });
  },
});

function isSet(value: boolean | string | readonly string[] | undefined): boolean {
  return typeof value === 'boolean' ? value : value !== undefined && value.length > 0;
}

type Action = (found: Found, call: CaptureCall) => Outcome | Promise<Outcome>;

interface Found extends CaptureFinding, Target {
  readonly ledger: string;
}

interface Target {
  readonly source: MigrationRunner;
  readonly entities?: CommandDataSource;
}

/** Connects by the data source, or else by the connection options, and ends the connection afterwards. */
async function withTarget(
  dataSource: string | undefined,
  ledger: () => Promise<string>,
  work: (target: Target) => Promise<Outcome> | Outcome,
): Promise<Outcome> {
  if (dataSource === undefined) {
    const session = await LedgerSession.open(await ledger(), { ...MIGRATOR, name: 'capture' });
    const source: MigrationRunner = { query: (text, values = []) => session.rows(text, values) };
    return Promise.resolve(work({ source })).finally(() => session.close());
  }
  const source = await loadDataSource(dataSource);
  await connectDataSource(source, dataSource);
  try {
    return await work({ source, entities: source });
  } finally {
    await source.destroy();
  }
}

async function listTables(source: MigrationRunner, schema: string | undefined): Promise<Outcome> {
  const { tables, notes } = await readAllTables(source, schema);
  const rules = Object.fromEntries(tables.map((table) => [formatTableName(table), {}]));
  return {
    text: `${JSON.stringify(rules, null, 2)}\n`,
    data: { tables: rules, notes },
    warnings: notes.map((note) => `note: ${note}`),
  };
}

async function readTables(file: string): Promise<Readonly<Record<string, TableRules>>> {
  const refuse = (problem: string): never => {
    throw commandErrors.AUDIT_REQUEST_INVALID.ofCommand('capture', [problem]);
  };
  const tables = await readJsonOption('--tables', file, refuse);
  const { resolveCapture } = await import('../capture-options.js'); // loads zod
  const problems: string[] = [];
  const resolved = resolveCapture({ tables: tables as Readonly<Record<string, TableRules>> }, problems); // resolveCapture checks the tables itself
  return resolved?.tables ?? refuse(`--tables ${file}: ${problems.join('; ')}`);
}

function check(found: Found, { dataSource: source, tables: file }: CaptureCall): Outcome {
  const { tables } = found;
  const problems = listProblems(found, ` ${KEEP}`);
  const mend = describeRepair(
    [
      source === undefined ? '' : ` --data-source ${source}`,
      file === undefined ? '' : ` --tables ${file}`,
      source === undefined ? ' --sql' : '',
    ].join(''),
  );
  const notes = [
    ...tables.flatMap((finding) => finding.notes),
    ...findSharedResources(tables.map(({ table }) => table)),
  ];
  const summary =
    problems.length === 0
      ? [`${tables.length} ${tables.length === 1 ? 'table is' : 'tables are'} captured as configured.`]
      : [...problems, mend];
  return {
    exitCode: problems.length === 0 ? EXIT_CODES.fine : EXIT_CODES.missing,
    text: [...summary, ...notes.map((note) => `note: ${note}`)],
    data: { tables: tables.map(({ table }) => formatTableName(table)), problems, notes },
  };
}

async function generate(
  { tables, orphans, unended, ledger, entities }: Found,
  { output, sql }: CaptureCall,
): Promise<Outcome> {
  const changed = tables.filter(({ problems }) => problems.length > 0).map(({ table }) => table);
  const ended = [...orphans, ...unended];
  if (changed.length === 0 && ended.length === 0) {
    return {
      text: sql ? '' : 'Nothing to do: the tables are captured as configured.\n',
      data: { file: null, statements: [] },
    };
  }
  const up = [
    ...changed.flatMap((table) => buildCaptureStatements(table, ledger)),
    ...ended.flatMap((table) => buildEndCaptureStatements(table, ledger)),
  ];
  if (sql) return { text: formatSql(up), data: { file: null, statements: up } };
  const stamp = Date.now();
  const known = entities && listFolders(entities.options.migrations);
  const folder = output ?? known?.find((each) => existsSync(each)) ?? getMigrationsFolder();
  const file = join(folder, `${stamp}-row-capture.ts`);
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    formatMigration(
      `RowCapture${stamp}`,
      up,
      changed.flatMap((table) => buildEndCaptureStatements(table, ledger)),
    ),
  );
  const lines = [
    ...(changed.length > 0 ? [`captures ${formatTables(changed)}`] : []),
    ...(ended.length > 0 ? [`ends the capture of ${formatTables(ended)}`] : []),
  ];
  return {
    text: `Wrote ${file}: it ${lines.join(', and ')}. Build it, and run the migrations.\n`,
    data: { file, statements: up },
    ...(known?.includes(folder) === false && { warnings: [formatUnlisted(folder, known)] }),
  };
}

/** Returns the folders of the sources whose compiled files a data source lists as its migrations. */
function listFolders(migrations: unknown): readonly string[] {
  const patterns = [migrations ?? []].flat().filter((pattern) => typeof pattern === 'string');
  return patterns.map((pattern) => {
    const built = relative('.', dirname(pattern.replace(/[*{[].*/s, 'x')));
    return built.replace(/^(?:dist|build|out)(?=\/|$)/, existsSync('src') ? 'src' : '$&');
  });
}

function formatUnlisted(folder: string, known: readonly string[]): string {
  const seen = known.length === 0 ? 'names no folder' : `names ${known.join(', ')}`;
  return `note: the option migrations of the data source ${seen}. TypeORM runs the new migration only if that option names its built file in ${folder}.`;
}

function getMigrationsFolder(): string {
  const present = ['src/migrations', 'migrations'].find((folder) => existsSync(folder));
  return present ?? (existsSync('src') ? 'src/migrations' : 'migrations');
}

async function runBaseline({ tables, ledger, source }: Found, { table: requested }: CaptureCall): Promise<Outcome> {
  const planned = tables.map(({ table }) => table);
  const unknown = requested.filter((name) => !planned.some((table) => isNamed(table, name)));
  if (unknown.length > 0)
    throw commandErrors.AUDIT_REQUEST_INVALID.ofCommand('capture baseline', [
      `no captured table is named ${unknown.join(', ')}`,
    ]);
  const [taken, notes]: [string[], string[]] = [[], []];
  for (const table of planned) {
    if (requested.length > 0 && !requested.some((name) => isNamed(table, name))) continue;
    if (!isReconciled(table)) {
      notes.push(formatNotReconciled(table));
      continue;
    }
    await source.query(takeBaseline(table, ledger, true));
    taken.push(formatTableName(table));
  }
  const lines = [
    ...notes.map((note) => `note: ${note}\n`),
    ...taken.map((table) => `Stored the baseline of ${table}. An event records it.\n`),
  ];
  return { text: lines.join(''), data: { taken, notes } };
}

function formatTables(tables: readonly TableName[]): string {
  return new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(tables.map(formatTableName));
}

function isNamed(table: TableName, requested: string): boolean {
  return requested === formatTableName(table) || requested === table.name;
}

async function reconcile(database: string, table: readonly string[]): Promise<Outcome> {
  const found = await reconcileLedger({ database, tables: table.length === 0 ? undefined : table });
  return {
    exitCode: found.verdict === 'complete' ? EXIT_CODES.fine : EXIT_CODES.missing,
    text: describeReconciliation(found),
    data: found,
  };
}

function describeReconciliation({ verdict, tables, findings, totalFindings, notes }: Reconciliation): readonly Line[] {
  const more = totalFindings - findings.length;
  return [
    ...findings.map(describeMismatch),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...notes.map((note) => `note: ${note}`),
    ...tables.map(describeTable),
    formatVerdictLine(
      verdict,
      `${tables.length} captured ${tables.length === 1 ? 'table' : 'tables'}, ${totalFindings} ${totalFindings === 1 ? 'finding' : 'findings'}`,
    ),
  ];
}

function describeTable({ table, rows, baselineAt, counts }: ReconciledTable): string {
  const found = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return `${table}: ${rows} ${rows === 1 ? 'row' : 'rows'}, baseline from ${baselineAt}; ${found.length === 0 ? 'nothing was changed without an event' : found.join(', ')}`;
}

async function retry(url: string): Promise<Outcome> {
  const changes = await useSession(url, { ...SEQUENCER, name: 'capture retry' }, RETRY_LIMITS, retryParked);
  const text =
    changes === 0
      ? 'Nothing is parked.\n'
      : `Moved ${changes} parked row ${changes === 1 ? 'change' : 'changes'} back to the outbox.\n`;
  return { text, data: { changes } };
}

/** Writes the source of a TypeORM migration that runs the given statements in the migration's transaction. */
function formatMigration(name: string, up: readonly string[], down: readonly string[]): string {
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Captures row changes. Written by \`nestjs-audit-ledger capture generate\`: run it again instead of editing this. */
export class ${name} implements MigrationInterface {
  readonly name = '${name}';

  async up(runner: QueryRunner): Promise<void> {
${up.map(formatQueryCall).join('\n')}
  }

  async down(runner: QueryRunner): Promise<void> {
${down.map(formatQueryCall).join('\n')}
  }
}
`;
}

/** Writes a script without BEGIN and COMMIT, since migration tools run a script in their own transaction. */
function formatSql(statements: readonly string[]): string {
  const head =
    '-- Captures row changes. Run this in one transaction: with your migration tool, or psql --single-transaction --file.';
  return `${[head, ...statements.map((statement) => `${statement};`)].join('\n\n')}\n`;
}

function formatQueryCall(statement: string): string {
  return `    await runner.query(\`${statement.replace(/[\\`]|\$\{/g, '\\$&')}\`);`;
}
