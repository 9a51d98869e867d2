import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Module, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditModule } from '../../../src/audit/index.js';
import { AuditOverview, AuditQuery, LedgerProvider, MonitoringModule } from '../../../src/modules/monitoring/index.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { idAt, sampleEvent } from '../../support/sample-event.js';
import { runSql } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const TENANTS = 50_000;
const OWN = 10_000;
const ALL = { scope: 'all' } as const;
const RANGE = { from: '2026-10-01', to: '2026-11-01' };

let database: TestDatabase;
let app: INestApplication;

const tenant = (nth: number) => `tenant-${nth}`;

beforeAll(async () => {
  database = await createTestDatabase();
  @Module({
    imports: [
      AuditModule.forRoot({ spill: false }),
      MonitoringModule.forRootAsync({
        useFactory: () => ({
          connectionUrl: database.url,
          authorize: () => ALL,
          signingKeyFile: freshKeyFile(),
        }),
      }),
    ],
  })
  class TestModule {}
  const built = await Test.createTestingModule({ imports: [TestModule] }).compile();
  app = await built.createNestApplication({ logger: false }).init();
  const provider = app.get(LedgerProvider);
  for (let from = 0; from < 2 * TENANTS; from += 1_000) {
    const batch = Array.from({ length: 1_000 }, (_, nth) => {
      const time = '2026-10-05T08:00:00.000Z';
      return sampleEvent({ id: idAt(time), occurredAt: time, tenantId: tenant((from + nth) % TENANTS) });
    });
    await provider.record(batch);
  }
  await runSql(database.superuserUrl, 'ANALYZE');
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

it('the events of fifty thousand tenants are counted by tenant, and shown to a reader of ten thousand', async () => {
  const query = app.get(AuditQuery);
  const counted = await query.stats(ALL, { ...RANGE, by: 'tenantId', groups: 5 });
  expect(counted).toMatchObject({ total: 2 * TENANTS, others: 2 * TENANTS - 10 });
  expect(counted.groups.map(({ value, count }) => [value, count])).toEqual(
    [0, 1, 10, 100, 1000].map((nth) => [tenant(nth), 2]),
  );
  const access = { scope: 'tenants', tenantIds: Array.from({ length: OWN }, (_, nth) => tenant(nth)) } as const;
  expect(await query.stats(access, RANGE)).toMatchObject({ total: 2 * OWN });
  expect(await app.get(AuditOverview).overview(access, RANGE)).toMatchObject({ total: 2 * OWN });
  const { items } = await query.find(access, { ...RANGE, limit: 5 });
  expect(items).toHaveLength(5);
});
