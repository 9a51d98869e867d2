import { AuditError } from '../../../audit/plain.js';

/** An address, or the name of a schema, that cannot belong to a ledger. */
export class LedgerAddressError extends AuditError {
  readonly code = 'AUDIT_LEDGER_ADDRESS_INVALID';

  /** @param source the option or variable that holds the address; the address may contain a password, so the message leaves it out */
  static noAddress(source: string): LedgerAddressError {
    return new LedgerAddressError(
      `Cannot find the ledger: ${source} is not a PostgreSQL address. ` +
        'Give one such as postgresql://user:password@host:5432/database, with special characters as %40 and the like.',
    );
  }

  static noSchema(): LedgerAddressError {
    return new LedgerAddressError(
      'Cannot find the ledger: --schema is not a name of a schema. Give one of at most 63 bytes, not $user, not beginning with pg_.',
    );
  }
}
