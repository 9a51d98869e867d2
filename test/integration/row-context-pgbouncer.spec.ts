import { afterEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { AuditContext } from '../../src/audit/index.js';
import { openContextScene } from '../support/context-scene.js';
import { isLeftOut, pgbouncerProgram } from '../support/installed-servers.js';
import { KEPT } from '../support/kept-session.js';
import { startPooler, type Pooler } from '../support/pooler.js';

const scene = await openContextScene();
let pooler: Pooler;
const pools: pg.Pool[] = [];

(isLeftOut('pgbouncer', pgbouncerProgram()) ? describe.skip : describe)('behind pgbouncer', () => {
  afterEach(async () => {
    for (const pool of pools.splice(0)) await pool.end();
    await pooler.stop();
  });

  it.each(['transaction', 'statement'])(
    'in %s mode, clients that share one connection of the server have each their own context',
    async (mode) => {
      pooler = await startPooler(scene.database, `pool_mode = ${mode}\ndefault_pool_size = 1`);
      const pool = new scene.pg.Pool({ connectionString: pooler.url, max: 10 });
      pools.push(pool);
      const users = Array.from({ length: 60 }, (_, index) => index);
      await Promise.all(
        users.map((id) => {
          const work = async (): Promise<void> => {
            await pool.query('INSERT INTO thing VALUES ($1)', [id]);
            if (mode === 'statement') return;
            const client = await pool.connect();
            await client.query('BEGIN');
            await client.query(`UPDATE thing SET name = 'x' WHERE id = $1`, [id]);
            await client.query(id % 2 === 0 ? 'COMMIT' : 'ROLLBACK');
            client.release();
            await pool.query(`DELETE FROM thing WHERE id = ${id}`);
          };
          return id % 3 === 0 ? work() : AuditContext.run({ actor: { type: 'user', id: String(id) } }, work);
        }),
      );
      const changes = await scene.changes();
      expect(changes.length).toBe(mode === 'statement' ? 60 : 60 * 2 + 30);
      for (const { thing, context, problem } of changes) {
        expect([thing, context?.actor.id, problem]).toEqual([thing, thing % 3 === 0 ? undefined : String(thing), null]);
      }
      const { rows } = await pool.query(
        'SELECT count(DISTINCT pid)::int AS connections FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND application_name <> $1',
        [KEPT],
      );
      expect(rows).toEqual([{ connections: 1 }]);
    },
  );
});
