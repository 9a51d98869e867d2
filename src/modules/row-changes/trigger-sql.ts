import { quote } from '../../../migrations/audit-ownership.js';
import { captureBody } from './trigger-function.js';
import { settingClauses } from './capture-settings.js';
import type { CapturedTable, TableName } from './captured-table.js';
import { layoutOf } from './column-layout.js';
import { digestsStatements, endDigestsStatements } from './digest-sql.js';
import { literal, nameForTable } from './sql-text.js';

/** The triggers of a captured table, by what they fire on. */
export const CAPTURE_TRIGGERS = ['insert', 'update', 'delete', 'truncate'] as const;

export function triggerName(event: (typeof CAPTURE_TRIGGERS)[number]): string {
  return `row_capture_${event}`;
}

/** The function of a captured table, in the table's own schema. */
export function functionName({ name }: TableName): string {
  return nameForTable('row_capture_', name);
}

/**
 * The statements that capture a table from now on, in one transaction: the triggers first, so that no change comes between them and the
 * baseline. A second run replaces what the first one made; the baseline stays while it fits.
 *
 * @param ledger the schema of the ledger
 */
export function captureStatements(table: CapturedTable, ledger: string): readonly string[] {
  const fn = `${quote(table.schema)}.${quote(functionName(table))}`;
  return [
    checkRights(ledger),
    `CREATE OR REPLACE FUNCTION ${fn}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n${settingClauses(table)}\nAS $row_capture$${captureBody(table, ledger)}$row_capture$`,
    `REVOKE ALL ON FUNCTION ${fn}() FROM PUBLIC`,
    `COMMENT ON FUNCTION ${fn}() IS ${literal(describeCapture(table))}`,
    ...[table, ...table.heirs].flatMap((each) => triggerStatements(each, fn)),
    ...digestsStatements(table, ledger),
  ];
}

export function endCaptureStatements(
  table: TableName & { readonly heirs?: readonly TableName[] },
  ledger: string,
): readonly string[] {
  const triggers = [table, ...(table.heirs ?? [])].flatMap((each) =>
    CAPTURE_TRIGGERS.map((event) => `DROP TRIGGER IF EXISTS ${triggerName(event)} ON ${onTable(each)}`),
  );
  return [
    ...triggers,
    `DROP FUNCTION IF EXISTS ${quote(table.schema)}.${quote(functionName(table))}()`,
    ...endDigestsStatements(table, ledger),
  ];
}

/** The comment of a table's function: the rules for which it was generated. */
export function describeCapture({ columns, redacted, digested, ignored, key, secretByName }: CapturedTable): string {
  return JSON.stringify({ columns, key, redacted, digested, ignored, secretByName });
}

function onTable({ schema, name }: TableName): string {
  return `${quote(schema)}.${quote(name)}`;
}

function triggerStatements(table: TableName, fn: string): readonly string[] {
  const on = onTable(table);
  const made = {
    insert: 'AFTER INSERT ON $ REFERENCING NEW TABLE AS new_rows',
    update: 'AFTER UPDATE ON $ REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows',
    delete: 'AFTER DELETE ON $ REFERENCING OLD TABLE AS old_rows',
    truncate: 'BEFORE TRUNCATE ON $',
  };
  return CAPTURE_TRIGGERS.flatMap((event) => [
    `DROP TRIGGER IF EXISTS ${triggerName(event)} ON ${on}`,
    // The numbers of columns differ between databases, so each database computes the argument of its own triggers.
    `DO $row_capture$ BEGIN
  EXECUTE ${literal(`CREATE TRIGGER ${triggerName(event)} ${made[event].replace('$', () => on)} FOR EACH STATEMENT EXECUTE FUNCTION ${fn}(`)}
    || quote_literal(${layoutOf(`${literal(on)}::regclass`)}) || ')';
END $row_capture$`,
    // Fires also in sessions that replicate, which switch other triggers off.
    `ALTER TABLE ONLY ${on} ENABLE ALWAYS TRIGGER ${triggerName(event)}`,
  ]);
}

/**
 * Checks the rights of the role that creates the function, as which the function runs. Without them, each change of the table would fail.
 */
function checkRights(ledger: string): string {
  const outbox = `${quote(ledger)}.audit_row_change`;
  return `DO $row_capture$ BEGIN
  IF NOT has_schema_privilege(${literal(ledger)}, 'USAGE') OR NOT has_column_privilege(${literal(outbox)}, 'lines', 'INSERT') THEN
    RAISE EXCEPTION 'Cannot capture row changes: % may not write to the outbox of the ledger.', current_user
      USING ERRCODE = 'insufficient_privilege', HINT = format('Run as the owner of the ledger: GRANT audit_writer TO %I;', current_user);
  END IF;
END $row_capture$`;
}
