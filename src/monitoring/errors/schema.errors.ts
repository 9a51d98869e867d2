import { quote } from '../../../migrations/audit-ownership.js';
import { declareErrors } from '../../base/errors/declare-errors.js';
import { getErrorCode, getErrorMessage } from '../../base/errors/error-facts.js';

export const schemaErrors = declareErrors({
  AUDIT_SCHEMA_UNUSABLE: {
    kind: 'refused',
    when: 'migrating: the ledger cannot be set up in the database schema, or other migrations made it',
    do: 'follow the message; the failed migration was rolled back',
    message: {
      notEntered: (schema: string) =>
        `Cannot set the ledger up in the schema ${schema}: it does not become the current schema. ` +
        `If the schema exists, its owner runs: GRANT USAGE, CREATE ON SCHEMA ${quote(schema)} TO <the login>; ` +
        'Otherwise, choose another name of at most 63 bytes that is not $user, and run the migrations in transactions.',
      none: () =>
        'Cannot set the ledger up: the search path of the connection names no existing schema. Give the schema with --schema.',
      foreign: (schema: string) =>
        `Cannot migrate the schema ${schema}: its ledger has no table audit_migration, so the application's own ` +
        'migrations created it. Run the newer migrations in the same way: createAuditMigrations() returns them, too.',
      shadowed: (object: string) =>
        `Cannot use the ledger's schema: PostgreSQL may use ${object} in place of its own. Whoever made it could hide changes, or act with ` +
        'your rights. Find out who made it, and drop it or move it to another schema.',
      foreignObjects: (schema: string, objects: readonly string[]) =>
        `Cannot repair the ledger in the schema ${schema}: these objects are not the ledger's: ${objects.join('; ')}. The repair could give ` +
        'their author the rights of its owner. Find out who made them, and drop them, or rename them or move them to another schema. Then repair again.',
      unknownExtension: (name: string, known: readonly string[]) =>
        `Cannot migrate the extension ${name}: no extension has that name. Give one of ${known.join(', ')}.`,
      noLedger: (schema: string) =>
        `Cannot repair the ledger: the schema ${schema} has no table audit_event. Give the schema of the ledger with --schema.`,
      incomplete: (schema: string, table: string) =>
        `Cannot repair the schema ${schema}: the table ${table} is missing, so an older version created the ledger, or the restore ` +
        'was incomplete. Migrate first, or restore again.',
      owned: (schema: string, owner: string) =>
        `Cannot migrate the schema ${schema} for a separate owner: its ledger belongs to ${owner}. ` +
        'Add --repair, which makes a role of its own the owner.',
      sameLogin: (login: string) =>
        `Cannot separate the ledger's owner from its writer: both addresses have the login ${login}. ` +
        "Give the application's own login with --database-url, and with --admin-url a login that may create roles.",
      sameSequencer: (login: string) =>
        `Cannot separate the ledger's sequencer from its writer: both addresses have the login ${login}. ` +
        'Give a separate login with --sequencer-url, or omit the option.',
      failed: (name: string, schema: string, cause: unknown) => {
        const code = getErrorCode(cause);
        return {
          message:
            `Cannot migrate the schema ${schema}: ${name} failed with ${getErrorMessage(cause)}${code === undefined ? '' : ` (${code})`}. ` +
            `It was rolled back. ${getAdvice(cause)}`,
          cause,
        };
      },
    },
  },
});

function getAdvice(cause: unknown): string {
  const { hint } = cause as { readonly hint?: unknown };
  if (typeof hint === 'string' && hint !== '') return hint;
  const message = getErrorMessage(cause);
  const [, database] = /permission denied for database (.+)$/.exec(message) ?? [];
  if (database !== undefined) {
    return `Give a role that may create schemas by --admin-url. As a superuser: GRANT CREATE ON DATABASE "${database}" TO <that role>;`;
  }
  const [, schema] = /permission denied for schema (.+)$/.exec(message) ?? [];
  if (schema !== undefined) {
    return `Run the command as the schema's owner, or let the owner run: GRANT USAGE, CREATE ON SCHEMA "${schema}" TO <the login>;`;
  }
  // The second alternative is the message of PostgreSQL 15.
  if (/permission denied to grant role|must have admin option on role/.test(message)) {
    return (
      'Another role created the roles of this ledger. Give that role, or a superuser, with --admin-url; or as a superuser, for each of them: ' +
      'GRANT <the role> TO <the role of --admin-url> WITH ADMIN OPTION;'
    );
  }
  if (message.includes('permission denied for table')) {
    return 'This ledger has a separate owner: with --admin-url, give a role that may act for the owner, such as a superuser.';
  }
  if (/permission denied to create role|may not create|CREATEROLE/i.test(message)) {
    return 'With --admin-url, give a role that may create roles: a superuser, or a role with CREATEROLE.';
  }
  if (/^42P0[67]$|^42710$/.test(getErrorCode(cause) ?? '')) {
    return 'The application already has an object with that name. Give another schema for the ledger with --schema.';
  }
  return 'Solve this problem, and run the migration again as a role that may create tables and functions in this schema.';
}
