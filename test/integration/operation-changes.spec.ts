import { describe, expect, it } from '@jest/globals';
import { Body, Controller, Injectable, Param, Post } from '@nestjs/common';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditedEntity,
  AuditedTransaction,
  AuditReason,
} from '../../src/audit/index.js';
import { AuditQuery, type LedgerAccess, type LedgerEvent } from '../../src/monitoring/index.js';
import type { OperationStory } from '../../src/monitoring/read/query/records/record.dto.js';
import { startCapturedApp } from '../support/captured-app.js';
import { closeAfterTests, recordSealed, sampleEvent } from '../support/index.js';

const ALL = { scope: 'all' } as const;

@Entity('parcel')
@AuditedEntity({ redact: ['pin'] })
class Parcel {
  @PrimaryColumn('int')
  declare id: number;

  @Column('int', { default: 1 })
  declare weight: number;

  @Column('text', { nullable: true })
  declare pin: string | null;
}

const INSERT = 'INSERT INTO parcel (id) VALUES ($1)';

@Injectable()
class Parcels {
  constructor(private readonly source: DataSource) {}

  @Audited('parcel_restock')
  async restock(id: number): Promise<void> {
    await this.source.query(INSERT, [id]);
  }

  @AuditedTransaction('parcel_transfer')
  async transfer(id: number): Promise<void> {
    await AuditContext.getManager(this.source).query(INSERT, [id]);
  }
}

@Controller('parcels')
class ParcelsController {
  constructor(
    private readonly source: DataSource,
    private readonly parcels: Parcels,
    private readonly audit: AuditAggregator,
  ) {}

  @Post(':id/nested')
  @AuditReason({ header: 'x-reason' })
  @Audited('parcel_creation')
  async nest(@Param('id') id: string): Promise<void> {
    await this.source.query(INSERT, [id]);
    await this.parcels.restock(Number(id) + 1);
    await this.parcels.transfer(Number(id) + 2);
  }

  @Post(':id/unaudited')
  async plain(@Param('id') id: string): Promise<void> {
    await this.source.transaction((manager) => manager.query(INSERT, [id]));
    await this.audit.record('parcel_noted');
  }

  @Post(':id/read')
  @Audited('parcel_view')
  async read(): Promise<void> {
    await this.source.query('SELECT FROM parcel');
  }

  @Post(':id/weigh')
  @Audited<unknown, [string]>('parcel_weighing', {
    changes: 'captured',
    resource: ({ args: [id] }) => ({ type: 'parcel', id }),
    attempt: true,
  })
  async weigh(@Param('id') _id: string, @Body() { run }: { run: readonly string[] }): Promise<string | undefined> {
    for (const statement of run) await this.source.query(statement);
    return AuditContext.current()?.requestId;
  }
}

interface Page {
  readonly items: readonly LedgerEvent[];
  readonly operation?: OperationStory;
}

const shop = await closeAfterTests(
  startCapturedApp({
    entities: [Parcel],
    controllers: [ParcelsController],
    providers: [Parcels],
    audit: { anonymize: true, pseudonymKey: 'k'.repeat(32) },
  }),
);
const { app, url, database, source } = shop;
const changes = () => shop.changes();
const events = (query: Parameters<typeof shop.events>[0]) => shop.events(query);
await source.query(`INSERT INTO parcel (id, pin) VALUES (1, 'a'), (2, 'a')`);
await changes();

const get = async <Answer extends object>(path: string): Promise<Answer> =>
  (await (await fetch(`${url}/audit/${path}`)).json()) as Answer;

/** Runs the statements in an operation on the parcel. */
async function weigh(id: number, ...run: readonly string[]) {
  const headers = { 'content-type': 'application/json', 'x-user': 'ada' };
  const body = JSON.stringify({ run });
  const response = await fetch(`${url}/parcels/${id}/weigh`, { method: 'POST', headers, body });
  const requestId = await response.text();
  const rows = await changes();
  const [attempted, done] = await events({ action: ['parcel_weighing'], requestId });
  return { requestId, rows, attempted, done };
}

