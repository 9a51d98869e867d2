import { formatMissingKey } from './plan-tables.js';
import { parseJson } from '../../audit/nest-free.js';
import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { buildCaptureBody } from './triggers/trigger-function.js';
import { storedSettings, formatTableName, type CapturedTable, type TableName } from './captured-table.js';
import { CAPTURE_TRIGGERS, describeCapture, formatFunctionName, formatTriggerName } from './triggers/trigger-sql.js';
import { describeRenamed, selectRenamedColumns, type RenamedColumns } from './column-layout.js';
import {
  buildDigestsBody,
  formatDigestsName,
  isReconciled,
  formatNotReconciled,
  storedDigestsSettings,
} from './row-image.js';
import { rowChangesErrors } from './row-changes.errors.js';
import { quote } from '../../../migrations/audit-ownership.js';

interface TableFinding {
  readonly table: CapturedTable;
  readonly problems: readonly string[];
  /** Remarks that need no repair, as sentences. */
  readonly notes: readonly string[];
}

export interface CaptureFinding {
  readonly tables: readonly TableFinding[];
  readonly orphans: readonly HeldTable[];
  /** The tables without rules whose capture has ended, although no event records the end. */
  readonly unended: readonly OpenBaseline[];
}

const MAX_PROBLEMS = 10;

const FUNCTION = `
  SELECT p.oid::int8::text AS id, p.prosrc AS body, p.prosecdef AS is_definer, p.proconfig::text[] AS settings,
         obj_description(p.oid, 'pg_proc') AS comment
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname = $1 AND p.proname = $2 AND p.pronargs = $3`;

const TRIGGERS = `
  SELECT t.tgname::text AS name, t.tgenabled::text AS enabled, t.tgtype::int AS type, t.tgfoid::int8::text AS function,
         t.tgoldtable::text AS olds, t.tgnewtable::text AS news
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND NOT t.tgisinternal AND t.tgname LIKE 'row\\_capture\\_%'`;

/** The query lists captured partitions and child tables as `heirs` of their table; a detached partition is a table of its own. */
const CAPTURED = `
  WITH captured AS (
    SELECT t.tgrelid AS id, t.tgfoid AS fn, n.nspname::text AS schema, c.relname::text AS name, p.proname::text AS function
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgname = 'row_capture_insert' AND NOT t.tgisinternal
  )
  SELECT own.schema, own.name, own.function,
         (WITH RECURSIVE heir AS (
            SELECT inhrelid FROM pg_inherits WHERE inhparent = own.id
            UNION SELECT i.inhrelid FROM pg_inherits i JOIN heir ON i.inhparent = heir.inhrelid)
          SELECT coalesce(json_agg(json_build_object('schema', h.schema, 'name', h.name) ORDER BY h.schema, h.name), '[]')
            FROM heir JOIN captured h ON h.id = heir.inhrelid AND h.fn = own.fn) AS heirs
    FROM captured own
   WHERE NOT EXISTS (SELECT FROM pg_inherits i JOIN captured parent ON parent.id = i.inhparent AND parent.fn = own.fn WHERE i.inhrelid = own.id)
   ORDER BY 1, 2`;

/** Names the tables that share a resource, as sentences. A question about one of their records must name the table. */
export function findSharedResources(tables: readonly CapturedTable[]): readonly string[] {
  return [...new Set(tables.map(({ resource }) => resource))].flatMap((resource) => {
    const [first = '', ...others] = tables.filter((table) => table.resource === resource).map(formatTableName);
    return others.length === 0
      ? []
      : `${[first, ...others].join(' and ')} have the same resource, ${resource}. A question about one of their records must name the table, such as table=${first}. To avoid that, set resource in their rules.`;
  });
}

interface HeldTable extends TableName {
  readonly heirs: readonly TableName[];
}

interface ReadCaptured extends HeldTable {
  readonly function: string;
}

interface ReadFunction {
  readonly id: string;
  readonly body: string;
  readonly is_definer: boolean;
  readonly settings: readonly string[] | null;
  readonly comment: string | null;
}

interface ReadTrigger {
  readonly name: string;
  readonly enabled: string;
  readonly type: number;
  readonly function: string;
  readonly olds: string | null;
  readonly news: string | null;
}

/** The `pg_trigger.tgtype` of each trigger, and its transition tables. */
const SHAPES: Readonly<Record<(typeof CAPTURE_TRIGGERS)[number], readonly [number, string | null, string | null]>> = {
  insert: [4, null, 'new_rows'],
  update: [16, 'old_rows', 'new_rows'],
  delete: [8, 'old_rows', null],
  truncate: [34, null, null],
};

export function listProblems({ tables, orphans, unended }: CaptureFinding, hint = ''): readonly string[] {
  return [
    ...tables.flatMap(({ problems }) => problems),
    ...orphans.map((table) => `${formatTableName(table)} is captured, but no rule names it.${hint}`),
    ...unended.map(describeUnended),
  ];
}

/** Joins the problems into one line, which ends with the command that repairs the capture. Returns `undefined` for an empty list. */
export function describeProblems(problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined;
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length - shown.length;
  return [...shown, ...(more > 0 ? [`And ${more} more.`] : []), describeRepair()].join(' ');
}

