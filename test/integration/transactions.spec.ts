import { AsyncResource } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type pg from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import {
  ActionLogger,
  AuditAggregator,
  AuditContext,
  Audited,
  AuditedTransaction,
  AuditModule,
  AuditProvider,
  AuditTrail,
  AuthAudit,
  EventLogger,
  type AuditedCall,
  type AuditEvent,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import {
  eventually,
  closeAfterTests,
  runSql,
  settled,
  tempFolder,
  testDatabase,
  withClient,
} from '../support/index.js';
import { createTestDatabase } from '../support/test-database.js';
import { startLedgerApp } from '../support/ledger-app.js';

const memory = new InMemoryAuditProvider();

@Injectable()
@AuditProvider({ backend: 'pooled', categories: ['order'] })
class PooledProvider implements AuditProvider {
  constructor(private readonly source: DataSource) {}

  async record(batch: readonly AuditEvent[]): Promise<void> {
    await this.source.query('INSERT INTO note SELECT * FROM unnest($1::text[])', [batch.map(({ type }) => type)]);
  }
}

@Injectable()
class Notes {
  constructor(private readonly audit: AuditAggregator) {}

  @AuditedTransaction('note_writing', {
    resource: ({ args: [text] }: AuditedCall<string, [string]>) => ({ type: 'note', id: text }),
    details: ({ result }: AuditedCall<string, [string]>) => ({ result }),
  })
  async write(text: string, fails = false): Promise<string> {
    await AuditContext.transaction<EntityManager>().query('INSERT INTO note VALUES ($1)', [text]);
    AuditContext.annotate({ metadata: { annotated: text } });
    await this.audit.record('note_indexing');
    if (fails) throw new Error('refused');
    return `wrote ${text}`;
  }

  @AuditedTransaction({ isolation: 'SERIALIZABLE' })
  async writeTwo(first: string, second: string, fails = false): Promise<unknown> {
    await this.write(first);
    await this.write(second, fails);
    return AuditContext.transaction<EntityManager>().query('SHOW transaction_isolation');
  }

  @AuditedTransaction()
  async writeWhatCan(first: string, second: string): Promise<void> {
    await this.write(first);
    await Promise.allSettled([this.write(second, true), this.write(second, true)]);
  }
}
let audit: AuditAggregator;
let source: DataSource;

/** The application's pool has one connection. */
async function start(applicationUrl: string, ledgerUrl = applicationUrl): Promise<INestApplication> {
  const { app: started } = await startLedgerApp(ledgerUrl, {
    audit: { spillDir },
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url: applicationUrl, poolSize: 1 })],
    providers: [
      { provide: InMemoryAuditProvider, useValue: memory },
      { provide: PooledProvider, useFactory: (pool: DataSource) => new PooledProvider(pool), inject: [DataSource] },
      { provide: Notes, useFactory: (aggregator: AuditAggregator) => new Notes(aggregator), inject: [AuditAggregator] },
    ],
  });
  audit = started.get(AuditAggregator);
  source = started.get(DataSource);
  started.get(SelfCheck).run = () => Promise.resolve(); // at each tenth minute, it would report what these tests remove
  return started;
}
beforeEach(() => memory.clear());
afterEach(async () => {
  await audit.drain();
  await eventually(async () => (await audit.health()).database?.spillPending === false);
  await settled(database); // what is sealed later would be seen by the next test
  await withClient(database.superuserUrl, async (client) => {
    await client.query('SET session_replication_role = replica'); // triggers off, as only a superuser can
    await client.query('DELETE FROM audit_event');
    await client.query('DELETE FROM note');
  });
});

const write = (manager: EntityManager, text: string) => manager.query('INSERT INTO note VALUES ($1)', [text]);