describe('the row changes of an operation', () => {
  it('fill the changes of its event when that is read, from the first to the last, and name where they are from', async () => {
    const { requestId, rows, attempted, done } = await weigh(
      1,
      'UPDATE parcel SET weight = 2 WHERE id = 1',
      'UPDATE parcel SET weight = 3 WHERE id = 1',
    );
    expect(attempted).toMatchObject({ outcome: 'attempted' });
    expect(attempted).not.toHaveProperty('changes');
    expect(done).toMatchObject({
      actor: { type: 'user', id: 'ada' },
      metadata: { changesCaptured: true },
      changes: {
        before: { id: 1, weight: 1 },
        after: { id: 1, weight: 3 },
        diff: [{ path: '/weight', from: 1, to: 3 }],
      },
      rowChanges: { events: rows.map(({ id }) => id), records: 1, isComplete: true },
    });
    for (const { actor, metadata } of rows)
      expect([actor.id, metadata.operationId]).toEqual(['ada', done?.metadata.operationId]);
    expect(await get(`events/${done?.id}`)).toMatchObject({ changes: { after: { weight: 3 } } });
    const { items } = await get<Page>(`events?requestId=${requestId}&type=parcel_weighing&fields=rowChanges.records`);
    expect(items).toEqual([{ rowChanges: { records: 1 } }]);
    expect(await database.superuserSql('SELECT changes FROM audit_event WHERE id = $1', [done?.id])).toEqual([
      { changes: null },
    ]);
  });

  it('come to what changed in total of its resource, also of a secret, and are named where none is of its own', async () => {
    const { done } = await weigh(
      2,
      `UPDATE parcel SET weight = 2, pin = 'b' WHERE id = 2`,
      'UPDATE parcel SET weight = 5 WHERE id = 2',
      'INSERT INTO parcel (id) VALUES (77)',
    );
    expect(done).toMatchObject({
      changes: { before: { weight: 1 }, after: { weight: 5 } },
      rowChanges: { records: 2 },
    });
    expect(done?.changes?.diff).toEqual(
      expect.arrayContaining([
        { path: '/weight', from: 1, to: 5 },
        { path: '/pin', from: '[REDACTED]', to: '[REDACTED]' },
      ]),
    );
    const others = (await weigh(3, 'INSERT INTO parcel (id) VALUES (31), (32)')).done;
    expect(others).toMatchObject({ rowChanges: { records: 2, isComplete: true } });
    expect(others).not.toHaveProperty('changes');
    expect((await weigh(4)).done).toMatchObject({ rowChanges: { events: [], records: 0, isComplete: true } });
  });

  it('name its event, and it names them', async () => {
    const { rows, done } = await weigh(5, 'INSERT INTO parcel (id) VALUES (5)');
    const [change] = rows;
    for (const id of [change?.id, done?.id]) {
      const page = await get<Page>(`events?relatedTo=${id}&by=operation&order=asc&fields=type`);
      expect(page.items.map(({ type }) => type).sort()).toEqual(['parcel_weighing', 'row_inserted']);
      expect(page.operation).toMatchObject({
        by: 'operation',
        id: done?.metadata.operationId,
        events: [{ id: done?.id, type: 'parcel_weighing' }],
        rowChanges: [{ id: change?.id, type: 'row_inserted', resource: { type: 'parcel', id: '5' } }],
        isComplete: true,
      });
    }
    const whole = await get<Page>(`events?relatedTo=${change?.id}&by=request&fields=type`);
    expect(whole.items).toHaveLength(3);
  });

  it('without the operation are found by its request', async () => {
    const { requestId } = await weigh(7);
    const change = sampleEvent({ category: 'data_change', type: 'row_inserted', request: { id: requestId } });
    await recordSealed(app, database, [change]);
    const page = await get<Page>(`events?relatedTo=${change.id}&fields=type`);
    expect(page.operation).toMatchObject({
      by: 'request',
      id: requestId,
      events: [{ type: 'parcel_weighing_attempted' }, { type: 'parcel_weighing' }],
      rowChanges: [{ id: change.id }],
    });
  });

  it('are shown to those alone who may see them', async () => {
    const { requestId, done } = await weigh(8, 'INSERT INTO parcel (id) VALUES (8)');
    const { changes: own, ...other } = sampleEvent({
      tenantId: 'zoo',
      request: { id: requestId },
      metadata: { ...done?.metadata, changesCaptured: true },
    });
    expect(own).toBeDefined();
    await recordSealed(app, database, [other]);
    const zoo: LedgerAccess = { scope: 'tenants', tenantIds: ['zoo'] };
    const query = app.get(AuditQuery);
    expect(await query.findOne(zoo, other.id)).toMatchObject({ rowChanges: { events: [], records: 0 } });
    expect(await query.findOne(ALL, other.id)).toMatchObject({ rowChanges: { records: 1 } });
    expect(await query.related(zoo, other.id)).not.toHaveProperty('operation');
  });
});

const post = async (path: string): Promise<void> => {
  const headers = { 'x-user': 'alice', 'x-reason': 'a recount', 'user-agent': 'test' };
  expect((await fetch(`${url}/parcels/${path}`, { method: 'POST', headers })).status).toBe(201);
};

describe('the row changes of a request', () => {
  it('name the innermost operation, and its actor, reason and request', async () => {
    await post('130/nested');
    const rows = await changes();
    const actions = ['parcel_creation', 'parcel_restock', 'parcel_transfer'];
    const operations = await Promise.all(actions.map(async (action) => (await events({ action: [action] }))[0]));
    const ids = operations.map((operation) => operation?.metadata.operationId);
    expect(rows.map(({ metadata }) => metadata.operationId)).toEqual(ids);
    expect(new Set(ids).size).toBe(3);
    const request = { id: operations[0]?.request?.id, method: 'POST', route: '/parcels/:id/nested' };
    expect(rows[0]).toMatchObject({ actor: { type: 'user', id: 'alice' }, reason: 'a recount', request });
  });

  it('that is not audited name the operation that its events name, and no address where the application anonymises; one that changes none is not named', async () => {
    await post('1/read');
    expect((await events({ action: ['parcel_view'] })).map(({ metadata }) => metadata)).toEqual([{}]);
    await post('140/unaudited');
    const [change] = await changes();
    const [noted] = await events({ action: ['parcel_noted'] });
    expect(change?.metadata.operationId).toBe(noted?.metadata.operationId);
    expect([change?.metadata.operationId, change?.reason]).toEqual([expect.any(String), undefined]);
    expect(change?.actor).toEqual(noted?.actor);
    expect(change?.request?.ip).toEqual(expect.any(String));
    expect(JSON.stringify(change)).not.toMatch(/"test"|127\.0\.0\.1/);
  });
});