/**
 * Compares the rules of tables with the triggers and the baselines in the database. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_CAPTURE_IMPOSSIBLE` if neither the rules nor the database names a table
 */
export async function checkCapture(
  runner: MigrationRunner,
  tables: readonly CapturedTable[],
  ledger: string,
): Promise<CaptureFinding> {
  const findings: TableFinding[] = [];
  const renamed = (await runner.query(selectRenamedColumns(ledger))) as readonly RenamedColumns[]; // the selected columns
  const open = await readOpenBaselines(runner, ledger);
  const baselined = open && new Set(open.map(formatTableName));
  for (const table of tables) {
    const { problems, notes } = await checkTable(runner, table, ledger, renamed);
    const isBare = problems.length === 0 && isReconciled(table) && baselined?.has(formatTableName(table)) === false;
    const bare = `${formatTableName(table)} lacks a baseline in this ledger, so its rows cannot be reconciled.`;
    findings.push({ table, problems: isBare ? [bare] : problems, notes });
  }
  const captured = (await runner.query(CAPTURED)) as readonly ReadCaptured[]; // the selected columns
  const known = new Set(tables.flatMap((table) => [table, ...table.heirs].map(formatTableName)));
  const orphans = captured.filter((table) => !known.has(formatTableName(table)));
  const unended = (open ?? []).filter((table) => !table.isCaptured && !known.has(formatTableName(table)));
  if (tables.length + orphans.length + unended.length === 0) throw rowChangesErrors.AUDIT_CAPTURE_IMPOSSIBLE.nothing();
  const isOwn = (table: ReadCaptured): number => Number(table.function === formatFunctionName(table));
  return {
    tables: findings,
    orphans: orphans.toSorted((one, other) => isOwn(one) - isOwn(other)),
    unended,
  };
}

async function checkTable(
  runner: MigrationRunner,
  table: CapturedTable,
  ledger: string,
  renamed: readonly RenamedColumns[],
): Promise<TableFinding> {
  const rows = await runner.query(FUNCTION, [table.schema, formatFunctionName(table), 0]);
  const [found] = rows as readonly ReadFunction[]; // the selected columns
  const about = formatTableName(table);
  const problems = found ? checkFunction(table, found, ledger) : [`${about} is not captured.`];
  const own = new Set([table, ...table.heirs].map(formatTableName));
  if (found && problems.length === 0)
    problems.push(...renamed.filter((each) => own.has(formatTableName(each))).map(formatRenameProblem));
  if (found) {
    for (const each of [table, ...table.heirs]) {
      const triggers = (await runner.query(TRIGGERS, [each.schema, each.name])) as readonly ReadTrigger[]; // the selected columns
      problems.push(...checkTriggers(formatTableName(each), triggers, found.id));
    }
  }
  if (found && isReconciled(table)) {
    const digests = await runner.query(FUNCTION, [table.schema, formatDigestsName(table), 1]);
    problems.push(...checkDigestsFunction(table, digests as readonly ReadFunction[], ledger)); // the selected columns
  }
  return { table, problems, notes: notesOn(table) };
}

/** Names the command that repairs the capture. @param options of the command, such as ` --data-source dist/data-source.js` */
export function describeRepair(options = ''): string {
  return `Run "nestjs-audit-ledger capture generate${options}", and the migration that it writes.`;
}

function formatRenameProblem(renamed: RenamedColumns): string {
  return `Columns of ${describeRenamed(renamed)} were renamed after its capture: events show only their digests.`;
}

function checkFunction(table: CapturedTable, found: ReadFunction, ledger: string): string[] {
  const about = formatTableName(table);
  if (isGenerated(found, buildCaptureBody(table, ledger), storedSettings(table))) return [];
  const old = parseGenerated(found.comment);
  const added = table.columns.filter((column) => old && !old.columns.includes(column));
  const removed = (old?.columns ?? []).filter((column) => !table.columns.includes(column));
  const problems = [
    ...added.map((column) => `${about} has a new column, ${column}: events show only its digest.`),
    ...removed.map((column) => `${about} lost the column ${column}: it was dropped or renamed.`),
    ...(old && old.key.join() !== table.key.join()
      ? [`${about} has another key: (${table.key.join(', ')}), not (${old.key.join(', ')}).`]
      : []),
  ];
  if (problems.length > 0) return problems;
  const isOtherRule = found.comment !== describeCapture(table);
  return [`${about} is captured by ${isOtherRule ? 'other rules' : 'another version of its function'}.`];
}

/** The digest function in the database must compute the same digests as the triggers. */
function checkDigestsFunction(
  table: CapturedTable,
  [found]: readonly ReadFunction[],
  ledger: string,
): readonly string[] {
  if (found && isGenerated(found, buildDigestsBody(table, ledger), storedDigestsSettings(table))) return [];
  const is = found ? 'not the generated function' : 'missing';
  return [
    `The function ${formatDigestsName(table)} of ${formatTableName(table)} is ${is}, so its rows cannot be reconciled.`,
  ];
}

