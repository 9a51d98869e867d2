import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import { type LedgerEvent } from '../../src/monitoring/index.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { storeContextKey } from '../support/context-scene.js';
import { kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

let seen = 0;
beforeEach(async () => {
  seen = (await scene.events()).length;
});
afterEach(async () => {
  await blocker.query('ROLLBACK');
  expect(await reconcileLedger({ database: database.url, tables: ['account'] })).toMatchObject({ verdict: 'complete' });
});

const run = (statement: string) => database.sql(statement);

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const key = randomBytes(32).toString('hex');
await storeContextKey(database, 'timeouts', key);
const pool = await kept(new (auditedPg(pg, { key }).Pool)({ connectionString: database.url, max: 2 }));
const blocker = await kept(new pg.Client({ connectionString: database.superuserUrl }));
await blocker.connect();
await run('CREATE TABLE account (id int PRIMARY KEY, cents int NOT NULL)');
await run('CREATE TABLE passing (id int PRIMARY KEY, cents int NOT NULL)');
await captureTables(database.url, { 'public.account': {}, 'public.passing': { onCaptureFailure: 'pass' } });
await run('INSERT INTO account VALUES (1, 10), (2, 20)');
await run('INSERT INTO passing VALUES (1, 10)');
const news = async (): Promise<readonly LedgerEvent[]> => (await scene.events()).slice(seen);
const as = <Result>(id: string, work: () => Promise<Result>) => AuditContext.run({ actor: { type: 'user', id } }, work);
const told = async () =>
  (await news()).map(({ type, actor, changes, details }) => [
    type,
    actor.id,
    (changes?.after as { cents?: number } | undefined)?.cents,
    details.unattributed ?? false,
  ]);

const block = () => blocker.query('BEGIN; LOCK TABLE audit_row_change IN ACCESS EXCLUSIVE MODE');

async function onOne<Result>(work: (query: (text: string) => Promise<unknown>, pid: number) => Promise<Result>) {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return await work((text) => client.query(text), rows[0]?.pid ?? 0);
  } finally {
    await client.query('ROLLBACK; RESET lock_timeout; RESET statement_timeout');
    client.release();
  }
}

it.each([
  ['lock_timeout', '55P03', '250ms'],
  ['statement_timeout', '57014', '2s'], // of the statements after it, too, on a busy machine
] as const)(
  'a %s that fires within the trigger fails the statement or its savepoint, captures nothing of it, and leaves the right context',
  async (setting, code, after) => {
    await onOne(async (query) => {
      await block();
      await as('ann', async () => {
        await query(`SET ${setting} = '${after}'`);
        await expect(query('UPDATE account SET cents = 99 WHERE id = 1')).rejects.toMatchObject({ code });
      });
      await blocker.query('ROLLBACK');
      await query('UPDATE account SET cents = 11 WHERE id = 1');
      await as('bob', async () => {
        await query('BEGIN; SAVEPOINT inner_one');
        await block();
        await expect(query('UPDATE account SET cents = 33 WHERE id = 2')).rejects.toMatchObject({ code });
        await blocker.query('ROLLBACK');
        await query('ROLLBACK TO SAVEPOINT inner_one');
        await query('UPDATE account SET cents = 34 WHERE id = 1');
        await query('COMMIT');
      });
    });
    expect(await told()).toEqual([
      ['row_updated', 'app', 11, true],
      ['row_updated', 'bob', 34, false],
    ]);
  },
);

describe('a table that lets failures of its capture pass', () => {
  const update = (setting: string, cents: number) =>
    onOne(async (query) => {
      await query(`SET ${setting} = '250ms'`);
      await block();
      await query(`UPDATE passing SET cents = ${cents}`);
    });
  const passing = () => reconcileLedger({ database: database.url, tables: ['passing'] });

  it('fails a statement that is over its time, since that must end', async () => {
    await expect(update('statement_timeout', 99)).rejects.toMatchObject({ code: '57014' });
    await blocker.query('ROLLBACK');
    expect(await run('SELECT cents FROM passing')).toEqual([{ cents: 10 }]);
    expect(await told()).toEqual([]);
    expect(await passing()).toMatchObject({ verdict: 'complete' });
  });

  it('lets one pass that cannot get a lock, and reconciling names the row', async () => {
    await update('lock_timeout', 98);
    await blocker.query('ROLLBACK');
    expect(await run('SELECT cents FROM passing')).toEqual([{ cents: 98 }]);
    expect(await told()).toEqual([]);
    expect(await passing()).toMatchObject({ verdict: 'incomplete', findings: [{ kind: 'row_changed' }] });
  });
});
