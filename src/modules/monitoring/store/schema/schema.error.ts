import { quote } from '../../../../../migrations/audit-ownership.js';
import { AuditError, errorCode, errorMessage } from '../../../../audit/plain.js';

/** The ledger cannot be set up in a database schema. */
export class SchemaUnusableError extends AuditError {
  readonly code = 'AUDIT_SCHEMA_UNUSABLE';

  static notEntered(schema: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot set the ledger up in the schema ${schema}: it does not become the current one. ` +
        `If it is there already, its owner runs: GRANT USAGE, CREATE ON SCHEMA ${quote(schema)} TO <the login>; ` +
        'Otherwise name another, of at most 63 bytes and not $user, and run the migrations in transactions.',
    );
  }

  static none(): SchemaUnusableError {
    return new SchemaUnusableError(
      'Cannot set the ledger up: the search path of the connection names no existing schema. Name one by --schema.',
    );
  }

  static foreign(schema: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot migrate the schema ${schema}: its ledger has no table audit_migration, so the application's own ` +
        'migrations made it. Update it with them: AUDIT_MIGRATIONS includes the newer ones.',
    );
  }

  static unknownRoom(name: string, known: readonly string[]): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot migrate the room ${name}: no room has that name. Name one of ${known.join(', ')}.`,
    );
  }

  static noLedger(schema: string): SchemaUnusableError {
    return new SchemaUnusableError(
      `Cannot repair the ledger: the schema ${schema} has no table audit_event. Use --schema to name the schema that has the ledger.`,
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
        `Nothing of it was kept. ${whatToDo(cause)}`,
      { cause },
    );
  }
}

/** Returns the server's own advice, or otherwise ours, by the error's code and words. */
function whatToDo(cause: unknown): string {
  const { hint } = cause as { readonly hint?: unknown };
  if (typeof hint === 'string' && hint !== '') return hint;
  const message = errorMessage(cause);
  const [, database] = /permission denied for database (.+)$/.exec(message) ?? [];
  if (database !== undefined) {
    return `Name a role by --admin-url that may make schemas. As a superuser: GRANT CREATE ON DATABASE "${database}" TO <that role>;`;
  }
  const [, schema] = /permission denied for schema (.+)$/.exec(message) ?? [];
  if (schema !== undefined) {
    return `Run it as the schema's owner, or let the owner run: GRANT USAGE, CREATE ON SCHEMA "${schema}" TO <the login>;`;
  }
  // The second text is from PostgreSQL 15.
  if (/permission denied to grant role|must have admin option on role/.test(message)) {
    return (
      'Another role made the roles of the ledger on this server. Name that one, or a superuser, by --admin-url; or as a superuser: ' +
      'GRANT audit_owner, audit_writer, audit_sequencer, audit_reader, audit_keeper TO <the role of --admin-url> WITH ADMIN OPTION;'
    );
  }
  if (message.includes('permission denied for table')) {
    return 'An owner of its own holds this ledger: name a role by --admin-url that may act for it, such as a superuser.';
  }
  if (/permission denied to create role|may not create|CREATEROLE/i.test(message)) {
    return 'Name a role by --admin-url that may make roles: a superuser, or one with CREATEROLE.';
  }
  if (/^42P0[67]$|^42710$/.test(errorCode(cause) ?? '')) {
    return 'Something else of the application has that name there. Name another schema for the ledger by --schema.';
  }
  return 'Correct what it says, and run it again as a role that may create tables and functions there.';
}
