import { describe, expect, it } from '@jest/globals';
import { Controller, Param, Post } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditContext, Audited, type AuditEvent, type JsonObject } from '../../src/audit/index.js';
import { type LedgerAccess, type LedgerEvent } from '../../src/monitoring/index.js';
import type { OperationStory } from '../../src/monitoring/read/query/records/record.dto.js';
import { LedgerReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { MAIN_ADAPTERS, keptApp, onEach, recordSealed, sampleEvent, settled, testDatabase } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';

const ALL = { scope: 'all' } as const;

interface Operation {
  readonly operationId: string;
  readonly requestId: string;
}

@Controller('parcels')
class ParcelsController {
  @Post(':id/weigh')
  @Audited('parcel_weighing', {
    changes: 'captured',
    resource: ({ result }) => ({ type: 'parcel', id: result.id }),
    attempt: true,
  })
  weigh(@Param('id') id: string): Operation & { readonly id: string } {
    const operationId = uuidv7();
    AuditContext.annotate({ metadata: { operationId } });
    return { id, operationId, requestId: AuditContext.current()?.requestId ?? '' };
  }
}

interface Page {
  readonly items: readonly LedgerEvent[];
  readonly operation?: OperationStory;
}

const scenes = await onEach(MAIN_ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const app = await keptApp(
    startLedgerApp(database.url, {
      adapter,
      controllers: [ParcelsController],
      monitoring: { authorize: accessOfHeader, recordReads: true },
    }),
  );
  return { database, app };
});

