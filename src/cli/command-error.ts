import { AuditError, errorMessage } from '../audit/index.js';
import { explainLedgerError } from '../modules/monitoring/store/explain-ledger-error.js';
import { isFileError } from '../modules/monitoring/errors/file-error.js';

/**
 * What a command says of an error: the error's own words where it is ours or of a file. What the database's
 * client rejects with is explained; nothing names the address, which may hold a password.
 */
export function commandError(error: unknown): string {
  return error instanceof AuditError || isFileError(error) ? errorMessage(error) : explainLedgerError(error).message;
}
