import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { auditedPg, type AuditedPgOptions } from '../../src/audit/index.js';
import { padContextKey } from '../../src/audit/nest-free.js';
import { runSql } from './sql.js';
import { testDatabase } from './close-after-tests.js';
import { tempFolder } from './temp-folder.js';
import type { TestDatabase } from './test-database.js';

export interface SeenChange {
  readonly thing: number;
  readonly operation: string;
  readonly context: {
    readonly actor: { readonly type: string; readonly id?: string };
    readonly tenantId?: string;
    readonly request?: { readonly id?: string };
    readonly operation: { readonly id: string; readonly action?: string };
    readonly reason?: string;
  } | null;
  readonly problem: string | null;
}

export interface ContextScene {
  readonly database: TestDatabase;
  readonly key: string;
  readonly pg: typeof pg;
  changes(): Promise<readonly SeenChange[]>;
  actors(): Promise<readonly (string | undefined)[]>;
}

const TABLES = `
  CREATE TABLE thing (id int PRIMARY KEY, name text);
  CREATE TABLE seen (id bigserial PRIMARY KEY, thing int, operation text, context jsonb, problem text);
  CREATE FUNCTION note_context() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO seen (thing, operation, context, problem)
    VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END, TG_OP, audit_context(), audit_context_problem());
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_context AFTER INSERT OR UPDATE OR DELETE ON thing FOR EACH ROW EXECUTE FUNCTION note_context();`;

export async function openContextScene(options: Partial<AuditedPgOptions> = {}): Promise<ContextScene> {
  const database = await testDatabase();
  const key = randomBytes(32).toString('hex');
  await database.sql(TABLES);
  await storeContextKey(database, 'test', key);
  const changes = async (): Promise<readonly SeenChange[]> =>
    (await database.sql(
      `WITH gone AS (DELETE FROM seen RETURNING *) SELECT * FROM gone ORDER BY id`,
    )) as unknown as readonly SeenChange[]; // as the table has them
  return {
    database,
    key,
    pg: { ...pg, ...auditedPg(pg, { key, ...options }) },
    changes,
    actors: async () => (await changes()).map(({ context }) => context?.actor.id),
  };
}

/** Stores a new key, and returns the environment with which the reference application captures row changes and names who made them. */
export async function environmentWithContextKey(
  database: Pick<TestDatabase, 'superuserUrl'>,
): Promise<Record<string, string>> {
  const key = randomBytes(32).toString('hex');
  const file = join(await tempFolder('audit-context-'), 'context.key');
  await writeFile(file, key);
  await storeContextKey(database, 'reference-app', key);
  return { AUDIT_ROW_CHANGES: 'true', AUDIT_CONTEXT_KEY_FILE: file };
}

export async function storeContextKey(
  { superuserUrl }: Pick<TestDatabase, 'superuserUrl'>,
  id: string,
  key: string,
): Promise<void> {
  const { inner, outer } = padContextKey(key);
  await runSql(superuserUrl, 'INSERT INTO audit_context_key (id, inner_pad, outer_pad) VALUES ($1, $2, $3)', [
    id,
    inner,
    outer,
  ]);
}
