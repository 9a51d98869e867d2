import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Inject, Post } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditAggregator, AuditContext, Audited, AuditedTransaction } from '../../src/audit/index.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { LEADER_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { eventually, closeAfterTests, keptApp, openClient, tempFolder, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { createTestDatabase } from '../support/test-database.js';
import { withTiming } from '../support/with-timing.js';

/** The server's own default makes a statement wait far longer. */
const TIMEOUT_MS = 1_000;

@Controller('notes')
class NotesController {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
  ) {}

  @Post('closed')
  @AuditedTransaction('closed_note_writing', { onFailure: 'closed' })
  async writeClosed(): Promise<void> {
    await AuditContext.getManager<EntityManager>(this.source).query(`INSERT INTO note VALUES ('closed')`);
  }

  @Post('open')
  @AuditedTransaction('open_note_writing')
  async writeOpen(): Promise<void> {
    await AuditContext.getManager<EntityManager>(this.source).query(`INSERT INTO note VALUES ('open')`);
  }

  @Post('given')
  @Audited('note_writing', { onFailure: 'closed' })
  async writeGiven(): Promise<void> {
    await this.source.transaction((manager) => this.write('given', manager));
  }

  @Post('by-hand')
  @Audited('note_writing', { onFailure: 'closed' })
  async writeByHand(): Promise<void> {
    const runner = this.source.createQueryRunner();
    await runner.startTransaction();
    try {
      await this.write('by hand', runner.manager);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  }

  @Post('second')
  @Audited('note_writing', { onFailure: 'closed' })
  async writeSecond(): Promise<void> {
    await this.source.transaction((manager) => manager.query(`INSERT INTO note VALUES ('first')`));
    await this.writeGiven();
  }

  @Post('beside')
  @Audited('note_writing', { onFailure: 'closed' })
  async writeBeside(): Promise<void> {
    await this.source.query(`INSERT INTO note VALUES ('beside')`);
    await this.writeGiven();
  }

  private async write(text: string, manager: EntityManager): Promise<void> {
    await manager.query('INSERT INTO note VALUES ($1)', [text]);
    await this.audit.record('note_step', {}, { transaction: manager, onFailure: 'closed' });
  }
}

const database = await testDatabase();
await database.sql('CREATE TABLE note (text text)');
const spillDir = await tempFolder('audit-spill-');
const { app, url } = await keptApp(
  startLedgerApp(database.url, {
    audit: { spillDir, providerTimeoutMs: TIMEOUT_MS },
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url })],
    controllers: [NotesController],
  }),
);
const holder = await closeAfterTests(openClient(database.superuserUrl));
await app.get(DataSource).transaction(() => app.get(AuditAggregator).record('warm_up')); // it knows where the ledger is

const lock = (): Promise<unknown> => holder.query('BEGIN; LOCK TABLE audit_inbox IN ACCESS EXCLUSIVE MODE');
const unlock = (): Promise<unknown> => holder.query('ROLLBACK');
const post = async (route: string): Promise<number> =>
  (await fetch(`${url}/notes/${route}`, { method: 'POST' })).status;
const notes = async (): Promise<unknown[]> => (await database.sql('SELECT text FROM note')).map(({ text }) => text);
const isStored = async (type: string): Promise<boolean> =>
  (await database.sql('SELECT FROM audit_event WHERE type = $1', [type])).length > 0;

afterEach(async () => {
  await unlock();
  await database.sql('TRUNCATE note');
  await eventually(async () => (await app.get(AuditAggregator).health()).database?.spillPending === false);
});

it('a transaction with an event waits for the disk, although the login does not', async () => {
  let seen: unknown;
  await app.get(DataSource).transaction(async (manager) => {
    await manager.query('SET LOCAL synchronous_commit = off');
    await app.get(AuditAggregator).record('last_step', {}, { onFailure: 'closed' });
    seen = await manager.query('SHOW synchronous_commit');
  });
  expect(seen).toEqual([{ synchronous_commit: 'on' }]);
});

describe('a transaction whose ledger, in the same database, is locked by somebody else', () => {
  it('waits less than providerTimeoutMs for the lock, once for all of its events, and keeps its own lock_timeout', async () => {
    const append = jest.spyOn(app.get(LedgerProvider), 'recordInTransaction');
    await lock();
    let seen: unknown;
    await app.get(DataSource).transaction(async (manager) => {
      await manager.query(`SET LOCAL lock_timeout = '7s'`);
      // The server must give up, not the library: a statement that outlives the library's time-out would hold the commit up.
      for (const [type, error] of [
        ['first_step', '55P03'],
        ['second_step', 'not retried'],
      ] as const) {
        const { providers } = await app.get(AuditAggregator).record(type);
        expect(providers.database).toEqual({ status: 'deferred', error: expect.stringContaining(error) });
      }
      seen = await manager.query('SHOW lock_timeout');
    });

    expect(append).toHaveBeenCalledTimes(1);
    append.mockRestore();
    expect(seen).toEqual([{ lock_timeout: '7s' }]);
  });

  it('is rolled back and answered with 503 where its policy is closed', async () => {
    await lock();
    expect(await post('closed')).toBe(503);
    await unlock();
    expect(await notes()).toEqual([]);
  });

  it.each(['given', 'by-hand'])('is answered with 503 if it was the only thing that was done: %s', async (route) => {
    await lock();
    expect(await post(route)).toBe(503);
    await unlock();
    expect(await notes()).toEqual([]);
  });

  it.each([
    ['second', 'first'],
    ['beside', 'beside'],
  ])('is answered with 500, "do not repeat", if something else was done: %s', async (route, text) => {
    await lock();
    expect(await post(route)).toBe(500);
    await unlock();
    expect(await notes()).toEqual([text]);
  });

  it('commits where its policy is open, and its event is in the spill until the lock is gone', async () => {
    await lock();
    expect(await post('open')).toBe(201);
    expect(await notes()).toEqual(['open']);
    expect((await app.get(AuditAggregator).health()).database?.spillPending).toBe(true);
    await unlock();
    await eventually(() => isStored('open_note_writing'));
  });
});

describe('an application whose ledger is locked by somebody else', () => {
  withTiming({ silentMs: 300 });

  it('closes before the lock is gone, although its leader waits for the lock', async () => {
    const own = await createTestDatabase();
    const limits = { ...LEADER_LIMITS };
    Object.assign(LEADER_LIMITS, { statementTimeoutMs: 0, queryTimeoutMs: 0 }); // the leader alone would wait forever
    const { app: closing } = await startLedgerApp(own.url, { audit: { spillDir: await tempFolder('audit-spill-') } });
    const locker = await openClient(own.superuserUrl);
    await locker.query('BEGIN; LOCK TABLE audit_head, audit_inbox, audit_act IN ACCESS EXCLUSIVE MODE');
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% sequencer' AND wait_event_type = 'Lock'`;
    await eventually(async () => (await own.superuserSql(waits)).length > 0);
    await closing.close();
    await locker.end();
    await own.drop();
    Object.assign(LEADER_LIMITS, limits);
  });
});
