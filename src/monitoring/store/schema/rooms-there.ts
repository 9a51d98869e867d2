import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { AUDIT_ROOMS, namesOf, ROOM_MIGRATIONS, type AuditRoom } from '../../../../migrations/audit-migrations.js';
import { rowsOf } from './enter-schema.js';
import { LEDGERS_SCHEMA } from './read-protection.js';
import { schemaErrors } from '../../errors/schema.errors.js';

const MADE = `
  SELECT c.relname::text AS name FROM pg_class c WHERE c.relnamespace = ${LEDGERS_SCHEMA} AND c.relname = ANY ($1::text[])
  UNION
  SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = ${LEDGERS_SCHEMA} AND p.proname = ANY ($1::text[])`;

const RECORDS = `
  SELECT c.oid::regclass::text AS record FROM pg_class c JOIN pg_class ledger ON ledger.oid = to_regclass('audit_event')
   WHERE (c.relname = 'audit_migration' AND c.relnamespace = ledger.relnamespace OR c.relname = 'migrations' AND c.relowner = ledger.relowner)
     AND c.relkind = 'r' AND has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
     AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'name' AND a.atttypid IN ('text'::regtype, 'varchar'::regtype))`;

/**
 * Returns the rooms that a ledger has or should have. A room counts if any of its tables or functions exists, or if a readable table
 * records its migration. So dropping a room's tables does not hide the room. Rejects with the error of the PostgreSQL client.
 */
export async function roomsThere(runner: MigrationRunner): Promise<readonly AuditRoom[]> {
  const made = await rowsOf(runner, MADE, [AUDIT_ROOMS.flatMap((room) => namesOf(room))]);
  const names = new Set(made.map(({ name }) => String(name)));
  const ran = new Set<string>();
  for (const { record } of await rowsOf(runner, RECORDS)) {
    const rows = await rowsOf(runner, `SELECT name::text FROM ${String(record)}`);
    for (const { name } of rows) ran.add(String(name));
  }
  return AUDIT_ROOMS.filter((room) => hasRun(room, ran) || namesOf(room).some((name) => names.has(name)));
}

export function hasRun(room: AuditRoom, ran: ReadonlySet<string>): boolean {
  return ROOM_MIGRATIONS[room].some((Migration) => ran.has(new Migration().name));
}

/**
 * Returns the rooms with these names.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE` for an unknown name
 */
export function roomsNamed(names: readonly string[]): readonly AuditRoom[] {
  return names.map((name) => {
    const room = AUDIT_ROOMS.find((each) => each === name);
    if (room === undefined) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.unknownRoom(name, AUDIT_ROOMS);
    return room;
  });
}
