import { describe, expect, it } from '@jest/globals';
import { Body, Controller, Param, Post } from '@nestjs/common';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { Audited, AuditedEntity } from '../../src/audit/index.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { startCapturedApp } from '../support/captured-app.js';
import { MAIN_ADAPTERS, type CommandRun, runCommand, runSql, withClient, kept, onEach } from '../support/index.js';

@Entity('rate')
@AuditedEntity({ resource: 'rate' })
class Rate {
  @PrimaryColumn('int')
  declare id: number;

  @Column('int')
  declare cents: number;

  @Column('text', { nullable: true })
  declare note: string | null;
}

const rateOf = ({ args }: { readonly args: readonly unknown[] }) => ({ type: 'rate', id: args[0] as string });

@Controller('rates')
class RatesController {
  constructor(private readonly source: DataSource) {}

  @Post(':id')
  @Audited('rate_update', { changes: 'captured', resource: rateOf })
  async update(@Param('id') id: string, @Body() { cents }: { cents: number }): Promise<void> {
    const rates = this.source.getRepository(Rate);
    await rates.update({ id: Number(id) }, { cents });
    await rates.update({ id: Number(id) }, { note: 'checked' });
  }
}

async function capture(database: string, ...args: readonly string[]): Promise<CommandRun> {
  return runCommand(['capture', ...args, '--database-url', database], { cwd: process.cwd(), env: {} });
}

const scenes = await onEach(MAIN_ADAPTERS, async (adapter) => {
  const shop = await kept(startCapturedApp({ entities: [Rate], controllers: [RatesController], adapter }));
  await shop.source.getRepository(Rate).insert({ id: 1, cents: 100 });
  await shop.changes();
  return { shop };
});

describe.each(scenes)('an operation whose changes are captured, on $adapter', ({ shop }) => {
  it('has the changes of its record from the first to the last, and names their events', async () => {
    expect(await shop.send('POST', '/rates/1', 'ada', { cents: 120 })).toBe(201);
    const changes = await shop.changes();
    const [operation] = await shop.events({ action: ['rate_update'] });
    expect(operation).toMatchObject({
      actor: { type: 'user', id: 'ada' },
      metadata: { changesCaptured: true },
      changes: {
        before: { id: 1, cents: 100, note: null },
        after: { id: 1, cents: 120, note: 'checked' },
        diff: [
          { path: '/cents', from: 100, to: 120 },
          { path: '/note', from: null, to: 'checked' },
        ],
      },
      rowChanges: { events: changes.map(({ id }) => id) },
    });
    for (const { actor, metadata } of changes) {
      expect([actor.id, metadata.operationId]).toEqual(['ada', operation?.metadata.operationId]);
    }
  });
});

const shop = await kept(startCapturedApp({ entities: [Rate] }));
const { url } = shop.database;

describe('the built command, on a database of captured rows', () => {
  const run = (statement: string) => runSql(url, statement);

  it('reconciles, and exits with 1 where a row was changed without an event', async () => {
    await run('INSERT INTO rate VALUES (1, 100)');
    await shop.changes();
    expect(await capture(url, 'reconcile')).toMatchObject({ code: 0, errors: '' });
    await withClient(shop.database.superuserUrl, async (client) => {
      await client.query('ALTER TABLE rate DISABLE TRIGGER USER');
      await client.query('UPDATE rate SET cents = 7');
      for (const name of ['insert', 'update', 'delete', 'truncate']) {
        await client.query(`ALTER TABLE rate ENABLE ALWAYS TRIGGER row_capture_${name}`);
      }
    });
    const { code, output } = await capture(url, 'reconcile', '--table', 'rate', '--json');
    expect([code, JSON.parse(output)]).toMatchObject([
      1,
      { verdict: 'incomplete', findings: [{ kind: 'row_changed', table: 'public.rate', key: '1' }] },
    ]);
    expect((await capture(url, 'reconcile', '--table', 'nothing')).code).toBe(2);
    await run('UPDATE rate SET cents = 8');
    expect((await capture(url, 'reconcile')).code).toBe(0);
  });

  it('still finds every row complete after a person’s events are erased', async () => {
    await run(`INSERT INTO rate VALUES (2, 5, 'Ada Lovelace')`);
    await run(`UPDATE rate SET note = 'Ada King' WHERE id = 2`);
    const events = await shop.changes();
    await shop.database.superuserSql('SELECT audit_erase($1)', [events.map(({ id }) => id)]);
    expect(JSON.stringify(await shop.events({ resourceId: ['2'] }))).not.toContain('Ada');
    expect((await capture(url, 'reconcile')).code).toBe(0);
  });

  it('names a row that two events add, as a chunk of the outbox does that was written twice', async () => {
    await shop.changes();
    await withClient(shop.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('INSERT INTO rate VALUES (3, 3)');
      await client.query(
        `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
         SELECT operation, source, origin, statement_rows, changes, lines FROM audit_row_change
          WHERE transaction = pg_current_xact_id()`,
      );
      await client.query('COMMIT');
    });
    const events = await shop.changes();
    expect(events.map(({ resource }) => resource?.id)).toEqual(['3', '3']);
    expect((await reconcileLedger({ database: url })).findings).toEqual([
      { kind: 'event_duplicated', table: 'public.rate', key: '3', eventId: events[1]?.id },
    ]);
    const { code, output } = await capture(url, 'reconcile');
    expect([code, output]).toEqual([1, expect.stringContaining('event_duplicated')]);
  });
});
