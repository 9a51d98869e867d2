import { quote } from '../../../migrations/audit-ownership.js';
import { settingClauses, storedSettings } from './capture-settings.js';
import { listAsText } from './masked-columns.js';
import { nameOf, type CapturedTable, type TableName } from './captured-table.js';
import { layoutFrom } from './column-layout.js';
import { COLUMNS_MARK, columnsOf } from './row-image.js';
import { listOf, literal, nameForTable } from './sql-text.js';

/** Returns the name of a table's digest function, which reads the key and the digest of each row. */
export function digestsName({ name }: TableName): string {
  return nameForTable('row_digests_', name);
}

/** Returns whether rows can be compared with their events: a key without redacted columns must identify each row, and all rows must be readable. */
export function isReconciled({ key, isKeyDeferrable, redacted, isHidden }: CapturedTable): boolean {
  return !isHidden && !isKeyDeferrable && key.length > 0 && !key.some((column) => redacted.includes(column));
}

/**
 * Writes the statements that make the digest function, and take the first baseline. Returns no statement for a table that cannot be
 * reconciled.
 */
export function digestsStatements(table: CapturedTable, ledger: string): readonly string[] {
  if (!isReconciled(table)) return [];
  const fn = `${quote(table.schema)}.${quote(digestsName(table))}`;
  return [
    `CREATE OR REPLACE FUNCTION ${fn}(without text[]) RETURNS TABLE (key text, digest text, shown text)\n` +
      `LANGUAGE plpgsql STABLE SECURITY DEFINER\n${settingClauses(table)}\n  SET row_security = off\nAS $row_capture$${digestsBody(table, ledger)}$row_capture$`,
    `REVOKE ALL ON FUNCTION ${fn}(text[]) FROM PUBLIC`,
    `DO $row_capture$ DECLARE reader text := ${quote(ledger)}.audit_role('reader'::text); BEGIN
  EXECUTE format(${literal(`GRANT EXECUTE ON FUNCTION ${fn.replaceAll('%', '%%')}(text[]) TO %I`)}, reader);
  IF NOT has_schema_privilege(reader, ${literal(table.schema)}, 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', ${literal(table.schema)}, reader);
  END IF;
END $row_capture$`,
    takeBaseline(table, ledger, false),
  ];
}

/**
 * Writes a statement that makes a baseline. @param again whether to make a new baseline although the last baseline still fits the table's
 * key and columns
 */
export function takeBaseline(table: CapturedTable, ledger: string, again: boolean): string {
  const given = [table.schema, table.name, `${quote(table.schema)}.${quote(digestsName(table))}`].map(
    (text) => `${literal(text)}::text`,
  );
  const lists = [table.key, table.columns, table.ignored].map(listOf);
  return `SELECT ${quote(ledger)}.audit_row_baseline_take(${[...given, ...lists].join(', ')}, ${String(again)}) AS baseline`;
}

/** Writes the statements that remove the digest function, and record the end of the capture. */
export function endDigestsStatements(table: TableName, ledger: string): readonly string[] {
  return [
    `DROP FUNCTION IF EXISTS ${quote(table.schema)}.${quote(digestsName(table))}(text[])`,
    `SELECT ${quote(ledger)}.audit_row_baseline_end(${literal(table.schema)}::text, ${literal(table.name)}::text)`,
  ];
}

/** Returns the settings of the digest function, in the form of `pg_proc.proconfig`. */
export function storedDigestsSettings(table: CapturedTable): readonly string[] {
  return [...storedSettings(table), 'row_security=off'];
}

/** Writes the body of the digest function, in the form of `pg_proc.prosrc`. The function's digests equal the triggers' digests. */
export function digestsBody(table: CapturedTable, ledger: string): string {
  const from = `${quote(table.schema)}.${quote(table.name)}`;
  const relation = `${literal(from)}::regclass`;
  const key = `${quote(ledger)}.audit_row_key(jsonb_build_object(${keyPairs(table).join(', ')}))`;
  const rows = `SELECT ${quote(ledger)}.audit_row_key_fold(k.key, k.salt), k.digest, k.key
    FROM (SELECT ${table.key.length === 1 ? keyParts(table).join('') : key} AS key, s.salt,
                 encode(sha256(s.salt || convert_to(i.image::text, 'UTF8')), 'hex') AS digest
            FROM (SELECT row_to_json(x.*) AS image FROM (SELECT ${COLUMNS_MARK} FROM ${from} r) x OFFSET 0) i, ${quote(ledger)}.audit_row_salt s OFFSET 0) k`;
  return `
BEGIN
  IF current_setting('role') ~ '^audit_reader_' AND current_setting('audit.reads', true) IS DISTINCT FROM 'all' THEN RETURN; END IF;
  RETURN QUERY EXECUTE replace(${literal(rows)}, ${literal(COLUMNS_MARK)},
    (${columnsOf(table, ledger, relation, layoutFrom(relation, ledger))} AND a.attname <> ALL (without)));
END `;
}

function keyParts({ key, digested, lists }: CapturedTable): readonly string[] {
  return key.map((column) => {
    const isList = lists.includes(column);
    const part = isList
      ? `(${listAsText(`(i.image::jsonb -> ${literal(column)})`)})::text`
      : `i.image ->> ${literal(column)}`;
    return digested.includes(column)
      ? `'sha256:' || encode(sha256(s.salt || convert_to(${part}, 'UTF8')), 'hex')`
      : part;
  });
}

function keyPairs(table: CapturedTable): readonly string[] {
  const parts = keyParts(table);
  return table.key.map((column, index) => `${literal(column)}, ${parts[index] ?? 'NULL'}`);
}

export function notReconciled(table: CapturedTable): string {
  const why = table.isHidden
    ? 'row-level security hides rows from the login that captures the table. Use a login with BYPASSRLS'
    : table.key.length === 0
      ? 'it has no key'
      : table.isKeyDeferrable
        ? 'its key is DEFERRABLE, so rows may share a key until the commit. Add another unique index of columns that are NOT NULL'
        : 'its key is redacted';
  return `${nameOf(table)} cannot be reconciled: ${why}.`;
}
