import { captureStatements, endCaptureStatements } from './capture-sql.js';
import type { CapturedTable, TableName } from './captured-table.js';
import { digestsStatements, endDigestsStatements } from './digest-sql.js';

/**
 * The statements that capture a table from now on, in one transaction: the triggers first, so that no change comes between them and the
 * baseline. A second run replaces what the first one made; the baseline stays while it fits.
 *
 * @param ledger the schema of the ledger
 */
export function tableStatements(table: CapturedTable, ledger: string): readonly string[] {
  return [...captureStatements(table, ledger), ...digestsStatements(table, ledger)];
}

/** The statements that end the capture of a table. */
export function endTableStatements(
  table: TableName & { readonly heirs?: readonly TableName[] },
  ledger: string,
): readonly string[] {
  return [...endCaptureStatements(table), ...endDigestsStatements(table, ledger)];
}