function isGenerated(found: ReadFunction, body: string, settings: readonly string[]): boolean {
  // A session with quote_all_identifiers that made the function stored its schemas in quotes.
  const has = (found.settings ?? []).map((setting) => setting.replace(/"([a-z_]+)"/g, '$1')).toSorted();
  return found.body === body && found.is_definer && has.join('\n') === settings.toSorted().join('\n');
}

interface Generated {
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

function parseGenerated(comment: string | null): Generated | undefined {
  try {
    const { columns, key } = parseJson(comment ?? '') as Partial<Generated>;
    return Array.isArray(columns) && Array.isArray(key) ? { columns, key } : undefined;
  } catch {
    return undefined;
  }
}

function checkTriggers(about: string, triggers: readonly ReadTrigger[], id: string): readonly string[] {
  return CAPTURE_TRIGGERS.flatMap((event) => {
    const name = formatTriggerName(event);
    const found = triggers.find((trigger) => trigger.name === name);
    if (!found) return [`The trigger ${name} of ${about} is missing.`];
    const [type, olds, news] = SHAPES[event];
    if (found.enabled !== 'A') {
      const is = found.enabled === 'D' ? 'switched off' : 'not ENABLE ALWAYS: a session can switch it off';
      return [`The trigger ${name} of ${about} is ${is}.`];
    }
    const isSame = found.type === type && found.olds === olds && found.news === news && found.function === id;
    return isSame ? [] : [`The trigger ${name} of ${about} differs from the generated trigger.`];
  });
}

function notesOn(table: CapturedTable): readonly string[] {
  const { key, secretByName, redacted, digested, settings, heirs, isHidden, isKeyDeferrable } = table;
  const about = formatTableName(table);
  return [
    ...(isHidden || isKeyDeferrable ? [formatNotReconciled(table)] : []),
    ...(key.length === 0 ? [formatMissingKey(table)] : []),
    ...(secretByName.length > 0
      ? [
          `${about}: ${secretByName.join(', ')} redacted, because the name looks like a secret. To show it, add it to facts.`,
        ]
      : []),
    ...listed(
      `${about}: redacted by its rules`,
      redacted.filter((name) => !secretByName.includes(name)),
    ),
    ...listed(`${about}: as a digest`, digested),
    ...(settings.some(([name]) => name === 'lc_monetary')
      ? [
          `${about}: money, which events show in the form of lc_monetary C, such as $12.34. If lc_monetary of the database has other decimals, events ` +
            'show another number: use numeric.',
        ]
      : []),
    ...(heirs.length > 0 ? [`${about}: ${heirs.length} partitions or child tables have its triggers, too.`] : []),
  ];
}

function listed(about: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${about}: ${names.join(', ')}.`];
}

/** A table with a baseline, if no event records the end of its capture. */
interface OpenBaseline extends TableName {
  /** Whether the database has a table of this name. */
  readonly isThere: boolean;
  readonly isCaptured: boolean;
  readonly renamedTo: string | null;
}

const SELECT_CAN_READ = `SELECT has_table_privilege($1, 'SELECT') AS may`;

/** The oid finds a table even after it was renamed, so the query returns the table's new name. */
const selectOpenBaseline = (baselines: string): string => `
  SELECT b.schema_name AS schema, b.table_name AS name, own.oid IS NOT NULL AS "isThere",
         EXISTS (SELECT FROM pg_trigger t
                  WHERE t.tgrelid = own.oid AND t.tgname = 'row_capture_insert' AND NOT t.tgisinternal) AS "isCaptured",
         (SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.oid = b.table_oid AND own.oid IS NULL AND c.relkind IN ('r', 'p')) AS "renamedTo"
    FROM (SELECT DISTINCT ON (schema_name, table_name) * FROM ${baselines} ORDER BY schema_name, table_name, position DESC) b
    LEFT JOIN (pg_class own JOIN pg_namespace home ON home.oid = own.relnamespace AND own.relkind IN ('r', 'p'))
           ON home.nspname = b.schema_name AND own.relname = b.table_name
   WHERE b.rows IS NOT NULL ORDER BY 1, 2`;

/**
 * Reads the open baselines, sorted by name. Resolves with `undefined` if the login may not read baselines. Rejects with the error of the
 * database client.
 */
export async function readOpenBaselines(
  runner: MigrationRunner,
  ledger: string,
): Promise<readonly OpenBaseline[] | undefined> {
  const baselines = `${quote(ledger)}.audit_row_baseline`;
  const [right] = (await runner.query(SELECT_CAN_READ, [baselines])) as readonly { readonly may: boolean }[]; // the selected columns
  return right?.may ? ((await runner.query(selectOpenBaseline(baselines))) as readonly OpenBaseline[]) : undefined; // the selected columns
}

/** Describes a table whose capture ended without an event. */
export function describeUnended({ schema, name, isThere, renamedTo }: OpenBaseline): string {
  const became = renamedTo === null ? (isThere ? 'lost its triggers' : 'was dropped') : `was renamed to ${renamedTo}`;
  return `${formatTableName({ schema, name })} ${became}, but no event records the end of its capture.`;
}
