import { quote } from '../../../../migrations/audit-ownership.js';
import { buildCaptureBody } from './trigger-function.js';
import { settingClauses, type CapturedTable, type TableName } from '../captured-table.js';
import { selectLayout, quoteSqlLiteral, shortenName } from '../column-layout.js';
import { buildDigestsStatements, buildEndDigestsStatements } from '../row-image.js';

export const CAPTURE_TRIGGERS = ['insert', 'update', 'delete', 'truncate'] as const;

export function formatTriggerName(event: (typeof CAPTURE_TRIGGERS)[number]): string {
  return `row_capture_${event}`;
}

/** Returns the name of a captured table's trigger function, which is in the table's schema. */
export function formatFunctionName({ name }: TableName): string {
  return shortenName('row_capture_', name);
}

/**
 * Writes the statements that begin the capture of a table. Run all these statements in one transaction. The triggers are created before the
 * baseline is taken, so that no change is missed. You may run the statements again: they replace the triggers, but keep a baseline that
 * still fits the table's key and columns.
 *
 * @param ledger the schema of the ledger
 */
export function buildCaptureStatements(table: CapturedTable, ledger: string): readonly string[] {
  const fn = `${quote(table.schema)}.${quote(formatFunctionName(table))}`;
  return [
    checkRights(ledger),
    `CREATE OR REPLACE FUNCTION ${fn}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n${settingClauses(table)}\nAS $row_capture$${buildCaptureBody(table, ledger)}$row_capture$`,
    `REVOKE ALL ON FUNCTION ${fn}() FROM PUBLIC`,
    `COMMENT ON FUNCTION ${fn}() IS ${quoteSqlLiteral(describeCapture(table))}`,
    ...[table, ...table.heirs].flatMap((each) => buildTriggerStatements(each, fn, ledger)),
    ...buildDigestsStatements(table, ledger),
  ];
}

export function buildEndCaptureStatements(
  table: TableName & { readonly heirs?: readonly TableName[] },
  ledger: string,
): readonly string[] {
  const triggers = [table, ...(table.heirs ?? [])].flatMap((each) =>
    CAPTURE_TRIGGERS.map((event) => `DROP TRIGGER IF EXISTS ${formatTriggerName(event)} ON ${onTable(each)}`),
  );
  return [
    ...triggers,
    `DROP FUNCTION IF EXISTS ${quote(table.schema)}.${quote(formatFunctionName(table))}()`,
    ...buildEndDigestsStatements(table, ledger),
  ];
}

/** Writes the comment of a table's trigger function, with the rules for which the function was generated. */
export function describeCapture({ columns, redacted, digested, ignored, key, secretByName }: CapturedTable): string {
  return JSON.stringify({ columns, key, redacted, digested, ignored, secretByName });
}

function onTable({ schema, name }: TableName): string {
  return `${quote(schema)}.${quote(name)}`;
}

function buildTriggerStatements(table: TableName, fn: string, ledger: string): readonly string[] {
  const on = onTable(table);
  const made = {
    insert: 'AFTER INSERT ON $ REFERENCING NEW TABLE AS new_rows',
    update: 'AFTER UPDATE ON $ REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows',
    delete: 'AFTER DELETE ON $ REFERENCING OLD TABLE AS old_rows',
    truncate: 'BEFORE TRUNCATE ON $',
  };
  return CAPTURE_TRIGGERS.flatMap((event) => [
    `DROP TRIGGER IF EXISTS ${formatTriggerName(event)} ON ${on}`,
    // Column numbers differ between databases, so each database computes the argument of its triggers.
    `DO $row_capture$ BEGIN
  EXECUTE ${quoteSqlLiteral(`CREATE TRIGGER ${formatTriggerName(event)} ${made[event].replace('$', () => on)} FOR EACH STATEMENT EXECUTE FUNCTION ${fn}(`)}
    || quote_literal(${selectLayout(table, ledger)}) || ')';
END $row_capture$`,
    // With ALWAYS, a trigger also fires in sessions with session_replication_role = replica.
    `ALTER TABLE ONLY ${on} ENABLE ALWAYS TRIGGER ${formatTriggerName(event)}`,
  ]);
}

/** The trigger function runs as the role that creates it, so this role must be able to write to the outbox. */
function checkRights(ledger: string): string {
  const outbox = `${quote(ledger)}.audit_row_change`;
  return `DO $row_capture$ BEGIN
  IF NOT has_schema_privilege(${quoteSqlLiteral(ledger)}, 'USAGE') OR NOT has_column_privilege(${quoteSqlLiteral(outbox)}, 'lines', 'INSERT') THEN
    RAISE EXCEPTION 'Cannot capture row changes: % may not write to the outbox of the ledger.', current_user
      USING ERRCODE = 'insufficient_privilege', HINT = format('Run as the owner of the ledger: GRANT %I TO %I;',
        (SELECT substring(prosrc FROM 'audit_writer_[0-9a-f]+') FROM pg_proc WHERE proname = 'audit_role' AND pronamespace = to_regnamespace(${quoteSqlLiteral(quote(ledger))})), current_user);
  END IF;
END $row_capture$`;
}
