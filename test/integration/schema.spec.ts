import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { closeAfterTests, openClient, testDatabase, withRoles } from '../support/index.js';

// The script is JavaScript, of this shape.
const { dumpSchema, readSchema } = (await import(new URL('../../scripts/dump-schema.mjs', import.meta.url).href)) as {
  dumpSchema: (client: pg.Client) => Promise<string>;
  readSchema: (client: pg.Client) => Promise<string>;
};

const database = await testDatabase();
const client = await closeAfterTests(openClient(database.url));
const asMade = await dumpSchema(client);

beforeEach(() => client.query('BEGIN'));

afterEach(() => client.query('ROLLBACK'));

describe('migrations/schema.sql', () => {
  it('is what the migrations make; after a change of theirs, run npm run generate', async () => {
    expect(asMade).toBe(await readFile('migrations/schema.sql', 'utf8'));
  });

  it('has policies and indexes that are the same after a dump and a restore, so that a repair leaves them', async () => {
    for (const [made, kind, name, table] of asMade.matchAll(/^CREATE (POLICY|INDEX) (\S+) ON (\S+) [^;]+;$/gm))
      await client.query(
        `DROP ${kind} ${kind === 'POLICY' ? `${name} ON ${table}` : `public.${name}`}; ${await withRoles(client, made)}`,
      );
    expect(await readSchema(client)).toBe(asMade);
  });

  it('has no function with the rights of its owner that everybody may call, and none that finds temporary tables first', async () => {
    const { rows } = await client.query(`
      SELECT oid::regprocedure::text FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND (prosecdef OR proconfig IS NOT NULL)
         AND ('search_path=public, pg_temp' <> ALL (coalesce(proconfig, '{}'))
           OR prosecdef AND has_function_privilege(audit_role('reader'), oid, 'EXECUTE')
              AND oid NOT IN ('audit_row_change_digests()'::regprocedure, 'audit_erasure_digests()'::regprocedure,
                'audit_waiting(uuid[])'::regprocedure))`);
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
});
