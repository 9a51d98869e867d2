import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { nearestName, rulesOfEntity, secretNameTest, type TableRules } from '../../audit/plain.js';
import { CaptureError } from './capture.error.js';
import { nameOf, type CapturedTable, type CaptureSetting, type TableName } from './captured-table.js';
import { currentSchema } from '../monitoring/store/schema/enter-schema.js';
import { readTable, type ReadTable } from './read-tables.js';

const isSecretName = secretNameTest();

/** The type whose values JSON numbers cannot represent. */
const EXACT_TYPE = 'numeric';
/** Number types that become texts when they are large; a list of them in a key consists of texts from the start. */
const LARGE_TYPES: ReadonlySet<string> = new Set(['bigint', 'double precision', 'real']);

/** Settings that affect how values of a type are written. Each setting costs every statement, so only tables with the type have it. */
const SETTINGS_OF_TYPES: ReadonlyMap<RegExp, CaptureSetting> = new Map([
  [/^money$/m, ['lc_monetary', `'C'`]],
  [/^reg[a-z]+$/m, ['quote_all_identifiers', 'off']],
]);

/** The members of a TypeORM data source that are read. */
export interface EntitySource {
  readonly entityMetadatas: readonly EntityTable[];
}

/** The members of a column that are read. */
interface EntityColumn {
  readonly propertyPath: string;
  readonly databaseName: string;
  /** For a joining column: the property of its relation. */
  readonly relationMetadata?: { readonly propertyPath: string } | undefined;
}

/** The members of an entity that are read. */
interface EntityTable {
  readonly target: unknown;
  readonly tableName: string;
  readonly schema?: string | undefined;
  readonly columns: readonly EntityColumn[];
  /** Whether it is the table of a many-to-many relation, and what it refers to. */
  readonly isJunction?: boolean;
  readonly foreignKeys?: readonly { readonly referencedEntityMetadata: { readonly target: unknown } }[];
}

/** Which tables to capture. */
export interface CaptureWishes {
  /** The data source whose entities with `@AuditedEntity` are captured, with the tables that join them. */
  readonly source?: EntitySource | undefined;
  /** Other tables, by `schema.table`. */
  readonly tables?: Readonly<Record<string, TableRules>> | undefined;
}

interface WishedTable extends TableName {
  readonly rules: TableRules;
}

/**
 * Compares the rules of all wished tables with the database, in the order of their names.
 *
 * @throws CaptureError (`AUDIT_CAPTURE_IMPOSSIBLE`) naming everything that is wrong; else what the client rejects with
 */
export async function planTables(runner: MigrationRunner, wishes: CaptureWishes): Promise<readonly CapturedTable[]> {
  const wished = [...entityTables(wishes, (await currentSchema(runner)) ?? 'public'), ...namedTables(wishes.tables)];
  const problems = twiceNamed(wished);
  const planned: CapturedTable[] = [];
  for (const { schema, name, rules } of wished) {
    const table = await readTable(runner, { schema, name });
    if (table) planned.push(planCapture(table, rules, problems));
    else problems.push(`the database has no table ${nameOf({ schema, name })}`);
  }
  if (problems.length > 0) throw CaptureError.ofTables(problems);
  return planned.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

/**
 * The rules of the entities' tables. If entities share a table, the rules of all apply. A joining table only has rules if the option names
 * it.
 */
function entityTables({ source, tables = {} }: CaptureWishes, ownSchema: string): readonly WishedTable[] {
  const byTable = new Map<string, WishedTable>();
  for (const entity of source?.entityMetadatas ?? []) {
    const { tableName: name, schema = ownSchema } = entity;
    const table = nameOf({ schema, name });
    const own = rulesOfEntity(entity.target) ?? rulesOfJunction(entity, table in tables);
    if (!own) continue;
    const rules = mergeRules(byTable.get(table)?.rules ?? {}, rulesByColumn(own, entity));
    byTable.set(table, { schema, name, rules });
  }
  return [...byTable.values()];
}

/** Rules with the database's names of an entity's columns. */
function rulesByColumn(rules: TableRules, { columns }: EntityTable): TableRules {
  const byColumn = (names: readonly string[] = []): readonly string[] =>
    names.flatMap((name) => {
      const named = columns.filter((column) =>
        [column.propertyPath, column.relationMetadata?.propertyPath].includes(name),
      );
      return named.length > 0 ? named.map(({ databaseName }) => databaseName) : [name];
    });
  const { redact, digest, ignore, facts } = rules;
  return {
    ...rules,
    redact: byColumn(redact),
    digest: byColumn(digest),
    ignore: byColumn(ignore),
    facts: byColumn(facts),
  };
}

/** Merges rules: hidden is what either hides, by the stricter rule; for single values, those of the first apply. */
function mergeRules(first: TableRules, second: TableRules): TableRules {
  const both = (list: 'redact' | 'digest' | 'ignore' | 'facts', but: readonly string[] = []): readonly string[] =>
    [...new Set([...(first[list] ?? []), ...(second[list] ?? [])])].filter((column) => !but.includes(column));
  const redact = both('redact');
  const digest = both('digest', redact);
  const ignore = both('ignore', [...redact, ...digest]);
  return { ...second, ...first, redact, digest, ignore, facts: both('facts', [...redact, ...ignore]) };
}

function rulesOfJunction({ isJunction, foreignKeys = [] }: EntityTable, isNamed: boolean): TableRules | undefined {
  const joins = isJunction === true && foreignKeys.some((key) => rulesOfEntity(key.referencedEntityMetadata.target));
  return joins && !isNamed ? {} : undefined;
}

function namedTables(tables: CaptureWishes['tables'] = {}): readonly WishedTable[] {
  return Object.entries(tables).map(([whole, rules]) => {
    const dot = whole.indexOf('.'); // the first: the name of a table may have others
    return { schema: whole.slice(0, dot), name: whole.slice(dot + 1), rules };
  });
}

function twiceNamed(wished: readonly TableName[]): string[] {
  const names = wished.map(nameOf);
  const again = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...again].map(
    (name) => `${name} has an entity with @AuditedEntity and is in the option tables: give its rules once`,
  );
}

