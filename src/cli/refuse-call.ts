import { CallError } from './call.error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';

/** What is wrong with a call where `ledgerUrl()` finds nothing. */
export const NO_LEDGER =
  'no ledger is named: give --database-url, or set AUDIT_DATABASE_URL or DATABASE_URL, also in the file .env here, or PGHOST and PGDATABASE';

/** What a command answers that cannot begin as it was called. */
export function refuseCall(command: string, problems: readonly string[]): CommandResult {
  return { exitCode: EXIT_CODES.notChecked, errors: `${CallError.create(command, problems).message}\n` };
}