describe.each(scenes)('the row changes of an operation, on $adapter', ({ database, app }) => {
  async function weigh(id: string): Promise<Operation> {
    const response = await fetch(`${app.url}/parcels/${id}/weigh`, { method: 'POST' });
    return (await response.json()) as Operation;
  }

  async function get<Body extends object>(path: string, access: LedgerAccess = ALL): Promise<Body> {
    const headers = { 'x-access': JSON.stringify(access) };
    return (await (await fetch(`${app.url}/audit/${path}`, { headers })).json()) as Body;
  }

  async function eventsOf({ requestId }: Operation, more = ''): Promise<readonly LedgerEvent[]> {
    await settled(database);
    return (await get<Page>(`events?requestId=${requestId}&order=asc${more}`)).items;
  }

  /** The drain brings a change to the ledger only after the response. */
  async function capture(
    { operationId, requestId }: Operation,
    id: string,
    [before, after]: readonly [JsonObject | undefined, JsonObject | undefined],
    fields: Partial<AuditEvent> = {},
  ): Promise<AuditEvent> {
    const names = Object.keys({ ...before, ...after });
    const differing = names.filter((name) => before?.[name] !== after?.[name] || after?.[name] === '[REDACTED]');
    const diff = differing.map((name) => ({
      path: `/${name}`,
      from: before?.[name] ?? null,
      to: after?.[name] ?? null,
    }));
    const event = sampleEvent({
      type: before ? 'row_updated' : 'row_inserted',
      action: 'row_update',
      category: 'data_change',
      resource: { type: 'parcel', id },
      request: { id: requestId },
      changes: { ...(before && { before }), ...(after && { after }), diff },
      details: { operation: 'UPDATE' },
      metadata: { operationId },
      ...fields,
    });
    await recordSealed(app.app, database, [event]);
    return event;
  }

  it('fill the changes of its event when that is read, and name where they are from', async () => {
    const operation = await weigh('1');
    const change = await capture(operation, '1', [
      { id: 1, weight: 2 },
      { id: 1, weight: 3 },
    ]);
    const [attempted, done] = (await eventsOf(operation)).filter(({ action }) => action === 'parcel_weighing');
    expect(attempted).toMatchObject({ outcome: 'attempted' });
    expect(attempted).not.toHaveProperty('changes');
    expect(done).toMatchObject({
      outcome: 'success',
      changes: {
        before: { id: 1, weight: 2 },
        after: { id: 1, weight: 3 },
        diff: [{ path: '/weight', from: 2, to: 3 }],
      },
      rowChanges: { events: [change.id], records: 1, isWhole: true },
    });
    expect(await get(`events/${done?.id}`)).toMatchObject({ changes: { after: { weight: 3 } } });
    const [sparse] = await eventsOf(operation, '&type=parcel_weighing&fields=rowChanges.records');
    expect(sparse).toEqual({ rowChanges: { records: 1 } });
    const [stored] = await app.app
      .get(LedgerReader)
      .eventRows(ALL, 'SELECT changes FROM audit_event WHERE id = $1', [done?.id]);
    expect(stored).toEqual({ changes: null });
  });

  it('come to what changed in total, also of a secret', async () => {
    const operation = await weigh('2');
    await capture(operation, '2', [
      { id: 2, weight: 1, pin: '[REDACTED]' },
      { id: 2, weight: 2, pin: '[REDACTED]' },
    ]);
    await capture(operation, '2', [
      { id: 2, weight: 2, pin: null },
      { id: 2, weight: 5, pin: null },
    ]);
    await capture(operation, '77', [undefined, { id: 77 }]);
    const [done] = await eventsOf(operation, '&type=parcel_weighing');
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
  });

  it('are named, and not merged, where none is of its own resource', async () => {
    const operation = await weigh('3');
    await capture(operation, '31', [undefined, { id: 31 }]);
    await capture(operation, '32', [undefined, { id: 32 }]);
    const [done] = await eventsOf(operation, '&type=parcel_weighing');
    expect(done).toMatchObject({ rowChanges: { records: 2, isWhole: true } });
    expect(done).not.toHaveProperty('changes');
    const unchanged = await weigh('4');
    const [nothing] = await eventsOf(unchanged, '&type=parcel_weighing');
    expect(nothing).toMatchObject({ rowChanges: { events: [], records: 0, isWhole: true } });
  });

  it('name its event, and it names them', async () => {
    const operation = await weigh('5');
    const change = await capture(operation, '5', [undefined, { id: 5 }]);
    await capture({ ...operation, operationId: uuidv7() }, '6', [undefined, { id: 6 }]);
    const [done] = await eventsOf(operation, '&type=parcel_weighing');
    for (const id of [change.id, String(done?.id)]) {
      const page = await get<Page>(`events?relatedTo=${id}&by=operation&order=asc&fields=type`);
      expect(page.items.map(({ type }) => type).sort()).toEqual(['parcel_weighing', 'row_inserted']);
      expect(page.operation).toMatchObject({
        by: 'operation',
        id: operation.operationId,
        events: [{ id: done?.id, type: 'parcel_weighing' }],
        rowChanges: [{ id: change.id, type: 'row_inserted', resource: { type: 'parcel', id: '5' } }],
        isWhole: true,
      });
    }
    const whole = await get<Page>(`events?relatedTo=${change.id}&by=request&fields=type`);
    expect(whole.items).toHaveLength(4);
  });

  it('without the operation are found by its request', async () => {
    const operation = await weigh('7');
    const change = await capture(operation, '7', [undefined, { id: 7 }], { metadata: {} });
    const page = await get<Page>(`events?relatedTo=${change.id}&fields=type`);
    expect(page.operation).toMatchObject({
      by: 'request',
      id: operation.requestId,
      events: [{ type: 'parcel_weighing_attempted' }, { type: 'parcel_weighing' }],
      rowChanges: [{ id: change.id }],
    });
  });

  it('are shown to those alone who may see them', async () => {
    const operation = await weigh('8');
    await capture(operation, '8', [undefined, { id: 8 }], { tenantId: 'acme' });
    const other = {
      ...sampleEvent(),
      tenantId: 'zoo',
      metadata: { operationId: operation.operationId, changesCaptured: true },
    };
    const { changes, ...withoutChanges } = { ...other, request: { id: operation.requestId } };
    expect(changes).toBeDefined();
    await recordSealed(app.app, database, [withoutChanges]);
    const zoo = { scope: 'tenants', tenantIds: ['zoo'] } as const;
    expect(await get(`events/${other.id}`, zoo)).toMatchObject({ rowChanges: { events: [], records: 0 } });
    expect(await get(`events/${other.id}`)).toMatchObject({ rowChanges: { records: 1 } });
    expect(await get<Page>(`events?relatedTo=${other.id}`, zoo)).not.toHaveProperty('operation');
  });
});
