import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

// The script is JavaScript, of this shape.
const { dumpSchema, readSchema } = (await import(new URL('../../scripts/dump-schema.mjs', import.meta.url).href)) as {
  dumpSchema: (client: pg.Client) => Promise<string>;
  readSchema: (client: pg.Client) => Promise<string>;
};

describe('migrations/schema.sql', () => {
  let database: TestDatabase;
  let client: pg.Client;

  let asMade: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    asMade = await dumpSchema(client);
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  beforeEach(() => client.query('BEGIN'));

  afterEach(() => client.query('ROLLBACK'));

  it('is what the migrations make; after a change of theirs, run npm run generate', async () => {
    expect(asMade).toBe(await readFile('migrations/schema.sql', 'utf8'));
  });

  it('has no function with the rights of its owner that everybody may call, and none that finds temporary tables first', async () => {
    const { rows } = await client.query(`
      SELECT oid::regprocedure::text FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND (prosecdef OR proconfig IS NOT NULL)
         AND ('search_path=public, pg_temp' <> ALL (coalesce(proconfig, '{}'))
           OR prosecdef AND has_function_privilege('audit_reader', oid, 'EXECUTE')
              AND oid <> 'audit_row_change_digests()'::regprocedure)`);
    expect(rows).toEqual([]);
  });

  it('shows the outbox to nobody who may not read every event', async () => {
    await client.query(`INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
      VALUES ('INSERT', '{"schema": "public", "table": "rate", "key": ["id"]}', '{}', 1, 1, '[[null, {"id": 1}, "digest"]]')`);
    const seen = async (reads: string) => {
      await client.query(`SELECT set_config('audit.reads', $1, true)`, [reads]);
      return (await client.query<{ key: string }>('SELECT key FROM audit_row_change_digests()')).rows;
    };
    expect([await seen(''), await seen('tenants'), await seen('all')]).toEqual([[], [], [{ key: '1' }]]);
  });

  it('does not depend on the date', async () => {
    await client.query(`SELECT audit_event_make_partition('2001-02-03')`);
    expect(await readSchema(client)).toBe(asMade);
  });

  it.each([
    'ALTER TABLE auth_user ADD number bigint GENERATED ALWAYS AS IDENTITY',
    `ALTER TABLE auth_user ADD domain text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED`,
    'ALTER TABLE auth_user ALTER name DROP NOT NULL',
    `ALTER TABLE auth_user ALTER name SET DEFAULT 'nobody'`,
    'ALTER TABLE auth_user ALTER name TYPE varchar(200)',
    'ALTER TABLE auth_user ALTER name TYPE text COLLATE "C"',
    'ALTER TABLE auth_user DROP CONSTRAINT auth_user_name_check',
    'ALTER TABLE auth_user SET (fillfactor = 70)',
    'ALTER TABLE auth_secret SET UNLOGGED',
    'DROP INDEX auth_user_email_key',
    'DROP TRIGGER audit_event_append_only ON audit_event',
    'ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only',
    'GRANT UPDATE ON audit_event TO CURRENT_USER',
    'GRANT UPDATE (category) ON audit_event TO CURRENT_USER',
    'GRANT SELECT ON audit_event TO PUBLIC',
    'GRANT EXECUTE ON FUNCTION audit_event_make_partition TO PUBLIC',
    'ALTER FUNCTION audit_event_make_partition SECURITY INVOKER',
    'CREATE TABLE other (id int)',
    'ALTER TABLE auth_user ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE audit_event FORCE ROW LEVEL SECURITY',
    'ALTER POLICY audit_event_read ON audit_event USING (true)',
    'CREATE POLICY another ON audit_event USING (true)',
  ])('shows %s', async (change) => {
    await client.query(change);
    expect(await readSchema(client)).not.toBe(asMade);
  });

  it.each([
    ['CREATE VIEW seen AS SELECT 1', 'view public.seen'],
    ['CREATE SEQUENCE counted', 'sequence public.counted'],
    [`CREATE TYPE colour AS ENUM ('red')`, 'enum public.colour'],
    ['CREATE SCHEMA elsewhere', 'schema elsewhere'],
  ])('refuses to leave out what it does not know: %s', async (change, named) => {
    await client.query(change);
    await expect(readSchema(client)).rejects.toThrow(named);
  });
});
