import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditedTransaction,
  AuditModule,
  type RecordOptions,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { describeJoining, describeMethods, TransactionScene } from '../support/transaction-cases.js';
import { WHOLE } from '../support/whole.js';
import { createPool, TRANSACTION_CLIENTS } from '../support/transaction-clients.js';

const scene = await TransactionScene.open();
const { database, audit, other } = scene;
const stored = (): Promise<readonly string[]> => scene.stored();

describe.each(Object.entries(TRANSACTION_CLIENTS))('%s', (name, make) => describeJoining(name, make, scene));
// TypeORM's methods need no option. The others differ in what the cases above show.
const withOption = Object.entries(TRANSACTION_CLIENTS).filter(([name]) =>
  WHOLE ? name !== 'TypeORM' : ['pg', 'Drizzle', 'Sequelize'].includes(name),
);
describeMethods(Object.fromEntries(withOption), scene);

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
    [
      ['SET CONSTRAINTS ALL IMMEDIATE', 'second_x', 'COMMIT'],
      ['first_x', 'second_x'],
    ],
  ])('is stored by its own COMMIT: %j', async (steps, expected) => {
    await client.query('BEGIN');
    for (const step of ['first_x', ...steps])
      await (step.endsWith('_x')
        ? audit.record(step, {}, { transaction: client })
        : client.query(step).catch(() => undefined));
    expect(await stored()).toEqual(expected);
  });
});

it('an event waits for a slow statement of its connection, and is stored once', async () => {
  const { app } = await startLedgerApp(database.url, {
    audit: { providerTimeoutMs: 200 },
    monitoring: { signingKeyFile: scene.signingKeyFile },
  });
  const record = (onFailure: 'open' | 'closed') =>
    app.get(AuditAggregator).record(`${onFailure}_x`, {}, { transaction: other, onFailure });
  await other.query('BEGIN');
  await record('open');
  const slow = other.query('SELECT pg_sleep(0.6)');
  const receipts = await Promise.all([record('open'), record('closed')]);
  await slow;
  await other.query('COMMIT');
  await app.close();
  expect(receipts.map(({ providers }) => providers.database?.status)).toEqual(['joined', 'joined']);
  expect(await stored()).toEqual(['open_x', 'open_x', 'closed_x']);
});

it('an event joins by a function that returns the result of pg, and under any setting of the session', async () => {
  await other.query('BEGIN; SET LOCAL quote_all_identifiers = on');
  const run = (text: string, values: unknown[]) => other.query(text, values);
  const { providers } = await audit.record('thing_made', {}, { transaction: run });
  await other.query('COMMIT');
  expect([providers.database?.status, await stored()]).toEqual(['joined', ['thing_made']]);
});

it('a transaction on a connection that the last one has given back early is seen as its own', async () => {
  const memory = new InMemoryAuditProvider();
  const pool = createPool(pg.Pool, database.url);
  let goOn = (): void => undefined;
  let after: Promise<void> | undefined = new Promise((resolve) => (goOn = resolve));
  const transactions = async (work: (transaction: object) => Promise<unknown>): Promise<unknown> => {
    const client = await pool.connect();
    await client.query('BEGIN');
    const result = await work(client).finally(() => client.query('COMMIT'));
    const waits = after;
    after = undefined;
    client.release();
    await waits;
    return result;
  };
  class Steps {
    @AuditedTransaction()
    run(work: () => Promise<unknown>): Promise<unknown> {
      return work();
    }
  }
  const { app } = await startLedgerApp(database.url, {
    audit: { transactions },
    monitoring: { signingKeyFile: scene.signingKeyFile },
    providers: [Steps, { provide: InMemoryAuditProvider, useValue: memory }],
  });
  const record = (type: string) => app.get(AuditAggregator).record(type);
  const first = app.get(Steps).run(() => record('first_x'));
  await app.get(Steps).run(async () => {
    goOn();
    await first;
    await record('second_x');
  });
  await app.close();
  await pool.end();
  expect(memory.events.map(({ type }) => type).filter((type) => type.endsWith('_x'))).toEqual(['first_x', 'second_x']);
});

it('a method whose transaction is rolled back by a function that keeps the error to itself fails, and records no success', async () => {
  const memory = new InMemoryAuditProvider();
  const transactions = async (work: (transaction: object) => Promise<unknown>): Promise<unknown> => {
    await other.query('BEGIN');
    const fulfilled = await work(other).then(() => true, () => false); // prettier-ignore
    return other.query(fulfilled ? 'COMMIT' : 'ROLLBACK');
  };
  class Steps {
    @AuditedTransaction()
    @Audited('step_taken')
    take(): Promise<unknown> {
      return Promise.reject(new Error('slipped'));
    }
  }
  const { app } = await startLedgerApp(database.url, {
    audit: { transactions },
    monitoring: { signingKeyFile: scene.signingKeyFile },
    providers: [Steps, { provide: InMemoryAuditProvider, useValue: memory }],
  });
  await expect(app.get(Steps).take()).rejects.toThrow('slipped');
  await app.close();
  expect(memory.events.map(({ action, outcome }) => [action, outcome])).toContainEqual(['step_taken', 'failure']);
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

it('a write beside the transaction of its method stays, with one warning that says how to write', async () => {
  class Notes {
    @AuditedTransaction()
    write(): Promise<unknown> {
      return other.query("INSERT INTO note VALUES ('a')").finally(() => other.query('DELETE FROM note'));
    }
  }
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const imports = [AuditModule.forRoot({ transactions: (work) => work(() => Promise.resolve([])) })];
  const app = await Test.createTestingModule({ imports, providers: [Notes] }).compile();
  await app.init();
  await app.get(Notes).write();
  await app.get(Notes).write();
  await app.close();
  const warnings = warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('outside'));
  warn.mockRestore();
  expect(warnings).toEqual([expect.stringMatching(/ in Notes\.write wrote outside .*AuditContext\.transaction\(\)/)]);
});