/**
 * Compares a table's rules with the table.
 *
 * @param problems gets what is wrong, a clause each
 */
function planCapture(table: ReadTable, rules: TableRules, problems: string[]): CapturedTable {
  const about = nameOf(table);
  if (table.kind !== 'r' && table.kind !== 'p') problems.push(`${about} is not a table`);
  if (about.includes('$row_capture$')) problems.push(`${about} has a name that its function cannot hold`);
  const columns = table.columns.filter(({ isVirtual }) => !isVirtual).map(({ name }) => name);
  const resolve = (rule: string, names: readonly string[] = []): readonly string[] =>
    names.map((column) => {
      if (!columns.includes(column)) problems.push(unknownColumn(about, rule, column, columns));
      return column;
    });
  const redact = resolve('redact', rules.redact);
  const digested = resolve('digest', rules.digest);
  const ignored = resolve('ignore', rules.ignore);
  const facts = resolve('facts', rules.facts);
  for (const column of table.key) {
    if (ignored.includes(column)) problems.push(`${about} ignores ${column}, which is part of its key`);
  }
  const ruled = new Set([...redact, ...digested, ...ignored, ...facts]);
  const secretByName = columns.filter((name) => !ruled.has(name) && isSecretName(name));
  const redacted = [...redact, ...secretByName];
  const hidden = new Set([...redacted, ...digested, ...ignored]);
  const exact = table.columns.filter(
    ({ name, type, isVirtual, isList }) =>
      (type === EXACT_TYPE || (isList && table.key.includes(name) && LARGE_TYPES.has(type))) &&
      !isVirtual &&
      !hidden.has(name),
  );
  return {
    schema: table.schema,
    name: table.name,
    resource: rules.resource ?? table.name,
    key: table.key,
    isKeyDeferrable: table.isKeyDeferrable,
    columns,
    redacted,
    digested,
    ignored,
    facts,
    shape: table.columns.map(({ name, kind }) => ({ name, kind })),
    asText: exact.map(({ name }) => name),
    lists: exact.flatMap(({ name, isList }) => (isList ? [name] : [])),
    nestedKeys: table.columns.flatMap(({ name, isNested }) =>
      isNested && table.key.includes(name) && !hidden.has(name) ? [name] : [],
    ),
    rounded: table.columns.flatMap(({ name, hasExactPart, isVirtual }) =>
      hasExactPart && !isVirtual && !hidden.has(name) ? [name] : [],
    ),
    settings: [...SETTINGS_OF_TYPES].flatMap(([type, setting]) => (type.test(table.types.join('\n')) ? [setting] : [])),
    isHidden: table.isHidden,
    truncate: rules.truncate ?? 'refuse',
    onCaptureFailure: rules.onCaptureFailure ?? 'fail',
    secretByName,
    heirs: table.heirs,
  };
}

function unknownColumn(table: string, rule: string, given: string, columns: readonly string[]): string {
  const nearest = nearestName(given, [...columns]);
  return `${table} has no column ${given}, which ${rule} names${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}