const spillDir = await tempFolder('audit-spill-');
const database = await testDatabase();
await database.sql('CREATE TABLE note (text text UNIQUE DEFERRABLE INITIALLY DEFERRED)');
const app = await closeAfterTests(start(database.url));
/** Events of the category `system` report how the recording went. */
async function stored(): Promise<string[]> {
  await settled(database);
  const rows = await database.sql(`SELECT type FROM audit_event WHERE category <> 'system' ORDER BY id`);
  return rows.map(({ type }) => String(type));
}
const notes = async (): Promise<string[]> =>
  (await database.sql('SELECT text FROM note ORDER BY text')).map(({ text }) => String(text));
const reported = (): string[] => memory.events.filter(({ category }) => category !== 'system').map(({ type }) => type);

/** `where` is a part of the PL/pgSQL call stack, so that only the application's transactions are refused. */
async function refusing<Result>(type: string, work: () => Promise<Result>, where = ''): Promise<Result> {
  await database.superuserSql(`CREATE FUNCTION refuse_event() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE calls text;
     BEGIN
       GET DIAGNOSTICS calls = PG_CONTEXT;
       IF NEW.body LIKE '%"type":"${type}"%' AND calls LIKE '%${where}%' THEN RAISE EXCEPTION 'no ${type}'; END IF;
       RETURN NEW;
     END $$;
     CREATE TRIGGER refuse_event BEFORE INSERT ON audit_inbox FOR EACH ROW EXECUTE FUNCTION refuse_event()`);
  return work().finally(() =>
    database.superuserSql('DROP TRIGGER IF EXISTS refuse_event ON audit_inbox; DROP FUNCTION IF EXISTS refuse_event()'),
  );
}

