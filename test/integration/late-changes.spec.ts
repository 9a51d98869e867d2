import { afterAll, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { eventually, kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const lines: string[] = [];

const database = await testDatabase();
await database.sql('CREATE TABLE rate (id int PRIMARY KEY)');
await captureTables(database.url, { 'public.rate': {} });
for (const level of ['log', 'error'] as const) {
  jest
    .spyOn(Logger.prototype, level)
    .mockImplementation((text: unknown) => void lines.push(`${level} ${String(text)}`));
}
const scene = await kept(startRowChanges(database, { lateAfterSeconds: 1 }));
afterAll(() => void jest.restoreAllMocks());

const superuser = (statement: string) => database.superuserSql(statement);
const told = () => lines.filter((line) => /[Rr]ow changes (wait|in time)/.test(line));

// On a busy machine, the baseline of the table may wait too long for the first leader, which the log says and takes back.
await scene.events();
await eventually(() => told().length % 2 === 0);
lines.length = 0;

it('row changes that wait too long are in the log when that begins and when it is over, and late for /health meanwhile', async () => {
  await superuser(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$`);
  await superuser('CREATE TRIGGER a_refuse BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse()');
  await database.sql('INSERT INTO rate VALUES (1)');
  await eventually(() => told().length === 1);
  const late = 'Cannot move row changes into the ledger in time';
  await eventually(async () => JSON.stringify(await scene.app.get(LedgerProvider).check()).includes(late));
  await superuser('LOCK TABLE audit_event; DROP TRIGGER a_refuse ON audit_event');
  await eventually(() => told().length === 2);
  expect(told()).toEqual([
    expect.stringMatching(
      /^error Row changes wait too long for the ledger: the oldest waits for \d+ s, and lateAfterSeconds is 1\./,
    ),
    'log The ledger stores row changes in time again: the oldest waits for 0 s.',
  ]);
});

it('row changes that waited only for the first start of the ledger are not in the log', async () => {
  const unstarted = await createTestDatabase();
  await unstarted.sql('CREATE TABLE rate (id int PRIMARY KEY)');
  await captureTables(unstarted.url, { 'public.rate': {} });
  await unstarted.sql('INSERT INTO rate VALUES (1)');
  await unstarted.superuserSql(`UPDATE audit_row_change SET changed_at = changed_at - interval '1 hour'`);
  const before = told().length;
  const first = await startRowChanges(unstarted, { lateAfterSeconds: 600 });
  const late = await outboxPartsUntilDrained(first, unstarted);
  await first.close();
  await unstarted.drop();
  expect(late).toEqual([]);
  expect(told().slice(before)).toEqual([]);
});

/** Resolves with the warnings about the outbox that `/health` gives until the changes are in the ledger. */
async function outboxPartsUntilDrained(scene: RowChangesScene, of: TestDatabase): Promise<readonly string[]> {
  const late: string[] = [];
  await eventually(async () => {
    const health = JSON.stringify(await scene.app.get(LedgerProvider).check());
    if (health.includes('Cannot move row changes into the ledger in time')) late.push(health);
    const [row] = await of.superuserSql('SELECT count(*)::int AS waiting FROM audit_row_change');
    return row?.waiting === 0;
  });
  return late;
}
