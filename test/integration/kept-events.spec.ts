import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EventEmitter } from 'node:events';
import { DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { AuditAggregator } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { keptApp, tempFolder, testDatabase, withClient } from '../support/index.js';

/** What of pg's client is used here. */
interface Client {
  query(text: string): Promise<unknown>;
  readonly connection: EventEmitter;
}

const memory = new InMemoryAuditProvider();
let runner: QueryRunner;
let client: Client;

const spillDir = await tempFolder('audit-spill-');
const database = await testDatabase();
await database.sql('CREATE TABLE note (text text UNIQUE DEFERRABLE INITIALLY DEFERRED)');
const { app } = await keptApp(
  startLedgerApp(database.url, {
    audit: { spillDir },
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url, poolSize: 1 })],
    providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
  }),
);
const audit = app.get(AuditAggregator);
const source = app.get(DataSource);
beforeEach(async () => {
  memory.clear();
  runner = source.createQueryRunner();
  client = (await runner.connect()) as Client;
  await runner.startTransaction();
});
afterEach(async () => {
  if (runner.isTransactionActive) await runner.rollbackTransaction();
  await runner.release();
  await audit.drain();
  await withClient(database.superuserUrl, async (superuser) => {
    await superuser.query('SET session_replication_role = replica'); // triggers off, as only a superuser can
    await superuser.query('TRUNCATE audit_event, note');
  });
});

const record = (name: string) => audit.record(name, {}, { manager: runner.manager });
const stored = async (): Promise<string[]> =>
  (await database.sql(`SELECT type FROM audit_event WHERE category <> 'system' ORDER BY id`)).map(({ type }) =>
    String(type),
  );
const told = (): string[] => memory.events.filter(({ category }) => category !== 'system').map(({ type }) => type);

it('writes all events of a transaction as one statement, in the round trip of the COMMIT', async () => {
  await record('warm_up'); // finds out once whether the ledger is in this database
  await runner.commitTransaction();
  let answers = 0;
  const count = () => answers++;
  client.connection.on('readyForQuery', count);
  await runner.startTransaction();
  await record('first');
  await record('second');
  await record('third');
  await runner.commitTransaction();
  client.connection.off('readyForQuery', count);

  expect([answers, await stored()]).toEqual([2, ['warm_up', 'first', 'second', 'third']]);
  expect(audit.joinedEvents().get('database')).toBe(4);
});

it('shows the transaction its own events to nobody before the commit, and leaves the connection as it was', async () => {
  await record('first');
  const seen = await runner.manager.query<unknown[]>('SELECT FROM audit_event');
  expect([seen.length, Object.hasOwn(client, 'query')]).toEqual([0, true]);
  await runner.commitTransaction();

  expect([await stored(), Object.hasOwn(client, 'query')]).toEqual([['first'], false]);
});

it.each([
  ['by the manager', (text: string) => runner.manager.query(text)],
  ['on the connection itself', (text: string) => client.query(text)],
])('forgets what is rolled back to a savepoint that the caller made %s', async (_how, send) => {
  await record('before');
  await send('SAVEPOINT outer_one');
  await record('undone');
  await send('SAVEPOINT inner_one; SELECT 1');
  await record('undone_too');
  await send('RELEASE SAVEPOINT inner_one');
  await send('ROLLBACK TO SAVEPOINT "outer_one"');
  await record('after');
  await send('RELEASE outer_one');
  await runner.commitTransaction();

  const kept = ['before', 'after'];
  expect([await stored(), told()]).toEqual([kept, kept]);
});

it('knows a savepoint that is older than the first event', async () => {
  await client.query('SAVEPOINT old_one');
  await record('undone');
  await client.query('ROLLBACK TO old_one');
  await record('after');
  await runner.commitTransaction();

  expect([await stored(), told()]).toEqual([['after'], ['after']]);
});

it('sees the order of what nobody awaits', async () => {
  const all = [record('before'), client.query('SAVEPOINT a'), record('undone'), client.query('ROLLBACK TO a')];
  all.push(record('after'));
  await Promise.all(all);
  await runner.commitTransaction();

  expect([await stored(), told()]).toEqual([
    ['before', 'after'],
    ['before', 'after'],
  ]);
});

it('writes many events before the commit, and those again that a rollback to a later savepoint undoes', async () => {
  const recordMany = (name: string) =>
    Promise.all(Array.from({ length: 300 }, (_, index) => record(`${name}_${index}_x`)));
  await recordMany('before');
  await client.query('SAVEPOINT a');
  await recordMany('undone');
  const seen = await runner.manager.query<unknown[]>('SELECT FROM audit_event');
  await client.query('ROLLBACK TO a');
  await runner.commitTransaction();

  const types = await stored();
  expect([seen.length, types.length, told().length]).toEqual([500, 300, 300]);
  expect(types.every((type) => type.startsWith('before'))).toBe(true);
});

it('forgets what the caller rolls back by a text', async () => {
  await record('undone');
  await client.query('ROLLBACK');
  await runner.commitTransaction();

  expect([await stored(), told()]).toEqual([[], []]);
});

it('writes what the caller commits by a text', async () => {
  await record('kept');
  await client.query(`INSERT INTO note VALUES ('a'); COMMIT`);
  expect(await stored()).toEqual(['kept']);
  await runner.commitTransaction();

  expect([await stored(), told()]).toEqual([['kept'], ['kept']]);
});

it("is undone with a COMMIT that fails, whose error is the caller's own", async () => {
  await record('undone');
  await client.query(`INSERT INTO note VALUES ('a'), ('a')`); // refused at the commit: the constraint is deferred
  const failing = runner.commitTransaction();

  await expect(failing).rejects.toThrow(QueryFailedError);
  await expect(failing).rejects.toMatchObject({ query: 'COMMIT', code: '23505' });
  expect(Object.hasOwn(client, 'query')).toBe(false);
  await runner.rollbackTransaction();
  expect([await stored(), told()]).toEqual([[], []]);
});

it('lets a transaction end that failed before, as its caller asks', async () => {
  await record('undone');
  await client.query('SELECT 1 / 0').catch(() => undefined);
  await runner.commitTransaction();

  expect([await stored(), told(), Object.hasOwn(client, 'query')]).toEqual([[], [], false]);
});
