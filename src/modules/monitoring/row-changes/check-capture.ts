import { parseJson } from '../../../audit/index.js';
import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import {
  CAPTURE_SETTINGS,
  CAPTURE_TRIGGERS,
  captureBody,
  describeCapture,
  functionName,
  triggerName,
} from './capture-sql.js';
import { nameOf, type CapturedTable, type TableName } from './captured-table.js';

/** What a check found of one table. */
export interface TableFinding {
  readonly table: CapturedTable;
  /** What is not as the rules say: sentences. None: the table is captured as they say. */
  readonly problems: readonly string[];
  /** What is worth knowing, and no problem: sentences. */
  readonly notes: readonly string[];
}

/** What a check found of a database. */
export interface CaptureFinding {
  readonly tables: readonly TableFinding[];
  /** Tables that are captured though no rule names them. */
  readonly orphans: readonly TableName[];
}

const FUNCTION = `
  SELECT p.oid::int8::text AS id, p.prosrc AS body, p.prosecdef AS is_definer, p.proconfig::text[] AS settings,
         obj_description(p.oid, 'pg_proc') AS comment
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname = $1 AND p.proname = $2 AND p.pronargs = 0`;

const TRIGGERS = `
  SELECT t.tgname::text AS name, t.tgenabled::text AS enabled, t.tgtype::int AS type, t.tgfoid::int8::text AS function,
         t.tgoldtable::text AS olds, t.tgnewtable::text AS news
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND NOT t.tgisinternal AND t.tgname LIKE 'row\\_capture\\_%'`;

/** Tables with a capture's trigger, but for partitions and heirs of others. */
const CAPTURED = `
  SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS name
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE t.tgname = 'row_capture_insert' AND NOT t.tgisinternal ORDER BY 1, 2`;

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

/** `pg_trigger.tgtype` of each, and its transition tables. */
const SHAPES: Readonly<Record<(typeof CAPTURE_TRIGGERS)[number], readonly [number, string | null, string | null]>> = {
  insert: [4, null, 'new_rows'],
  update: [16, 'old_rows', 'new_rows'],
  delete: [8, 'old_rows', null],
  truncate: [34, null, null],
};

/** Holds the tables' rules against the triggers that the database has. Rejects with the client's error. */
export async function checkCapture(
  runner: MigrationRunner,
  tables: readonly CapturedTable[],
  ledger: string,
): Promise<CaptureFinding> {
  const findings: TableFinding[] = [];
  for (const table of tables) findings.push(await checkTable(runner, table, ledger));
  const captured = (await runner.query(CAPTURED)) as readonly TableName[]; // what the statement selects
  const known = new Set(tables.flatMap((table) => [table, ...table.heirs].map(nameOf)));
  return { tables: findings, orphans: captured.filter((table) => !known.has(nameOf(table))) };
}

async function checkTable(runner: MigrationRunner, table: CapturedTable, ledger: string): Promise<TableFinding> {
  const rows = await runner.query(FUNCTION, [table.schema, functionName(table)]);
  const [found] = rows as readonly ReadFunction[]; // what the statement selects
  const about = nameOf(table);
  const problems = found ? problemsOfFunction(table, found, ledger) : [`${about} is not captured. ${GENERATE}`];
  if (found) {
    for (const each of [table, ...table.heirs]) {
      const triggers = (await runner.query(TRIGGERS, [each.schema, each.name])) as readonly ReadTrigger[]; // what the statement selects
      problems.push(...problemsOfTriggers(nameOf(each), triggers, found.id));
    }
  }
  return { table, problems, notes: notesOn(table) };
}

const GENERATE = 'Run "nestjs-audit-ledger capture generate", and the migration that it writes.';

function problemsOfFunction(table: CapturedTable, found: ReadFunction, ledger: string): string[] {
  const about = nameOf(table);
  const settings = [...(found.settings ?? [])].toSorted();
  const isSame =
    found.body === captureBody(table, ledger) &&
    found.is_definer &&
    settings.join('\n') === CAPTURE_SETTINGS.toSorted().join('\n');
  if (isSame) return [];
  const old = generatedFor(found.comment);
  const added = table.columns.filter((column) => old && !old.columns.includes(column));
  const gone = (old?.columns ?? []).filter((column) => !table.columns.includes(column));
  const problems = [
    ...added.map((column) => `${about} has a new column, ${column}: it leaves the trigger as a digest. ${GENERATE}`),
    ...gone.map((column) => `${about} no longer has the column ${column}: it was dropped or renamed. ${GENERATE}`),
    ...(old && old.key.join() !== table.key.join()
      ? [`${about} has another key: (${table.key.join(', ')}), not (${old.key.join(', ')}). ${GENERATE}`]
      : []),
  ];
  if (problems.length > 0) return problems;
  const isOtherRule = found.comment !== describeCapture(table);
  return [`${about} is captured by ${isOtherRule ? 'other rules' : 'another version of its function'}. ${GENERATE}`];
}

interface Generated {
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

/** What the function's comment says, unless somebody wrote another one. */
function generatedFor(comment: string | null): Generated | undefined {
  try {
    const { columns, key } = parseJson(comment ?? '') as Partial<Generated>;
    return Array.isArray(columns) && Array.isArray(key) ? { columns, key } : undefined;
  } catch {
    return undefined;
  }
}

function problemsOfTriggers(about: string, triggers: readonly ReadTrigger[], id: string): readonly string[] {
  return CAPTURE_TRIGGERS.flatMap((event) => {
    const name = triggerName(event);
    const found = triggers.find((trigger) => trigger.name === name);
    if (!found) return [`The trigger ${name} of ${about} is missing. ${GENERATE}`];
    const [type, olds, news] = SHAPES[event];
    if (found.enabled !== 'A') {
      const is = found.enabled === 'D' ? 'switched off' : 'not ENABLE ALWAYS: a session can switch it off';
      return [`The trigger ${name} of ${about} is ${is}. ${GENERATE}`];
    }
    const isSame = found.type === type && found.olds === olds && found.news === news && found.function === id;
    return isSame ? [] : [`The trigger ${name} of ${about} is not the one that was generated. ${GENERATE}`];
  });
}

function notesOn(table: CapturedTable): readonly string[] {
  const { key, secretByName, redacted, digested, heirs } = table;
  const about = nameOf(table);
  return [
    ...(key.length === 0
      ? [
          `${about} has neither a primary key nor a unique index of columns that are NOT NULL: its events name no row, and those of ` +
            'one row cannot be found together.',
        ]
      : []),
    ...(secretByName.length > 0
      ? [
          `${about}: ${secretByName.join(', ')} redacted, since the name looks like a secret. To show it, name it in facts.`,
        ]
      : []),
    ...listed(
      `${about}: redacted by its rules`,
      redacted.filter((name) => !secretByName.includes(name)),
    ),
    ...listed(`${about}: as a digest`, digested),
    ...(heirs.length > 0 ? [`${about}: ${heirs.length} partitions or heirs have its triggers, too.`] : []),
  ];
}

function listed(about: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${about}: ${names.join(', ')}.`];
}
