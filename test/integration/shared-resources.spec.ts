import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { command as captureRevert } from '../../src/rooms/row-changes/commands/capture-revert.command.js';
import { AuditAggregator } from '../../src/audit/index.js';
import { type EventPage, type RecordBlame, type RecordState } from '../../src/monitoring/index.js';
import { CaptureWatch } from '../../src/rooms/row-changes/attest/capture-watch.service.js';
import { kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const TENANTS = ['tenant_a', 'tenant_b'] as const;
const TABLES = Object.fromEntries(TENANTS.map((tenant) => [`${tenant}.invoices`, { truncate: 'record' as const }]));

const warnings: string[] = [];
jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(String(text)));
afterAll(() => void jest.restoreAllMocks());

const database = await testDatabase();
for (const tenant of TENANTS) {
  await database.sql(`CREATE SCHEMA ${tenant};
    CREATE TABLE ${tenant}.invoices (id int PRIMARY KEY, cents int); INSERT INTO ${tenant}.invoices VALUES (7, 70)`);
}
await captureTables(database.url, TABLES);
const scene = await kept(startRowChanges(database, { tables: TABLES }));
const url = await scene.app.getUrl();

interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

async function ask<Body>(path: string): Promise<Answer<Body>> {
  const response = await fetch(`${url}/audit/resources/invoices/${path}`);
  return { status: response.status, body: (await response.json()) as Body };
}
const stateOf = async (path: string) => (await ask<{ state: RecordState }>(path)).body.state;

const of = (tenant: string): string => `table=${tenant}.invoices`;
const change = async (statements: string): Promise<void> => {
  await database.sql(statements);
  await scene.events();
};

describe('a record of two captured tables with one resource', () => {
  beforeAll(async () => {
    for (const tenant of TENANTS) {
      await database.sql(
        `INSERT INTO ${tenant}.invoices VALUES (1, 10); UPDATE ${tenant}.invoices SET cents = 11 WHERE id = 1`,
      );
    }
    await scene.app.get(AuditAggregator).record('order_updated', { resource: { type: 'invoices', id: '1' } });
    await change('DELETE FROM tenant_b.invoices WHERE id = 1');
  });

  it.each(['state', 'blame', 'events'])(
    'is refused by %s until a table is named, and the refusal names both tables',
    async (question) => {
      const { status, body } = await ask<{ code: string; message: readonly string[] }>(`1?show=${question}`);
      expect({ status, ...body }).toMatchObject({
        status: 400,
        code: 'AUDIT_QUERY_INVALID',
        message: [
          'table must be given, because rows of 2 tables are the resource invoices/1: table=tenant_a.invoices or table=tenant_b.invoices',
        ],
      });
      expect(await ask(`1?show=${question}&table=invoices`)).toMatchObject({ status: 400 });
    },
  );

  it('is the row of the named table', async () => {
    expect(await stateOf(`1?show=state&${of('tenant_a')}`)).toMatchObject({
      tables: ['tenant_a.invoices'],
      exists: true,
      values: { id: 1, cents: 11 },
    });
    expect(await stateOf(`1?show=state&${of('tenant_b')}`)).toMatchObject({
      exists: false,
    });
    const blame = await ask<{ blame: RecordBlame }>(`1?show=blame&${of('tenant_a')}`);
    expect(blame.body.blame.fields.map(({ field, event }) => [field, event?.type])).toEqual([
      ['cents', 'row_updated'],
      ['id', 'row_inserted'],
    ]);
    const typesOf = async (query: string): Promise<readonly string[]> =>
      (await ask<EventPage>(`1?order=asc&${query}`)).body.items.map(({ type }) => type).toSorted();
    expect(await typesOf(of('tenant_a'))).toEqual(['order_updated', 'row_inserted', 'row_updated']);
    expect(await typesOf(of('tenant_b'))).toEqual(['order_updated', 'row_deleted', 'row_inserted', 'row_updated']);
    expect(await typesOf(TENANTS.map(of).join('&'))).toHaveLength(6);
  });

  it('is reverted although the row of the other table changed later', async () => {
    const { items } = (await ask<EventPage>(`1?type=row_updated&${of('tenant_a')}`)).body;
    const why = ['--reason', 'wrong import', '--by', 'ada', '--database-url', database.url];
    expect(await captureRevert.run(['--event', items[0]?.id ?? '', ...why])).toMatchObject({ exitCode: 0 });
    expect(await database.sql('SELECT cents FROM tenant_a.invoices WHERE id = 1')).toEqual([{ cents: 10 }]);
  });

  it('does not move, and is not gone, with the row of the other table', async () => {
    await change(
      `UPDATE tenant_a.invoices SET cents = 71 WHERE id = 7; UPDATE tenant_b.invoices SET id = 8 WHERE id = 7`,
    );
    expect(await ask('7?show=state')).toMatchObject({ status: 400 });
    expect(await stateOf(`7?show=state&${of('tenant_a')}`)).toMatchObject({
      exists: true,
      values: { cents: 71 },
    });
    expect(await stateOf(`7?show=state&${of('tenant_b')}`)).toMatchObject({
      exists: false,
      movedTo: { id: '8' },
    });
    await change(`INSERT INTO tenant_a.invoices VALUES (9, 1); TRUNCATE tenant_b.invoices`);
    expect(await stateOf('9?show=state')).toMatchObject({
      tables: ['tenant_a.invoices'],
      exists: true,
    });
    expect(await stateOf('8?show=state')).toMatchObject({
      tables: ['tenant_b.invoices'],
      exists: false,
    });
  });
});

it('tables that share a resource are named where an application starts', async () => {
  await scene.app.get(CaptureWatch).run();
  expect(warnings.filter((line) => line.includes('the same resource'))).toEqual([
    expect.stringContaining('tenant_a.invoices and tenant_b.invoices have the same resource, invoices'),
  ]);
});
