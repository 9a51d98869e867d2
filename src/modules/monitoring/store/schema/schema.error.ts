import { AuditError, errorCode, errorMessage } from '../../../../audit/index.js';

/** The ledger cannot be set up in a database schema. */
export class SchemaUnusableError extends AuditError {
  readonly code = 'AUDIT_SCHEMA_UNUSABLE';

  static notEntered(schema: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot set the ledger up in the schema ${schema}: it does not become the current one. ` +
        'Name another, of at most 63 bytes and not $user, and run the migrations in transactions.',
    );
  }

  static none(): SchemaUnusableError {
    return new SchemaUnusableError(
      'Cannot set the ledger up: the search path of the connection names no schema that is there. Name one by --schema.',
    );
  }

  static foreign(schema: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot migrate the schema ${schema}: the ledger is there, and its table audit_migration is not, so the application's own ` +
        'migrations made it. Let them bring it up to date: AUDIT_MIGRATIONS has the newer ones, too.',
    );
  }

  static noLedger(schema: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot repair the ledger: the schema ${schema} has no table audit_event. Name the ledger's schema by --schema.`,
    );
  }

  static incomplete(schema: string, table: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot repair the schema ${schema}: the table ${table} is missing, so an older version made the ledger, or the restore ` +
        'was not whole. Migrate first, or restore again.',
    );
  }

  static owned(schema: string, owner: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot migrate the schema ${schema} for a separate owner: its ledger belongs to ${owner}. ` +
        'Add --repair: it gives the ledger to audit_owner.',
    );
  }

  static sameLogin(login: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot separate the ledger's owner from its writer: both addresses are of ${login}. ` +
        "Give the application's own login by --database-url, and one that may make roles by --admin-url.",
    );
  }

  static sameSequencer(login: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot separate the ledger's sequencer from its writer: both addresses are of ${login}. ` +
        'Give a login of its own by --sequencer-url, or leave it out.',
    );
  }

  static failed(name: string, schema: string, cause: unknown): SchemaUnusableError {
    const code = errorCode(cause);
    return new SchemaUnusableError(
      `Cannot migrate the schema ${schema}: ${name} ended with ${errorMessage(cause)}${code === undefined ? '' : ` (${code})`}. ` +
        'Nothing of it was kept: correct what it says, and run it again as a role that may create tables and functions there.',
      { cause },
    );
  }
}
