import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditModule } from '../../src/audit/index.js';
import { Catalogue } from '../../src/audit/nest-free.js';
import { AuditQuery, MonitoringModule, type EventQuery } from '../../src/monitoring/index.js';
import { selectEvents } from '../../src/monitoring/read/query/access-source.js';
import { conditionsOf } from '../../src/monitoring/read/query/filter-sql.js';
import { EventQuery as ParsedQuery } from '../../src/monitoring/read/query/event-query.dto.js';
import { LedgerReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { parseQuery } from '../../src/monitoring/read/query/parse-query.js';
import type { Relation } from '../../src/monitoring/read/query/event-query.dto.js';
import { SqlValues } from '../../src/monitoring/read/query/sql-values.js';
import { freshKeyFile, kept, recordSealed, sampleEvent, testDatabase } from '../support/index.js';
import { firstIdAt } from '../../src/monitoring/store/id-time.js';

const ALL = { scope: 'all' } as const;

/** With these settings, PostgreSQL plans parallel processes even for few events. */
const AS_IF_LARGE = { parallel_setup_cost: '0', parallel_tuple_cost: '0', min_parallel_index_scan_size: '0' };

function fillDay(event: string): string {
  const from = event.slice(0, 13);
  return `
    INSERT INTO audit_event (id, schema_version, occurred_at, type, action, outcome, category, severity, actor_type,
                             session_id, request_id, trace_id, details, metadata, truncated, leaf_hash)
    SELECT CASE n WHEN 0 THEN '${event}' ELSE ('${from}' || '-' || lpad(to_hex(n), 4, '0') || '-0000-000000000002')::uuid END, 2,
           now(), 'order_created', 'order_creation', 'success', 'order', 'info', 'user', 's-' || n % 100, 'r-' || n / 4, 't-' || n / 4,
           '{}', '{"operationId": "o-1"}', false, sha256('')
      FROM generate_series(0, 19999) AS n;
    ANALYZE audit_event`;
}

const database = await testDatabase();
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
const app = await kept(testing.createNestApplication({ logger: false }));
await app.init();
await recordSealed(app, database, [sampleEvent()]);

describe('the plan of a query', () => {
  /** `enable_seqscan = off`: PostgreSQL scans a whole table only where no index fits. */
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
    [{ onBehalfOf: 'u-1' }, 'on_behalf_of'],
    [{ actorId: { eq: 'u-1' } }, 'actor_id ='],
    [{ actorId: 'u-1', outcome: { ne: 'success' }, details: { amount: { gte: 5 } } }, 'actor_id ='],
    [{ tenantId: 'acme' }, 'tenant_id ='],
    [{ resourceType: 'order', resourceId: 'o-1' }, 'resource_id ='],
    [{ resourceType: 'order', resourceId: 'o-1', statusCode: '5xx' }, 'resource_id ='],
    [{ type: 'order_created' }, 'type ='],
    [{ type: 'order_created', outcome: 'success' }, 'outcome ='],
    [{ requestId: 'r-1' }, 'request_id ='],
    [{ sessionId: 's-1' }, 'session_id ='],
    [{ traceId: 't-1' }, 'trace_id ='],
    [{ credentialId: 'c-1' }, 'credential_id ='],
    [{ from: '-24h' }, 'id >='],
  ])('serves %j by an index', async (query, condition) => {
    expect(await indexConditions(query)).toContain(condition);
  });

  describe('among the events of a busy day', () => {
    const event = firstIdAt(new Date());

    beforeAll(() => database.superuserSql(fillDay(event)));

    it('finds a person by one index for each part that a person has in an event', async () => {
      const conditions = await indexConditions({ about: 'user/u-1' });
      for (const condition of ['actor_id =', 'on_behalf_of', 'resource_id =']) expect(conditions).toContain(condition);
    });

    it.each<[readonly Relation[] | undefined, readonly string[]]>([
      [undefined, ['request_id =', 'session_id =', 'trace_id =', 'id =']],
      [['request'], ['request_id =', 'id =']],
      [['session'], ['session_id =', 'id =']],
      [['trace'], ['trace_id =', 'id =']],
      [['operation'], ['request_id =', 'id =']],
    ])('finds what is related by %j by indexes alone', async (by, conditions) => {
      const [plan = ''] = await plansOf(() => app.get(AuditQuery).related(ALL, event, {}, by));

      for (const condition of conditions) expect(plan).toMatch(new RegExp(`Index Cond: \\(+${condition}`, 'u'));
      expect(plan).not.toContain('Seq Scan');
    });

    it.each<Partial<EventQuery>>([{ q: 'order_created' }, { ip: '10.0.0.0/8' }, { actorName: 'ada' }])(
      'looks for %j from the newest event on, until a page is full',
      async (query) => {
        const [newest] = await plansOf(() => app.get(AuditQuery).find(ALL, query), AS_IF_LARGE);

        expect(newest).toContain('Index Scan Backward');
        expect(newest).not.toContain('Sort');
      },
    );
  });

  async function plansOf(read: () => Promise<unknown>, more = {}): Promise<readonly string[]> {
    const reader = app.get(LedgerReader);
    const eventRows = reader.eventRows.bind(reader);
    const plans: string[] = [];
    const spy = jest.spyOn(reader, 'eventRows').mockImplementation(async (access, text, values, settings) => {
      if (text.includes('ORDER BY id DESC')) {
        const plan = await eventRows(access, `EXPLAIN ${text}`, values, { ...settings, ...more });
        plans.push(plan.map((row) => String(row['QUERY PLAN'])).join('\n'));
      }
      return eventRows(access, text, values, settings);
    });
    await read();
    spy.mockRestore();
    return plans;
  }
});
