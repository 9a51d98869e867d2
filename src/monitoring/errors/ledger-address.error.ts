import { AuditError } from '../../audit/plain.js';

/** The connection URL or the schema name of a ledger is invalid. */
export class LedgerAddressError extends AuditError {
  readonly code = 'AUDIT_LEDGER_ADDRESS_INVALID';

  /** @param source the option or variable that has the address. The message omits the address, which may contain a password. */
  static noAddress(source: string): LedgerAddressError {
    return new LedgerAddressError(
      `Cannot find the ledger: ${source} is not a PostgreSQL address. ` +
        'Give an address such as postgresql://user:password@host:5432/database, with special characters percent-encoded (%40 for @).',
    );
  }

  static noSchema(): LedgerAddressError {
    return new LedgerAddressError(
      'Cannot find the ledger: --schema is not the name of a schema. Give a name of at most 63 bytes that is not $user and does not begin with pg_.',
    );
  }
}
