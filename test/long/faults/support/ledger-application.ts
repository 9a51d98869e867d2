import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditAggregator, AuditModule } from '../../../../src/audit/index.js';
import { MonitoringModule } from '../../../../src/modules/monitoring/index.js';
import { freshKeyFile } from '../../../support/fresh-key-file.js';
import { createTestDatabase, type TestDatabase } from '../../../support/test-database.js';

/** The library with its ledger, in this process, on a database of the test's own. */
export interface LedgerApplication {
  readonly audit: AuditAggregator;
  readonly database: TestDatabase;
  readonly spillDir: string;
  readonly remove: () => Promise<void>;
}

/** Starts it. Its provider time-out is a minute: nothing is given up while a test looks. */
export async function startLedgerApplication(): Promise<LedgerApplication> {
  const database = await createTestDatabase();
  const spillDir = await mkdtemp(join(tmpdir(), 'audit-spill-'));
  const testing = await Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: database.url }),
      AuditModule.forRoot({ spillDir, providerTimeoutMs: 60_000 }),
      ScheduleModule.forRoot(),
      MonitoringModule.forRootAsync({
        useFactory: () => ({
          connectionUrl: database.url,
          authorize: () => ({ scope: 'all' }),
          signingKeyFile: freshKeyFile(),
        }),
      }),
    ],
  }).compile();
  const app = await testing.init();
  return {
    audit: app.get(AuditAggregator),
    database,
    spillDir,
    remove: async () => {
      await app.close();
      await database.drop();
      await rm(spillDir, { recursive: true, force: true });
    },
  };
}
