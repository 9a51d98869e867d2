import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import {
  AUDIT_EXTENSIONS,
  listObjectNames,
  EXTENSION_MIGRATIONS,
  type AuditExtension,
} from '../../../../migrations/audit-migrations.js';
import { queryRows } from './enter-schema.js';
import { LEDGERS_SCHEMA } from './read-protection.js';
import { schemaErrors } from '../../errors/schema.errors.js';

const SELECT_TABLES = `
  SELECT c.relname::text AS name FROM pg_class c WHERE c.relnamespace = ${LEDGERS_SCHEMA} AND c.relname = ANY ($1::text[])
  UNION
  SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = ${LEDGERS_SCHEMA} AND p.proname = ANY ($1::text[])`;

const RECORDS = `
  SELECT c.oid::regclass::text AS record FROM pg_class c JOIN pg_class ledger ON ledger.oid = to_regclass('audit_event')
   WHERE (c.relname = 'audit_migration' AND c.relnamespace = ledger.relnamespace OR c.relname = 'migrations' AND c.relowner = ledger.relowner)
     AND c.relkind = 'r' AND has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
     AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'name' AND a.atttypid IN ('text'::regtype, 'varchar'::regtype))`;

/**
 * Returns the extensions that a ledger has or should have. An extension counts if any of its tables or functions exists, or if a readable table
 * records its migration. So dropping an extension's tables does not hide the extension. Rejects with the error of the PostgreSQL client.
 */
export async function listInstalledExtensions(runner: MigrationRunner): Promise<readonly AuditExtension[]> {
  const made = await queryRows(runner, SELECT_TABLES, [
    AUDIT_EXTENSIONS.flatMap((extension) => listObjectNames(extension)),
  ]);
  const names = new Set(made.map(({ name }) => String(name)));
  const ran = new Set<string>();
  for (const { record } of await queryRows(runner, RECORDS)) {
    const rows = await queryRows(runner, `SELECT name::text FROM ${String(record)}`);
    for (const { name } of rows) ran.add(String(name));
  }
  return AUDIT_EXTENSIONS.filter(
    (extension) => hasRun(extension, ran) || listObjectNames(extension).some((name) => names.has(name)),
  );
}

export function hasRun(extension: AuditExtension, ran: ReadonlySet<string>): boolean {
  return EXTENSION_MIGRATIONS[extension].some((Migration) => ran.has(new Migration().name));
}

/**
 * Returns the extensions with these names.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE` for an unknown name
 */
export function toExtensions(names: readonly string[]): readonly AuditExtension[] {
  return names.map((name) => {
    const extension = AUDIT_EXTENSIONS.find((each) => each === name);
    if (extension === undefined) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.unknownExtension(name, AUDIT_EXTENSIONS);
    return extension;
  });
}