describe('an event recorded inside dataSource.transaction()', () => {
  it('is stored by the commit and by nothing before it, and then told to the other providers', async () => {
    await source.transaction(async (manager) => {
      await write(manager, 'a');
      const receipt = await audit.record('thing_made');
      expect(receipt).toMatchObject({
        recorded: true,
        providers: {
          database: { status: 'joined' },
          memory: { status: 'deferred' },
          pooled: { status: 'skipped', reason: 'category' },
        },
      });
      expect([await stored(), reported()]).toEqual([[], []]);
    });

    expect([await stored(), await notes(), reported()]).toEqual([['thing_made'], ['a'], ['thing_made']]);
  });

  it('is told to nobody when the server answers COMMIT with ROLLBACK, since an error was swallowed', async () => {
    await source.transaction(async (manager) => {
      await audit.record('thing_made');
      await manager.query('SELECT 1 / 0').catch(() => undefined);
      await audit.record('thing_checked');
    });

    expect([await stored(), reported()]).toEqual([[], []]);
  });

  it('is of the part that is rolled back to its savepoint, and of no other', async () => {
    await source.transaction(async (manager) => {
      await audit.record('before');
      await manager.transaction((nested) => nested.transaction(() => audit.record('released')));
      await manager
        .transaction(async (nested) => {
          await audit.record('nested');
          await nested.transaction(() => audit.record('nested_deeper'));
          throw new Error('refused');
        })
        .catch(() => undefined);
      await manager.transaction(() => audit.record('nested_again'));
      await audit.record('after');
    });

    const kept = ['before', 'released', 'nested_again', 'after'];
    expect([await stored(), reported()]).toEqual([kept, kept]);
  });

  it('is part of it also while a nested transaction ends beside it', async () => {
    const failures: unknown[] = [];
    const failing = source.transaction(async (manager) => {
      const state = { isOpen: true };
      const nested = manager.transaction(() => audit.record('nested')).finally(() => (state.isOpen = false));
      while (state.isOpen) {
        const calls = [audit.record('thing_made'), audit.record('thing_sold', {}, { transaction: manager })];
        failures.push(...(await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected'));
      }
      await nested;
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    expect([failures, await stored(), reported()]).toEqual([[], [], []]);
  });

  it('is part of it with all others that nobody awaits: its end waits for them', async () => {
    const names = Array.from({ length: 5 }, (_, index) => `step_${index}_x`);
    const recordAll = () => {
      for (const name of names) void audit.record(name);
      return Promise.resolve();
    };
    await source.transaction(recordAll);
    expect([await stored(), reported()]).toEqual([names, names]);

    const failing = source.transaction(async () => {
      await recordAll();
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    expect([await stored(), reported()]).toEqual([names, names]);
  });

  it('comes with the context and keeps the annotations of the operation around', async () => {
    class Job {
      @Audited('job')
      async run(): Promise<void> {
        await source.transaction(async () => {
          AuditContext.annotate({ details: { step: 1 } });
          AuditContext.set({ tenantId: 'acme' });
          await audit.record('thing_made');
        });
      }
    }
    await new Promise((resolve) => setImmediate(resolve)); // decorators are through
    await AuditContext.run({ actor: { type: 'service', id: 's' } }, () => new Job().run());

    const [made, job] = memory.events;
    expect(made).toMatchObject({ type: 'thing_made', actor: { id: 's' }, tenantId: 'acme' });
    expect(job).toMatchObject({ type: 'job', actor: { id: 's' }, tenantId: 'acme', details: { step: 1 } });
  });

  it('is recorded on its own where it says that something failed, although the only connection is taken', async () => {
    const failing = source.transaction(async (manager) => {
      await write(manager, 'a');
      const receipts = await Promise.all([
        audit.record('user_login_failed'),
        audit.record('payment', { outcome: 'denied' }),
        audit.record('payment', { outcome: 'attempted' }),
        audit.record('thing_made', {}, { delivery: 'durable' }),
      ]);
      expect(receipts.map(({ providers }) => providers.database)).toEqual(receipts.map(() => ({ status: 'recorded' })));
      throw new Error('refused');
    });

    await expect(failing).rejects.toThrow('refused');
    await audit.drain();
    const all = ['user_login_failed', 'payment_denied', 'payment_attempted', 'thing_made'];
    expect((await stored()).sort()).toEqual([...all].sort());
    expect(reported().sort()).toEqual([...all].sort());
  });

  it('reaches a provider that needs the only connection, once the commit has given it back', async () => {
    await source.transaction(() => audit.record('order_created'));

    const { pooled } = await audit.health();
    expect([await notes(), await stored(), pooled?.spilled]).toEqual([['order_created'], ['order_created'], 0]);
  });

  it('keeps apart from those of transactions at the same time, also of a data source that Nest does not know', async () => {
    const other = await new DataSource({ type: 'postgres', url: database.url, poolSize: 8 }).initialize();
    try {
      const runs = Array.from({ length: 8 }, async (_, index) => {
        await other.transaction(async (manager) => {
          for (let step = 0; step < 3; step++) {
            await manager.query('SELECT pg_sleep($1)', [((index * 7 + step * 3) % 5) / 1_000]);
            await audit.record(`run_${index}_${step}`, {}, { transaction: manager });
          }
          if (index % 2 === 1) throw new Error('refused');
        });
      });
      await Promise.allSettled(runs);
      for (const [name, fails] of [
        ['run_8_x', false],
        ['run_9_x', true],
      ] as const) {
        const joined = AuditContext.inTransaction(other, async () => {
          expect((await audit.record(name)).providers.database).toEqual({ status: 'joined' });
          await expect(AuditContext.transaction<EntityManager>().query('SELECT 1')).resolves.toHaveLength(1);
          if (fails) throw new Error('refused');
        });
        await Promise.allSettled([joined]);
      }
    } finally {
      await other.destroy();
    }

    const kept = [0, 2, 4, 6].flatMap((index) => [0, 1, 2].map((step) => `run_${index}_${step}`)).concat('run_8_x');
    expect((await stored()).sort()).toEqual(kept);
  });
});

describe('record(name, input, { transaction })', () => {
  it('refuses a manager without a transaction, none, and one whose transaction is over', async () => {
    const stale: EntityManager[] = [];
    await source.transaction((manager) => Promise.resolve(stale.push(manager)));
    for (const manager of [source.manager, null, stale[0]]) {
      const refused = audit.record('thing_made', {}, { transaction: manager });
      await expect(refused).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_MISSING' });
    }
    expect(reported()).toEqual([]);
  });

  const isActive = { isTransactionActive: true, isReleased: false };
  const dressed = (client: pg.Client, more: object = {}) => ({
    queryRunner: isActive,
    query: async (text: string, values?: unknown[]) => (await client.query(text, values)).rows as unknown,
    ...more,
  });

  it.each<[string, (client: pg.Client) => unknown]>([
    [
      'a dressed pg client with commits and the data source',
      (client) =>
        dressed(client, {
          dataSource: source,
          queryRunner: { ...isActive, commitTransaction: () => client.query('COMMIT') },
        }),
    ],
    ['a client of Prisma', () => new Proxy({}, { get: (_target, name) => ({ model: name }) })],
    [
      'an object that cannot be read',
      () =>
        new Proxy(
          {},
          {
            get: () => {
              throw new Error('no');
            },
          },
        ),
    ],
  ])('refuses %s, which it does not know, in every call, and records nothing', async (_what, make) => {
    await withClient(database.url, async (client) => {
      await client.query('BEGIN');
      const options = { transaction: make(client) as EntityManager };
      const positional = app.get<{ record(...given: unknown[]): Promise<unknown> }>(AuditTrail);
      const calls = [
        () => audit.record('thing_made', {}, options),
        () => audit.record('thing_made', {}, { ...options, onFailure: 'closed' }),
        () => positional.record('thing_making', 1, 's-1', 'thing', 2, {}, options),
        () => app.get(EventLogger).logEvent('thing_made', {}, options),
        () => app.get(AuditTrail).record('thing_making', {}, options),
        () => app.get(AuditTrail).attempted('thing_making', {}, options),
        () => app.get(AuthAudit).logout({}, options),
      ];
      for (const call of calls) {
        const refused = call();
        await expect(refused).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_UNKNOWN' });
        await expect(refused).rejects.toThrow(
          /Pass one of these: the manager of a transaction of TypeORM.*Drizzle.*Prisma/,
        );
      }
      expect(await app.get(ActionLogger).logAction({ adminUserId: 1, action: 'thing_made' }, options)).toBe(false);
      await client.query('COMMIT');
    });
    await audit.drain();
    expect([await stored(), reported()]).toEqual([[], []]);
  });

  it.each<[string, (runner: QueryRunner) => EntityManager]>([
    ['another manager of its query runner', (runner) => source.createEntityManager(runner)],
    ['a proxy of its manager', (runner) => new Proxy(runner.manager, {})],
  ])('joins the transaction of a query runner by %s', async (_what, make) => {
    const runner = source.createQueryRunner();
    await runner.startTransaction();
    const { providers } = await audit.record('thing_made', {}, { transaction: make(runner) });
    expect([providers.database?.status, await stored()]).toEqual(['joined', []]);
    await runner.commitTransaction();
    await runner.release();
    expect(await stored()).toEqual(['thing_made']);
  });

  it('stores nothing by a manager whose transaction is being rolled back', async () => {
    const runner = source.createQueryRunner();
    for (const first of [true, false]) {
      await runner.startTransaction();
      if (first) await audit.record('thing_made', {}, { transaction: runner.manager });
      const rollback = runner.rollbackTransaction();
      const late = audit.record('thing_made', {}, { transaction: runner.manager }); // refused, or undone
      await Promise.allSettled([late, rollback]);
    }
    await runner.release();
    expect([await stored(), reported()]).toEqual([[], []]);
  });

  it("refuses delivery: 'transactional' where there is no transaction, or the context is lost", async () => {
    const outside = new AsyncResource('outside');
    await expect(audit.record('thing_made', {}, { delivery: 'transactional' })).rejects.toThrow(
      expect.objectContaining({ code: 'AUDIT_TRANSACTION_MISSING' }),
    );
    const failing = source.transaction(() =>
      outside.runInAsyncScope(() => audit.record('thing_made', {}, { delivery: 'transactional' })),
    );
    await expect(failing).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_TRANSACTION_MISSING' }));
    expect(() => AuditContext.transaction()).toThrow(expect.objectContaining({ code: 'AUDIT_TRANSACTION_MISSING' }));
    expect(reported()).toEqual([]);
  });

  it('records on its own what continues while the connection is in its next transaction', async () => {
    const runner = source.createQueryRunner();
    let late: Promise<unknown> | undefined;
    let release: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (release = resolve));
    await runner.manager.transaction((manager) => {
      late = over.then(() => audit.record('thing_made'));
      return write(manager, 'a');
    });
    await runner.startTransaction();
    release();
    await late;
    await runner.rollbackTransaction();
    await runner.release();

    expect([await stored(), reported()]).toEqual([['thing_made'], ['thing_made']]);
  });
});

describe('an event that the ledger refuses within a transaction', () => {
  it('costs the transaction nothing, and is stored after the commit, with those that it came with', async () => {
    const recordAll = async () => {
      await source.transaction(async (manager) => {
        await write(manager, 'a');
        await audit.record('thing_made');
        await audit.record('thing_checked');
        await write(manager, 'b');
      });
      expect((await audit.health()).database?.spillPending).toBe(false);
    };
    await refusing('thing_made', recordAll, 'audit_accept');
    const both = ['thing_made', 'thing_checked'];
    expect([await notes(), await stored(), reported()]).toEqual([['a', 'b'], both, both]);
  });

  it('is spilled after the commit while the ledger keeps refusing', async () => {
    await refusing('thing_made', async () => {
      await source.transaction(() => audit.record('thing_made'));
      const { database: ledger } = await audit.health();
      expect([ledger?.spillPending, await stored(), reported()]).toEqual([true, [], ['thing_made']]);
    });
    await eventually(async () => (await stored()).includes('thing_made'));
    await eventually(async () => (await audit.health()).database?.spillPending === false);
  });

  it('is forgotten with the rollback', async () => {
    await refusing('thing_made', async () => {
      const failing = source.transaction(async () => {
        await audit.record('thing_made');
        throw new Error('refused');
      });
      await expect(failing).rejects.toThrow('refused');
    });
    const health = await audit.health();
    expect([await stored(), reported(), health.database?.spillPending]).toEqual([[], [], false]);
  });

  it('fails the transaction where its policy is closed, also where the caller swallows that or a savepoint is rolled back after it, but not beyond a savepoint', async () => {
    const record = () => audit.record('thing_made', {}, { onFailure: 'closed' });
    const refuse = () => Promise.reject(new Error('refused'));
    await refusing('thing_made', async () => {
      for (const rollsBack of [false, true]) {
        const swallowing = source.transaction(async (manager) => {
          await write(manager, 'a');
          await record().catch(() => undefined);
          if (rollsBack) await manager.transaction(refuse).catch(() => undefined);
        });
        await expect(swallowing).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }));
      }
      await source.transaction(async (manager) => {
        await write(manager, 'b');
        await expect(manager.transaction(record)).rejects.toThrow(
          expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }),
        );
      });
    });
    expect([await notes(), await stored(), reported()]).toEqual([['b'], [], []]);
  });
});

