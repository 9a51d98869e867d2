import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Module, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ActionLogger, AuditModule, AuditTrail, AuthAudit, EventLogger } from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/modules/monitoring/index.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let app: INestApplication;

beforeAll(async () => {
  database = await createTestDatabase();
  const monitoring = {
    connectionUrl: database.url,
    authorize: () => ({ scope: 'all' }) as const,
    signingKeyFile: freshKeyFile(),
  };
  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: database.url, poolSize: 2 }),
      AuditModule.forRoot(),
      MonitoringModule.forRootAsync({ useFactory: () => monitoring }),
    ],
  })
  class TransactionsModule {}
  const testing = await Test.createTestingModule({ imports: [TransactionsModule] }).compile();
  app = await testing.createNestApplication({ logger: false }).init();
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

type Log = (manager: EntityManager) => Promise<unknown>;

const SHAPES: readonly [string, string, Log][] = [
  ['logEvent', 'note_read', (manager) => app.get(EventLogger).logEvent('note_read', {}, { manager })],
  [
    'logAction',
    'note_hidden',
    (manager) => app.get(ActionLogger).logAction({ adminUserId: 1, action: 'NOTE_HIDDEN' }, { manager }),
  ],
  [
    'trail.record',
    'note_print_failed',
    (manager) => app.get(AuditTrail).record('note_print_failed', { userId: 1 }, { manager }),
  ],
  ['AuthAudit', 'token_revoked', (manager) => app.get(AuthAudit).tokenRevoked({ userId: 1 }, { manager })],
];

it.each(SHAPES)(
  'an event of %s goes with the transaction of the manager that it is given',
  async (_shape, type, log) => {
    const runner = app.get(DataSource).createQueryRunner();
    const stored = () => runSql(database.url, `SELECT type FROM audit_event WHERE type = '${type}'`);
    await runner.connect();
    await runner.startTransaction();
    await log(runner.manager);
    await runner.rollbackTransaction();
    expect(await stored()).toHaveLength(0);

    await runner.startTransaction();
    await log(runner.manager);
    expect(await stored()).toHaveLength(0);
    await runner.commitTransaction();
    await runner.release();
    expect(await stored()).toHaveLength(1);
  },
);

it('logAction says no, and logs nothing, when the manager is in no transaction', async () => {
  const { manager } = app.get(DataSource);
  const call = { adminUserId: 1, action: 'note_shown' };
  expect(await app.get(ActionLogger).logAction(call, { manager })).toBe(false);
  expect(await runSql(database.url, "SELECT FROM audit_event WHERE type = 'note_shown'")).toHaveLength(0);
});
