import { describe, expect, it } from '@jest/globals';
import { Controller, ForbiddenException, Post } from '@nestjs/common';
import pg from 'pg';
import { AuditAggregator, Audited, judgeHealth } from '../../src/audit/index.js';
import { ADAPTERS, eventually, kept, keptApp, onEach, tempFolder, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { requestIdOf } from '../support/request-ids.js';

@Controller('orders')
class OrdersController {
  @Post()
  @Audited('order_creation')
  create(): string {
    return 'placed';
  }

  @Post('denied')
  @Audited('order_creation')
  deny(): never {
    throw new ForbiddenException();
  }
}

const scenes = await onEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const audit = { spillDir: await tempFolder('audit-spill-') };
  const { app, url } = await keptApp(startLedgerApp(database.url, { adapter, audit, controllers: [OrdersController] }));
  const lock = await kept(new pg.Client({ connectionString: database.superuserUrl }));
  await lock.connect();
  return { database, app, url, lock };
});

describe.each(scenes)('a response waits for its event, on $adapter', ({ database, app, url, lock }) => {
  const post = (path: string, headers = {}) => fetch(`${url}/${path}`, { method: 'POST', headers });
  const waitingWriters = async () => {
    const [row] = await database.superuserSql(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE datname = $1 AND wait_event_type = 'Lock' AND query ~ 'INSERT INTO audit_inbox|audit_(try_)?accept' AND pid <> pg_backend_pid()`,
      [database.name],
    );
    return Number(row?.waiting);
  };

  it.each([
    ['orders', 201],
    ['orders/denied', 403],
  ])('while somebody has locked the ledger: %s', async (path, status) => {
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE audit_inbox IN EXCLUSIVE MODE');
    let answered = false;
    const answer = post(path).finally(() => (answered = true));

    await eventually(async () => (await waitingWriters()) > 0);
    expect(answered).toBe(false);
    await lock.query('COMMIT');

    expect((await answer).status).toBe(status);
  });

  it('and a ledger that is down costs no response and no event: the spill keeps it until the ledger is back', async () => {
    const id = requestIdOf('while-down');
    await database.superuserSql('ALTER TABLE audit_inbox RENAME TO audit_inbox_gone');
    expect((await post('orders', { 'x-request-id': id })).status).toBe(201);
    const audit = app.get(AuditAggregator);
    expect(judgeHealth(await audit.health(), audit.spill()).state).toBe('degraded');

    await database.superuserSql('ALTER TABLE audit_inbox_gone RENAME TO audit_inbox');
    await eventually(async () => {
      const found = await database.sql('SELECT type FROM audit_event WHERE request_id = $1', [id]);
      return found.length === 1 && found[0]?.type === 'order_created';
    });
  });
});