describe('@AuditedTransaction', () => {
  it('runs the method in a transaction, with its event as part of it', async () => {
    expect(await app.get(Notes).write('a')).toBe('wrote a');

    expect([await notes(), await stored(), reported()]).toEqual([
      ['a'],
      ['note_indexing', 'note_writing'],
      ['note_indexing', 'note_writing'],
    ]);
    expect(memory.events[1]).toMatchObject({
      outcome: 'success',
      actor: { type: 'system' },
      resource: { type: 'note', id: 'a' },
      details: { result: 'wrote a' },
      metadata: { annotated: 'a' },
    });
  });

  it('records a failure where the commit fails', async () => {
    await app.get(Notes).write('a');
    memory.clear();
    await expect(app.get(Notes).write('a')).rejects.toThrow('duplicate key');

    expect(reported()).toEqual(['note_writing_failed']);
  });

  it('joins the transaction that it is called in, on the only connection', async () => {
    expect(await app.get(Notes).writeTwo('a', 'b')).toEqual([{ transaction_isolation: 'serializable' }]);
    expect([await notes(), (await stored()).length]).toEqual([['a', 'b'], 4]);

    await expect(app.get(Notes).writeTwo('c', 'd', true)).rejects.toThrow('refused');
    expect([await notes(), (await stored()).filter((type) => type === 'note_writing_failed')]).toEqual([
      ['a', 'b'],
      ['note_writing_failed'],
    ]);
  });

  it.each([
    ['itself', () => app.get(Notes).writeWhatCan('a', 'b')],
    ['TypeORM', () => source.transaction(() => app.get(Notes).writeWhatCan('a', 'b'))],
  ])('undoes what a method within it did that failed, in a transaction of %s', async (_whose, run) => {
    await run();
    await eventually(async () => (await stored()).length === 4);
    expect(await notes()).toEqual(['a']);
    expect((await stored()).sort()).toEqual([
      'note_indexing',
      'note_writing',
      'note_writing_failed',
      'note_writing_failed',
    ]);
  });

  it('says which data sources there are when it cannot tell', async () => {
    class Lost {
      @AuditedTransaction({ dataSource: 'reports' })
      run(): Promise<void> {
        return Promise.resolve();
      }
    }
    const refused = new Lost().run();
    await expect(refused).rejects.toMatchObject({ code: 'AUDIT_DATA_SOURCE_UNKNOWN' });
    await expect(refused).rejects.toThrow(/Lost\.run.*DataSource.*no data source has the name reports/);
  });
});

