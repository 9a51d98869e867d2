import { describe, expect, it, jest } from '@jest/globals';
import { rename } from 'node:fs/promises';
import type { LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import { ArchivedEvents } from '../../src/monitoring/read/query/archived/archived-events.service.js';
import { makeArchivedScene } from '../support/archived-scene.js';
import { MAIN_ADAPTERS, ORIGIN, kept, keptApp, onEach } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { packageErrors } from '../../src/monitoring/errors/package.errors.js';

interface Page {
  readonly items: readonly { readonly id: string; readonly archive?: string; readonly tenantId?: string }[];
  readonly nextCursor: string | null;
  readonly archived?: object;
}

const scenes = await onEach(MAIN_ADAPTERS, async (adapter) => {
  const scene = await kept(makeArchivedScene());
  await scene.retire();
  const { database, keyFile, folder } = scene;
  const running = await keptApp(
    startLedgerApp(database.url, {
      adapter,
      monitoring: {
        ...{ signingKeyFile: keyFile, origin: ORIGIN, archiveDir: folder, recordReads: true },
        ...{ archiveQuery: { threads: 1, memoryMb: 128 }, authorize: accessOfHeader },
      },
    }),
  );
  return { scene, running };
});

describe.each(scenes)('GET /audit/events?archived=true, on $adapter', ({ scene, running }) => {
  async function get(path: string, access: LedgerAccess = { scope: 'all' }): Promise<Response> {
    return fetch(running.url + path, { headers: { 'x-access': JSON.stringify(access) } });
  }

  async function pageOf(path: string, access?: LedgerAccess): Promise<Page> {
    const response = await get(path, access);
    expect(response.status).toBe(200);
    return (await response.json()) as Page;
  }

  it('answers with retired events, links the next page, and says what is archived', async () => {
    const first = await get('/audit/events?archived=true&to=2026-03-01&limit=5&type=order_created');
    const page = (await first.json()) as Page;
    expect(page.items).toHaveLength(5);
    expect(page.archived).toEqual({ included: true, months: ['2026-01', '2026-02'], events: 5 });
    const next = /<([^>]*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await pageOf(next);
    expect(second.items).toHaveLength(5);
    expect(new Set([...page.items, ...second.items].map(({ id }) => id)).size).toBe(10);
    const shown = await pageOf('/audit/events?archived=true&to=2026-03-01&limit=1&fields=id,archive');
    expect(Object.keys(shown.items[0] ?? {})).toEqual(['id', 'archive']);
    expect((await pageOf('/audit/resources/user/p-1?archived=true')).items).toHaveLength(2);
  });

  it('says without it that months are archived', async () => {
    const { archived } = await pageOf('/audit/events?from=2026-01-01&to=2026-02-01');
    expect(archived).toEqual({ included: false, months: ['2026-01'], events: 0 });
    expect(await pageOf('/audit/events?from=2026-03-01')).not.toHaveProperty('archived');
    const stats = (await (await get('/audit/stats?from=2026-01-01&to=2026-02-01')).json()) as Page;
    expect(stats.archived).toEqual({ included: false, months: ['2026-01'] });
  });

  it('says of an export which months it has not whole', async () => {
    const whole = await get('/audit/export');
    expect(whole.headers.get('audit-export-archived-months')).toBe('2026-01, 2026-02');
    await whole.arrayBuffer();
    const recent = await get('/audit/export?from=2026-03-01');
    expect(recent.headers.get('audit-export-archived-months')).toBeNull();
    await recent.arrayBuffer();
  });

  it('shows a tenant what is of this tenant, and a person nothing personal of others', async () => {
    const tenant = await pageOf('/audit/events?archived=true', { scope: 'tenants', tenantIds: ['third'] });
    expect(tenant.items.map(({ tenantId, archive }) => [tenantId, archive === undefined])).toEqual([
      ['third', false],
      ['third', false],
    ]);
    const person = JSON.stringify(await pageOf('/audit/events?archived=true', { scope: 'subject', subjectId: 'p-1' }));
    expect(person).toContain('"p-1"');
    expect(person).not.toContain('grace@example.com');
  });

  it('shows one archived event by its id', async () => {
    const [event] = (await pageOf('/audit/events?archived=true&to=2026-02-01&order=asc&limit=1')).items;
    const path = `/audit/events/${event?.id}`;
    const refused = await get(path);
    expect([refused.status, await refused.text()]).toEqual([404, expect.stringContaining('archived=true')]);
    expect(await (await get(`${path}?archived=true`)).json()).toEqual(event);
    const other = await get(`${path}?archived=true`, { scope: 'tenants', tenantIds: ['third'] });
    expect(other.status).toBe(404);
  });

  it.each(['archived=maybe', 'archived=', 'archived=1'])('answers 400 to %s', async (query) => {
    expect((await get(`/audit/events?${query}`)).status).toBe(400);
  });

  it('answers 501 where DuckDB is not installed', async () => {
    const missing = packageErrors.AUDIT_PACKAGE_MISSING.notLoaded(
      'read archives by a query',
      '@duckdb/node-api',
      new Error("Cannot find package '@duckdb/node-api'"),
    );
    jest.spyOn(running.app.get(ArchivedEvents), 'find').mockRejectedValueOnce(missing);
    const response = await get('/audit/events?archived=true');
    expect([response.status, await response.json()]).toEqual([
      501,
      expect.objectContaining({ code: 'AUDIT_PACKAGE_MISSING', message: expect.stringContaining('@duckdb/node-api') }),
    ]);
    expect((await get('/audit/events')).status).toBe(200);
  });

  it('answers 503 when an archive is missing, and names it to the log alone', async () => {
    await rename(scene.folder, `${scene.folder}-away`);
    const response = await get('/audit/events?archived=true');
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'AUDIT_ARCHIVE_MISSING', message: expect.not.stringContaining(scene.folder) }),
    ]);
    await rename(`${scene.folder}-away`, scene.folder);
  });
});
