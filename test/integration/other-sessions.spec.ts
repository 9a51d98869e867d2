import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import { type LedgerEvent } from '../../src/monitoring/index.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { storeContextKey } from '../support/context-scene.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { kept, testDatabase } from '../support/index.js';

let seen = 0;

const URLS = { app: 'url', postgres: 'superuserUrl' } as const;

const libpq = (login: keyof typeof URLS): string => {
  const { hostname, port, username, password } = new URL(database[URLS[login]]);
  return `host=${hostname} port=${port} dbname=${database.name} user=${username} password=${decodeURIComponent(password)}`;
};

const fdwServer = (login: keyof typeof URLS): string => {
  const { hostname, port, username, password } = new URL(database[URLS[login]]);
  return `
    CREATE SERVER remote_${login} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${hostname}', port '${port}', dbname '${database.name}');
    CREATE USER MAPPING FOR app SERVER remote_${login} OPTIONS (user '${username}', password '${decodeURIComponent(password)}'${login === 'postgres' ? `, password_required 'false'` : ''});
    CREATE FOREIGN TABLE stock_of_${login} (id int, n int) SERVER remote_${login} OPTIONS (schema_name 'public', table_name 'stock');
    GRANT ALL ON stock_of_${login} TO app;`;
};

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const key = randomBytes(32).toString('hex');
await storeContextKey(database, 'sessions', key);
const pool = await kept(
  new (auditedPg(pg, { key, writingFunctions: /\bdblink_exec\(/ }).Pool)({
    connectionString: database.url,
    max: 1,
  }),
);
await database.sql('CREATE TABLE orders (id int PRIMARY KEY, n int); CREATE TABLE stock (id int PRIMARY KEY, n int)');
await captureTables(database.url, { 'public.orders': {}, 'public.stock': {} });
await database.superuserSql(
  `CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; ${fdwServer('app')} ${fdwServer('postgres')}`,
);
await database.sql('INSERT INTO orders VALUES (1, 0); INSERT INTO stock VALUES (1, 0), (2, 0)');
beforeEach(async () => {
  seen = (await scene.events()).length;
});

const news = async (): Promise<readonly LedgerEvent[]> => (await scene.events()).slice(seen);
const ofTable = async (table: string): Promise<readonly LedgerEvent[]> =>
  (await news()).filter(({ details }) => details.table === table);
const asAnn = (work: (client: pg.PoolClient) => Promise<unknown>) =>
  AuditContext.run({ actor: { type: 'user', id: 'ann' }, requestId: 'req-1', tenantId: 'acme' }, async () => {
    const client = await pool.connect();
    try {
      await work(client);
    } finally {
      client.release();
    }
  });

function expectOutside(
  event: LedgerEvent | undefined,
  login: keyof typeof URLS,
  application: string | undefined,
): void {
  expect(event).toMatchObject({
    type: login === 'app' ? 'row_updated' : 'row_changed_externally',
    actor: { type: 'service', id: login },
    details: { role: login, pid: expect.any(Number), address: '127.0.0.1' },
  });
  expect(event?.details.application).toBe(application);
  expect(event?.details.unattributed).toBe(login === 'app' ? true : undefined);
  expect(event?.details.contextProblem).toBeUndefined();
  expect([event?.tenantId, event?.request, event?.metadata.operationId]).toEqual([undefined, undefined, undefined]);
}

describe.each(['app', 'postgres'] as const)(
  'a row that another session changes as %s within a statement of a scope',
  (login) => {
    it('by dblink has nothing of the scope, and the statement keeps its context', async () => {
      await asAnn(async (client) => {
        const text = `UPDATE orders SET n = n + 1 WHERE dblink_exec('${libpq(login)}', 'UPDATE stock SET n = n + 1 WHERE id = 1') <> ''`;
        expect((await client.query(text)).rowCount).toBe(1);
      });
      expect(await ofTable('orders')).toMatchObject([
        { type: 'row_updated', actor: { type: 'user', id: 'ann' }, tenantId: 'acme', request: { id: 'req-1' } },
      ]);
      const remote = await ofTable('stock');
      expect(remote).toHaveLength(1);
      expectOutside(remote[0], login, undefined);
    });

    it('by postgres_fdw has none of it, and is one with the transaction', async () => {
      await asAnn(async (client) => {
        await client.query('BEGIN');
        await client.query(
          `WITH remote AS (UPDATE stock_of_${login} SET n = n + 1 WHERE id = 1 RETURNING n) UPDATE orders SET n = remote.n FROM remote`,
        );
        await client.query('COMMIT');
        await client.query('BEGIN');
        await client.query(`UPDATE stock_of_${login} SET n = n + 1`);
        await client.query('ROLLBACK');
      });
      expect(await ofTable('orders')).toMatchObject([{ actor: { type: 'user', id: 'ann' }, tenantId: 'acme' }]);
      const remote = await ofTable('stock');
      expect(remote).toHaveLength(1);
      expectOutside(remote[0], login, 'postgres_fdw');
    });
  },
);

it('a session that gets a copy of the context names nobody as a login that its key is not for', async () => {
  await database.superuserSql(`UPDATE audit_context_key SET logins = '{app}'`);
  await asAnn(async (client) => {
    await client.query('BEGIN');
    await client.query('UPDATE orders SET n = n + 1');
    await client.query(`SELECT dblink_connect('copy', '${libpq('postgres')}')`);
    await client.query(
      `SELECT * FROM dblink('copy', format('SELECT set_config(%L, %L, false)', 'audit.context', current_setting('audit.context'))) AS t (context text)`,
    );
    await client.query(`SELECT dblink_exec('copy', 'UPDATE stock SET n = n + 1 WHERE id = 1')`);
    await client.query(`SELECT dblink_disconnect('copy')`);
    await client.query('COMMIT');
  });
  expect(await ofTable('orders')).toMatchObject([{ actor: { type: 'user', id: 'ann' } }]);
  expect(await ofTable('stock')).toMatchObject([
    {
      type: 'row_changed_externally',
      actor: { type: 'service', id: 'postgres' },
      details: { role: 'postgres', contextProblem: 'forged' },
    },
  ]);
});

it('what other sessions changed is complete', async () => {
  expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete', findings: [] });
});
