import { nearestName, secretNameTest, type TableRules } from '../../audit/plain.js';
import { nameOf, type CapturedTable, type CaptureSetting } from './captured-table.js';
import type { ReadTable } from './read-tables.js';

const isSecretName = secretNameTest();

/** Types whose values JSON numbers cannot represent. */
const EXACT_TYPES: ReadonlySet<string> = new Set(['numeric']);
/** Number types that become texts when they are large; a list of them in a key consists of texts from the start. */
const LARGE_TYPES: ReadonlySet<string> = new Set(['bigint', 'double precision', 'real']);

/** Settings that affect how values of a type are written. Each setting costs every statement, so only tables with the type have it. */
const SETTINGS_OF_TYPES: ReadonlyMap<RegExp, CaptureSetting> = new Map([
  [/^money$/m, ['lc_monetary', `'C'`]],
  [/^reg[a-z]+$/m, ['quote_all_identifiers', 'off']],
]);

/**
 * Compares a table's rules with the table.
 *
 * @param problems gets what is wrong, a clause each
 */
export function planCapture(table: ReadTable, rules: TableRules, problems: string[]): CapturedTable {
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
      (EXACT_TYPES.has(type) || (isList && table.key.includes(name) && LARGE_TYPES.has(type))) &&
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
