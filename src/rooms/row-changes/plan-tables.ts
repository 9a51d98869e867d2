import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { isTokenCount, nearestName, rulesOfEntity, secretNameTest, type TableRules } from '../../audit/nest-free.js';
import { nameOf, type CapturedTable, type CaptureSetting, type TableName } from './captured-table.js';
import { parseTableName } from '../../monitoring/store/table-name.js';
import { currentSchema } from '../../monitoring/store/schema/enter-schema.js';
import { readTable, type ReadTable } from './read-tables.js';
import { rowChangesErrors } from './row-changes.errors.js';

const isSecretName = secretNameTest();

/** The number type whose values become texts, because JSON numbers cannot represent the values exactly. */
const EXACT_TYPE = 'numeric';
/** Number types whose large values become texts. In keys, lists of such numbers always become lists of texts. */
const LARGE_TYPES: ReadonlySet<string | null> = new Set(['int8', 'float8', 'float4']);
const isNumber = (type: string | null): boolean =>
  LARGE_TYPES.has(type) || [EXACT_TYPE, 'int4', 'int2'].some((each) => each === type);

/** Each setting slows every statement, so a table has a setting only if one of its columns has the type. */
const SETTINGS_OF_TYPES: ReadonlyMap<RegExp, CaptureSetting> = new Map([
  [/^money$/m, ['lc_monetary', `'C'`]],
  [/^reg[a-z]+$/m, ['quote_all_identifiers', 'off']],
]);

/** The part of a TypeORM data source that {@link planTables} uses. */
export interface EntitySource {
  readonly entityMetadatas: readonly EntityTable[];
}

interface EntityColumn {
  readonly propertyPath: string;
  readonly databaseName: string;
  /** For a join column: the property of its relation. */
  readonly relationMetadata?: { readonly propertyPath: string } | undefined;
}

interface EntityTable {
  readonly target: unknown;
  readonly tableName: string;
  readonly schema?: string | undefined;
  readonly columns: readonly EntityColumn[];
  /** Whether the table belongs to a many-to-many relation. */
  readonly isJunction?: boolean;
  readonly foreignKeys?: readonly { readonly referencedEntityMetadata: { readonly target: unknown } }[];
}

export interface CaptureWishes {
  /** A data source. Its entities with `@AuditedEntity` are captured, with their many-to-many tables. */
  readonly source?: EntitySource | undefined;
  /** Tables without an audited entity, as `schema.table`, with their rules. */
  readonly tables?: Readonly<Record<string, TableRules>> | undefined;
}

interface WishedTable extends TableName {
  readonly rules: TableRules;
}

/**
 * Compares the rules of all tables with the database. Resolves with the tables, sorted by name. Rejects with the error of the database
 * client.
 *
 * @throws `AUDIT_CAPTURE_IMPOSSIBLE` with all problems
 */
export async function planTables(runner: MigrationRunner, wishes: CaptureWishes): Promise<readonly CapturedTable[]> {
  const wished = [...entityTables(wishes, (await currentSchema(runner)) ?? 'public'), ...namedTables(wishes.tables)];
  const problems = twiceNamed(wished);
  const planned: CapturedTable[] = [];
  for (const { schema, name, rules } of wished) {
    const table = await readTable(runner, { schema, name });
    if (table) planned.push(planCapture(table, rules, problems));
    else problems.push(`the table ${nameOf({ schema, name })} does not exist`);
  }
  if (problems.length > 0) throw rowChangesErrors.AUDIT_CAPTURE_IMPOSSIBLE.ofTables(problems);
  return planned.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

/** If entities share a table, all their rules apply. Many-to-many tables have empty rules. */
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

/** If two rules concern a column, the stricter rule applies. If a rule can have only one value, the value of `first` applies. */
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
  return Object.entries(tables).flatMap(([whole, rules]) => {
    const table = parseTableName(whole); // the options are checked
    return table ? { ...table, rules } : [];
  });
}

function twiceNamed(wished: readonly TableName[]): string[] {
  const names = wished.map(nameOf);
  const again = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...again].map((name) => `${name} has rules in @AuditedEntity and in the option tables: remove one of them`);
}

function planCapture(table: ReadTable, rules: TableRules, problems: string[]): CapturedTable {
  const about = nameOf(table);
  if (table.kind !== 'r' && table.kind !== 'p') problems.push(`${about} is not a table`);
  if (JSON.stringify([table, rules]).includes('$row_capture$'))
    problems.push(`${about} has a name or a column whose name its function cannot quote`);
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
  const numbers = new Set(table.columns.flatMap(({ name, type, isList }) => (!isList && isNumber(type) ? [name] : [])));
  const secretByName = columns.filter(
    (name) => !ruled.has(name) && isSecretName(name) && !(numbers.has(name) && isTokenCount(name, 0)),
  );
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
    lists: exact.flatMap(({ name, isList }) => (isList && table.key.includes(name) ? [name] : [])),
    nestedKeys: table.columns.flatMap(({ name, isNested }) =>
      isNested && table.key.includes(name) && !hidden.has(name) ? [name] : [],
    ),
    hasParts: table.columns.some(({ type, isNested }) => isNested || type === 'json'),
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
  return `${table} lacks the column ${given} of the rule ${rule}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}
