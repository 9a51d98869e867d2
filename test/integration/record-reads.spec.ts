import { beforeEach, describe, expect, it } from '@jest/globals';
import { AuditProvider } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { type LedgerAccess } from '../../src/monitoring/index.js';
import { eventually, type ListeningApp, testDatabase, keptApp } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';

const memory = new InMemoryAuditProvider();

@AuditProvider({ backend: 'broken' })
class BrokenProvider {
  record(): Promise<void> {
    return Promise.reject(new Error('out of order'));
  }
}

const start = (recordReads: boolean): Promise<ListeningApp> =>
  startLedgerApp(database.url, {
    monitoring: { authorize: accessOfHeader, recordReads },
    providers: [{ provide: InMemoryAuditProvider, useValue: memory }, BrokenProvider],
  });

async function read({ url }: ListeningApp, access: LedgerAccess | false, path = 'events?limit=3'): Promise<number> {
  return (await fetch(`${url}/audit/${path}`, { headers: { 'x-access': JSON.stringify(access) } })).status;
}

const database = await testDatabase();
const app = await keptApp(start(true));
const silent = await keptApp(start(false));
beforeEach(() => memory.clear());

describe('reading the ledger', () => {
  // A broken provider causes an event of its own sooner or later, so the last event need not be the read.
  const recorded = () => eventually(() => memory.events.findLast(({ action }) => action === 'audit_log_viewed'));

  it.each<[LedgerAccess, string | undefined]>([
    [{ scope: 'tenants', tenantIds: ['a'] }, 'a'],
    [{ scope: 'tenants', tenantIds: ['a', 'b'] }, undefined],
    [{ scope: 'all' }, undefined],
    [{ scope: 'subject', subjectId: 'p' }, undefined],
  ])('by %j is an event of that tenant alone, even where a provider is broken', async (access, tenantId) => {
    expect(await read(app, access)).toBe(200);
    const event = await recorded();
    expect(event).toMatchObject({ type: 'audit_log_viewed', details: { access, filters: { limit: 3 } } });
    expect(event.tenantId).toBe(tenantId);
  });

  it('that is refused is denied', async () => {
    expect(await read(app, false, 'stats')).toBe(403);
    expect(await recorded()).toMatchObject({ action: 'audit_log_viewed', outcome: 'denied', category: 'audit_access' });
  });
});

describe('with recordReads: false, reading the ledger', () => {
  it('is not an event, unless it is refused', async () => {
    for (const path of ['events', 'stats', 'resources/a/b', 'events?limit=x'])
      await read(silent, { scope: 'all' }, path);
    expect(await read(silent, false)).toBe(403);
    const reads = () => memory.events.filter(({ action }) => action === 'audit_log_viewed');
    await eventually(() => reads().length > 0);
    expect(reads().map(({ type }) => type)).toEqual(['audit_log_viewed_denied']);
  });
});
