import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditModule, Catalogue } from '../../src/audit/index.js';
import { LedgerProvider, MonitoringModule, type EventQuery } from '../../src/modules/monitoring/index.js';
import { selectEvents } from '../../src/modules/monitoring/query/access-source.js';
import { conditionsOf } from '../../src/modules/monitoring/query/event-filter.js';
import { EventQuery as ParsedQuery } from '../../src/modules/monitoring/query/event-query.dto.js';
import { LedgerReader } from '../../src/modules/monitoring/store/ledger-reader.service.js';
import { parseQuery } from '../../src/modules/monitoring/query/parse-query.js';
import { SqlValues } from '../../src/modules/monitoring/query/sql-values.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { sampleEvent } from '../support/sample-event.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ALL = { scope: 'all' } as const;

describe('the plan of a query', () => {
  let database: TestDatabase;
  let app: INestApplication;

  beforeAll(async () => {
    database = await createTestDatabase();
    @Module({
      imports: [
        AuditModule.forRoot({}),
        MonitoringModule.forRootAsync({
          useFactory: () => ({ connectionUrl: database.url, authorize: () => ALL, signingKeyFile: freshKeyFile() }),
        }),
      ],
    })
    class PlansFixtureModule {}
    const testing = await Test.createTestingModule({ imports: [PlansFixtureModule] }).compile();
    app = testing.createNestApplication({ logger: false });
    await app.init();
    await app.get(LedgerProvider).record([sampleEvent()]);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  /** What the indexes are asked, where no table is read as it lies unless it must be. */
  async function indexConditions(query: Partial<EventQuery>): Promise<string> {
    const values = new SqlValues();
    const meaning = app.get(Catalogue);
    const conditions = conditionsOf(parseQuery(ParsedQuery, query), { access: ALL, values, meaning });
    const text = selectEvents({ access: ALL, columns: 'id', conditions, tail: 'ORDER BY id DESC LIMIT 51' }, values);
    const settings = { enable_seqscan: 'off', plan_cache_mode: 'force_generic_plan' };
    const rows = await app.get(LedgerReader).eventRows(ALL, `EXPLAIN ${text}`, values.list, settings);
    return rows
      .map((row) => String(row['QUERY PLAN']))
      .filter((line) => line.includes('Index Cond'))
      .join('\n');
  }

  it.each<[Partial<EventQuery>, string]>([
    [{ actorId: 'u-1' }, 'actor_id ='],
    [{ actorId: { eq: 'u-1' } }, 'actor_id ='],
    [{ actorId: 'u-1', outcome: { ne: 'success' }, details: { amount: { gte: 5 } } }, 'actor_id ='],
    [{ tenantId: 'acme' }, 'tenant_id ='],
    [{ resourceType: 'order', resourceId: 'o-1' }, 'resource_id ='],
    [{ resourceType: 'order', resourceId: 'o-1', statusCode: '5xx' }, 'resource_id ='],
    [{ type: 'order_created' }, 'type ='],
    [{ type: 'order_created', outcome: 'success' }, 'outcome ='],
    [{ requestId: 'r-1' }, 'request_id ='],
    [{ from: '-24h' }, 'id >='],
  ])('serves %j by an index', async (query, condition) => {
    expect(await indexConditions(query)).toContain(condition);
  });
});
