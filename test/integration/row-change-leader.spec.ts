import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AuditAggregator } from '../../src/audit/index.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { AuditHistory, AuditQuery } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { eventually, freshKeyFile, settled, tempFolder } from '../support/index.js';
import { closeAfterTests, keptApp, testDatabase } from '../support/close-after-tests.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { withTiming } from '../support/with-timing.js';

const lines: string[] = [];
for (const level of ['log', 'warn', 'error'] as const)
  jest
    .spyOn(Logger.prototype, level)
    .mockImplementation((text: unknown) => void lines.push(`${level} ${String(text)}`));
afterAll(() => void jest.restoreAllMocks());
const keyFile = freshKeyFile();
const database = await testDatabase();
await database.sql('CREATE TABLE rate (id int PRIMARY KEY)');
await captureTables(database.url, { 'public.rate': {} });

const leader = await keptApp(
  startLedgerApp(database.url, {
    audit: { spillDir: await tempFolder('audit-spill-') },
    monitoring: { signingKeyFile: keyFile },
  }),
);
await eventually(() => leader.app.get(Sequencer).status.role === 'leading');
const scene = await closeAfterTests(startRowChanges(database, { lateAfterSeconds: 1 }, {}, [], keyFile));

const changes = () => database.sql(`SELECT resource_id AS id FROM audit_event WHERE type = 'row_inserted' ORDER BY id`);
const reported = () => lines.filter((line) => /[Rr]ow changes (wait|in time)/.test(line));
const waiting = () => database.superuserSql('SELECT FROM audit_row_change');

withTiming({ yieldMs: 0 });

describe('row changes', () => {
  it('are sealed although the leader lacks their module: it lets an instance with the module lead', async () => {
    await database.sql('INSERT INTO rate VALUES (1)');
    await eventually(async () => (await waiting()).length === 0);
    expect(scene.app.get(Sequencer).status.role).toBe('leading');
    expect(await changes()).toEqual([{ id: '1' }]);
    const withoutActor = () => lines.filter((line) => line.includes('have no actor'));
    await eventually(() => withoutActor().length > 0);
    expect(withoutActor()).toEqual([expect.stringMatching(/^warn 1 row change.*auditedPg/)]);
  });

  it('make only an instance that can seal ask for the lead: another login cannot', async () => {
    const holder = () =>
      database.superuserSql(
        `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${LEADER.lock.class}
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
    const before = await holder();
    await database.superuserSql(`SELECT pg_notify('audit_seal', 'yield:x')`);
    await scene.app.get(AuditAggregator).record('order_created');
    await settled(database);
    expect(await holder()).toEqual(before);
  });

  it('that the ledger refuses hold up no event of a request, and are late in the log and for /health until that is over', async () => {
    await eventually(() => reported().length % 2 === 0); // on a busy machine, the first ones may have waited too long
    lines.length = 0;
    await database.superuserSql(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
      CREATE TRIGGER a_refuse BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.category = 'data_change') EXECUTE FUNCTION refuse()`);
    await database.sql('INSERT INTO rate VALUES (2)');
    await eventually(() => scene.drainError() !== undefined);
    const { eventId } = await scene.app.get(AuditAggregator).record('order_created');
    await settled(database);
    expect(await database.sql('SELECT FROM audit_event WHERE id = $1', [eventId])).toHaveLength(1);
    expect(await waiting()).toHaveLength(1);
    await eventually(() => reported().length === 1);
    const late = 'Cannot move row changes into the ledger in time';
    await eventually(async () => JSON.stringify(await scene.app.get(LedgerProvider).check()).includes(late));
    await database.superuserSql('LOCK TABLE audit_event; DROP TRIGGER a_refuse ON audit_event');
    await eventually(async () => (await waiting()).length === 0);
    expect(await changes()).toEqual([{ id: '1' }, { id: '2' }]);
    await eventually(() => reported().length === 2);
    expect(reported()).toEqual([
      expect.stringMatching(
        /^error Row changes wait too long for the ledger: the oldest waits for \d+ s, and lateAfterSeconds is 1\./,
      ),
      'log The ledger stores row changes in time again: the oldest waits for 0 s.',
    ]);
  });
});

describe('a history', () => {
  withTiming({ sealMs: 60_000 });

  it('has what was captured before the question, which wakes the leader, although the clock of the database is ahead', async () => {
    await database.superuserSql(
      `ALTER TABLE audit_row_change ALTER changed_at SET DEFAULT clock_timestamp() + interval '3 s'`,
    );
    await database.sql('INSERT INTO rate VALUES (3)');
    const rate = { type: 'rate', id: '3' };
    expect(await scene.app.get(AuditHistory).state({ scope: 'all' }, rate)).toMatchObject({ values: { id: 3 } });
    await database.sql('DELETE FROM rate WHERE id = 3');
    const { items } = await scene.app.get(AuditQuery).history({ scope: 'all' }, rate);
    expect(items.map(({ type }) => type)).toEqual(['row_deleted', 'row_inserted']);
  });
});