it('two applications on one data source record each event once', async () => {
  @Module({
    imports: [AuditModule.forRoot()],
    providers: [{ provide: getDataSourceToken(), useValue: source }],
  })
  class SecondModule {}
  const second = await Test.createTestingModule({ imports: [SecondModule] }).compile();
  await second.init();
  await source.transaction(() => audit.record('thing_made'));
  await second.close();

  expect([await stored(), reported()]).toEqual([['thing_made'], ['thing_made']]);
  expect(source.subscribers).toHaveLength(1);
});

it('a ledger in another database gets the event after the commit, and not after a rollback', async () => {
  const business = await createTestDatabase();
  await runSql(business.url, 'CREATE TABLE note (text text)');
  const both = [audit, source] as const;
  const apart = await start(business.url, database.url);
  try {
    await source.transaction(async (manager) => {
      await write(manager, 'a');
      expect((await audit.record('thing_made')).providers.database).toEqual({ status: 'deferred' });
      expect(await stored()).toEqual([]);
    });
    await source
      .transaction(async () => {
        await audit.record('thing_unmade');
        throw new Error('refused');
      })
      .catch(() => undefined);
    expect(await stored()).toEqual(['thing_made']);
    expect(await runSql(business.url, 'SELECT * FROM audit_event')).toEqual([]);
  } finally {
    await apart.close();
    [audit, source] = both;
    await business.drop();
  }
});

describe('an event in a transaction that a query runner began by hand', () => {
  let runner: QueryRunner;

  beforeEach(async () => {
    runner = source.createQueryRunner();
    await runner.startTransaction();
  });
  afterEach(async () => {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  });

  const record = (name: string) => audit.record(name, {}, { transaction: runner.manager });

  it('is stored by the commit, and told to the other providers by the caller', async () => {
    const receipt = await record('kept');
    await runner.commitTransaction();
    expect([receipt.providers.memory, await stored(), reported()]).toEqual([{ status: 'pending' }, ['kept'], []]);
    await receipt.deliver?.();
    expect(reported()).toEqual(['kept']);
  });

  it.each(['COMMIT', 'ROLLBACK'])('is refused after a %s as a text', async (end) => {
    await record('before');
    await runner.query(end);
    await expect(record('late')).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_MISSING' });
    expect(await stored()).toEqual(end === 'COMMIT' ? ['before'] : []);
  });
});
