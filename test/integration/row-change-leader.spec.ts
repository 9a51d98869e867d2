import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AuditAggregator } from '../../src/audit/index.js';
import { AuditHistory, AuditQuery } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { eventually, freshKeyFile, settled, tempFolder } from '../support/index.js';
import { kept, keptApp, testDatabase } from '../support/kept.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { withTiming } from '../support/with-timing.js';

const warnings: string[] = [];
jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(String(text)));
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
const scene = await kept(startRowChanges(database, {}, {}, [], keyFile));

const changes = () => database.sql(`SELECT resource_id AS id FROM audit_event WHERE type = 'row_inserted' ORDER BY id`);
const waiting = () => database.superuserSql('SELECT FROM audit_row_change');

withTiming({ yieldMs: 0 });

describe('row changes', () => {
  it('are sealed although the leader lacks their module: it lets an instance with the module lead', async () => {
    await database.sql('INSERT INTO rate VALUES (1)');
    await eventually(async () => (await waiting()).length === 0);
    expect(scene.app.get(Sequencer).status.role).toBe('leading');
    expect(await changes()).toEqual([{ id: '1' }]);
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

  it('that the ledger refuses hold up no event of a request', async () => {
    await database.superuserSql(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
      CREATE TRIGGER a_refuse BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.category = 'data_change') EXECUTE FUNCTION refuse()`);
    await database.sql('INSERT INTO rate VALUES (2)');
    await eventually(() => scene.drainError() !== undefined);
    const { eventId } = await scene.app.get(AuditAggregator).record('order_created');
    await settled(database);
    expect(await database.sql('SELECT FROM audit_event WHERE id = $1', [eventId])).toHaveLength(1);
    expect(await waiting()).toHaveLength(1);
    await database.superuserSql('LOCK TABLE audit_event; DROP TRIGGER a_refuse ON audit_event');
    await eventually(async () => (await waiting()).length === 0);
    expect(await changes()).toEqual([{ id: '1' }, { id: '2' }]);
    expect(warnings.filter((text) => text.includes('have no actor'))).toEqual([
      expect.stringMatching(/^1 row change.*auditedPg/),
    ]);
  });
});

describe('a history', () => {
  withTiming({ sealMs: 60_000 });

  it('has what was captured before the question, which wakes the leader', async () => {
    await database.sql('INSERT INTO rate VALUES (3)');
    const rate = { type: 'rate', id: '3' };
    expect(await scene.app.get(AuditHistory).state({ scope: 'all' }, rate)).toMatchObject({ values: { id: 3 } });
    await database.sql('DELETE FROM rate WHERE id = 3');
    const { items } = await scene.app.get(AuditQuery).history({ scope: 'all' }, rate);
    expect(items.map(({ type }) => type)).toEqual(['row_deleted', 'row_inserted']);
  });
});
