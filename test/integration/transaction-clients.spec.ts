import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import {
  AuditAggregator,
  AuditContext,
  auditedPg,
  AuditModule,
  AuditProvider,
  type RecordOptions,
  type TransactionManager,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { eventually, kept, settled, tempFolder, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { createTestDatabase } from '../support/test-database.js';
import { TRANSACTION_CLIENTS, type TestClient } from '../support/transaction-clients.js';

const audited = auditedPg(pg, { key: 'of this test, and of no other one' });
const others: pg.Client[] = [];
afterAll(() => Promise.all(others.map((other) => other.end()))); // before the database is dropped

const memory = new InMemoryAuditProvider();
const database = await testDatabase();
await database.sql('CREATE TABLE note (text text)');
const other = new audited.Client({ connectionString: database.url });
others.push(other);
await other.connect();
const spillDir = await tempFolder('audit-spill-');
let current: object | undefined;

/** Has a connection of its own, which is not that of the transaction. */
@AuditProvider({ backend: 'elsewhere' })
class ElsewhereProvider {
  record(): Promise<void> {
    return Promise.resolve();
  }

  async recordInTransaction(): Promise<boolean> {
    await other.query('SELECT 1');
    return false;
  }
}

const { app } = await startLedgerApp(database.url, {
  audit: { spillDir, currentTransaction: () => current },
  providers: [{ provide: InMemoryAuditProvider, useValue: memory }, ElsewhereProvider],
});
await kept(app);
const audit = app.get(AuditAggregator);

const stored = async (): Promise<readonly string[]> => {
  await settled(database);
  const rows = await database.sql(`SELECT type FROM audit_event WHERE category <> 'system' ORDER BY id`);
  return rows.map(({ type }) => String(type));
};
const notes = async (): Promise<readonly string[]> =>
  (await database.sql('SELECT text FROM note ORDER BY text')).map(({ text }) => String(text));
const told = (): readonly string[] =>
  memory.events.filter(({ category }) => category !== 'system').map(({ type }) => type);
const refused = (): never => {
  throw new Error('refused');
};

beforeEach(() => {
  memory.clear();
  current = undefined;
});
afterEach(async () => {
  await settled(database);
  await database.superuserSql('SET session_replication_role = replica; TRUNCATE audit_event, note');
});

describe.each(Object.entries(TRANSACTION_CLIENTS))('an event in a transaction of %s', (name, make) => {
  const seesEnd = ['TypeORM', 'pg', 'Drizzle'].includes(name); // their transactions show the connection

  describe.each([
    ['a connection of auditedPg', audited, true],
    ['a plain connection', pg, seesEnd],
  ])('on %s', (_, classes, isSeen) => {
    let client: TestClient;
    beforeAll(async () => {
      client = await make(database.url, classes);
    });
    afterAll(() => client.end());

    const write = (transaction: object, text: string) => client.run(transaction, `INSERT INTO note VALUES ('${text}')`);

    it('is stored by the commit, and by nothing before it', async () => {
      await client.transact(async (transaction) => {
        await write(transaction, 'a');
        const receipt = await audit.record('thing_made', {}, { transaction });
        expect(receipt).toMatchObject({
          recorded: true,
          providers: { database: { status: 'joined' }, memory: { status: isSeen ? 'deferred' : 'left' } },
        });
        expect([await stored(), told()]).toEqual([[], []]);
        if (!isSeen) setImmediate(() => void receipt.deliver?.());
      });
      expect([await stored(), await notes()]).toEqual([['thing_made'], ['a']]);
      await eventually(() => told().join() === 'thing_made');
    });

    it('is undone by the rollback', async () => {
      const failing = client.transact(async (transaction) => {
        await write(transaction, 'a');
        await audit.record('thing_made', {}, { transaction });
        refused();
      });
      await expect(failing).rejects.toThrow('refused');
      await audit.drain();
      expect([await stored(), await notes(), told()]).toEqual([[], [], []]);
    });

    it('is undone where the server answers the COMMIT with ROLLBACK', async () => {
      await client
        .transact(async (transaction) => {
          await audit.record('thing_made', {}, { transaction });
          await client.run(transaction, 'SELECT 1 / 0').catch(() => undefined);
        })
        .catch(() => undefined);
      await audit.drain();
      expect([await stored(), told()]).toEqual([[], []]);
    });

    it('is undone by the rollback to its savepoint, and no other is', async () => {
      const nest = client.nest?.bind(client);
      await client.transact(async (transaction) => {
        await audit.record('before', {}, { transaction });
        if (!nest) return;
        await nest(transaction, async (inner) => {
          await audit.record('kept', {}, { transaction: inner });
        });
        const failing = nest(transaction, async (inner) => {
          await audit.record('lost', {}, { transaction: inner });
          refused();
        });
        await failing.catch(() => undefined);
        await audit.record('after', {}, { transaction });
      });
      const names = nest ? ['before', 'kept', 'after'] : ['before'];
      expect(await stored()).toEqual(names);
      await audit.drain();
      if (isSeen) await eventually(() => told().join() === names.join());
    });

    it('is stored with four others that were recorded at the same time', async () => {
      const names = [1, 2, 3, 4, 5].map((nth) => `step_${nth}_x`);
      await client.transact(async (transaction) => {
        await Promise.all(names.map((type) => audit.record(type, {}, { transaction })));
      });
      expect([...(await stored())].sort()).toEqual(names);
    });

    // MikroORM 7.2 never gives a lost connection back to its pool, also without this library.
    (name === 'MikroORM' ? it.skip : it)('is undone where the connection ends before the COMMIT', async () => {
      const failing = client.transact(async (transaction) => {
        await audit.record('thing_made', {}, { transaction });
        await client.run(transaction, 'SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      });
      await failing.catch(() => undefined);
      expect([await stored(), told()]).toEqual([[], []]);
    });

    it('joins without an argument where the application names the transaction, unless it is a failure', async () => {
      const failing = client.transact(async (transaction) => {
        current = transaction;
        await audit.record('thing_made');
        await audit.record('user_login_failed');
        refused();
      });
      await expect(failing).rejects.toThrow('refused');
      current = client.idle;
      await audit.record('thing_sold');
      expect(await stored()).toEqual(['user_login_failed', 'thing_sold']);
    });

    it('is refused outside a transaction', async () => {
      const call = audit.record('thing_made', {}, { transaction: client.idle });
      await expect(call).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_MISSING' });
    });

    it('with the policy closed, fails the call where the ledger refuses it', async () => {
      await database.superuserSql(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
        CREATE TRIGGER refuse BEFORE INSERT ON audit_inbox FOR EACH ROW EXECUTE FUNCTION refuse()`);
      try {
        const failing = client.transact(async (transaction) => {
          await write(transaction, 'a');
          await audit.record('thing_made', {}, { transaction, onFailure: 'closed' });
        });
        await expect(failing).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
      } finally {
        await database.superuserSql('DROP TRIGGER refuse ON audit_inbox; DROP FUNCTION refuse');
      }
      expect([await stored(), await notes()]).toEqual([[], []]);
    });
  });

  it('is never stored later by nobody: in another database, it is told after a COMMIT that is seen, and else refused', async () => {
    const elsewhere = await createTestDatabase();
    const [seen, unseen] = [await make(elsewhere.url, audited), await make(elsewhere.url, pg)];
    try {
      await seen.transact(async (transaction) => {
        await audit.record('thing_made', {}, { transaction });
      });
      await eventually(async () => (await stored()).join() === 'thing_made');
      await seen.transact(async (transaction) => {
        await audit.record('thing_kept', {}, { transaction });
      });
      await eventually(async () => (await stored()).join() === 'thing_made,thing_kept');
      const call = unseen.transact(async (transaction) => {
        await audit.record('thing_sold', {}, { transaction });
      });
      if (seesEnd) await call;
      else await expect(call).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_UNSEEN' });
      await audit.drain();
      expect(await stored()).toEqual(['thing_made', 'thing_kept', ...(seesEnd ? ['thing_sold'] : [])]);
    } finally {
      await Promise.all([seen.end(), unseen.end()]);
      await elsewhere.drop();
    }
  });
});

describe('an event in a transaction of pg itself', () => {
  const client = new pg.Client({ connectionString: database.url });
  beforeAll(() => client.connect());
  afterAll(() => client.end());

  it.each([
    [['ROLLBACK; BEGIN; COMMIT'], []],
    [['COMMIT; BEGIN; ROLLBACK'], ['first_x']],
    [['COMMIT; SELECT 1 / 0'], ['first_x']],
    [['SAVEPOINT s', 'second_x', 'ROLLBACK TO s; COMMIT'], ['first_x']],
    [['COMMIT AND CHAIN', 'second_x', 'ROLLBACK'], ['first_x']],
    [['ROLLBACK AND CHAIN', 'second_x', 'COMMIT'], ['second_x']],
  ])('is stored, and told to others, or neither: %j', async (steps, expected) => {
    await client.query('BEGIN');
    for (const step of ['first_x', ...steps])
      await (step.endsWith('_x')
        ? audit.record(step, {}, { transaction: client })
        : client.query(step).catch(() => undefined));
    expect(await stored()).toEqual(expected);
    await eventually(() => told().length >= expected.length);
    await audit.drain();
    expect(told()).toEqual(expected);
  });

  it.each([
    [['ROLLBACK'], []],
    [['COMMIT'], ['first_x']],
    [['SAVEPOINT s', 'ROLLBACK TO s', 'COMMIT'], ['first_x']],
  ])('is of the transaction in which it was recorded, if nobody awaits it: %j', async (steps, expected) => {
    await client.query('BEGIN');
    const recorded = audit.record('first_x', {}, { transaction: client });
    for (const step of steps) await client.query(step);
    await recorded;
    expect(await stored()).toEqual(expected);
    await eventually(() => told().length >= expected.length);
    await audit.drain();
    expect(told()).toEqual(expected);
  });
});

describe('an event in the transaction of a function', () => {
  it('is stored by the commit', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('BEGIN');
    const run = async (text: string, values: unknown[]): Promise<unknown> => (await client.query(text, values)).rows;
    await audit.record('thing_made', {}, { transaction: run });
    expect(await stored()).toEqual([]);
    await client.query('COMMIT');
    await client.end();
    expect(await stored()).toEqual(['thing_made']);
  });
});

it('an event whose turn comes after its time is not written, since the caller may have rolled back by then', async () => {
  @AuditProvider({ backend: 'slow', required: true })
  class SlowProvider {
    record(): Promise<void> {
      return Promise.resolve();
    }

    async recordInTransaction(_batch: unknown, { query }: Pick<TransactionManager, 'query'>): Promise<boolean> {
      await query('INSERT');
      return true;
    }
  }
  const imports = [AuditModule.forRoot({ spillDir: false, providerTimeoutMs: 100 })];
  const slow = await Test.createTestingModule({ imports, providers: [SlowProvider] }).compile();
  await slow.init();
  const sent: string[] = [];
  let answer = (): void => undefined;
  const transaction = (text: string): Promise<unknown> => {
    sent.push(text);
    return new Promise((resolve) => (answer = () => resolve([])));
  };
  const record = (): Promise<unknown> => slow.get(AuditAggregator).record('thing_made', {}, { transaction });
  const both = await Promise.allSettled([record(), record()]);
  answer();
  await slow.close();
  expect([both.map(({ status }) => status), sent]).toEqual([['rejected', 'rejected'], ['INSERT']]);
});

it('an event beside the open transaction of its operation is recorded at once, with one warning that says what to write', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const record = (type: string, options?: RecordOptions): Promise<unknown> => audit.record(type, {}, options);
  await AuditContext.run({}, async () => {
    await other.query('BEGIN');
    await other.query("INSERT INTO note VALUES ('a')");
    await record('thing_made');
    await record('thing_made');
    await record('thing_kept', { delivery: 'durable' });
    await record('thing_sold', { transaction: other });
    await record('user_login_failed');
    await AuditContext.run({}, () => record('thing_of_another_operation'));
    await other.query('ROLLBACK');
    await record('thing_done');
  });
  const warnings = warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('did not join'));
  warn.mockRestore();
  expect(warnings).toEqual([
    expect.stringMatching(/^record\('thing_made'\) .*\{ transaction: tx \}.*currentTransaction/),
  ]);
  expect([...(await stored())].sort()).toEqual(
    ['thing_made', 'thing_made', 'thing_kept', 'user_login_failed', 'thing_of_another_operation', 'thing_done'].sort(),
  );
});

it.each([[{}], [new Map()], ['text'], [() => 1]])(
  'an unknown transaction %p is refused by name',
  async (transaction) => {
    const call = audit.record('thing_made', {}, { transaction: transaction as object });
    await expect(call).rejects.toThrow(/Cannot record the event thing_made in/);
  },
);
