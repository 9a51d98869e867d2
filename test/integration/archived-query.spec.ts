import { describe, expect, it } from '@jest/globals';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import { mergeEvents } from '../../src/monitoring/read/query/audit-query.service.js';
import type { EventQuery } from '../../src/monitoring/read/query/event-query.dto.js';
import type { LedgerEvent } from '../../src/monitoring/read/query/ledger-event.js';
import { ACCESSES, makeArchivedScene, PERSON, SUBJECT } from '../support/archived-scene.js';
import { kept } from '../support/index.js';
import { WHOLE } from '../support/whole.js';

type Query = Partial<EventQuery>;

const EVERYTHING: LedgerAccess = { scope: 'all' };

const QUERIES: readonly Query[] = [
  {},
  { type: 'order_*' },
  { type: ['user_login_failed', 'payment_*'] },
  { type: { ne: ['order_created'] } },
  { action: 'order_creation' },
  { outcome: ['failure', 'denied'] },
  { category: { ne: 'order' } },
  { severity: 'critical' },
  { actorId: 'p-1' },
  { actorId: 'grace@*' },
  { actorId: { ne: 'p-1' } },
  { actorId: { exists: false } },
  { actorType: ['system', 'admin'] },
  { actorName: 'Grace Hopper' },
  { actorName: { exists: false } },
  { onBehalfOf: 'p-1' },
  { onBehalfOf: { ne: 'u-2' } },
  { sessionId: 's-9' },
  { sessionId: { ne: 's-9' } },
  { tenantId: 'other "tenant"' },
  { tenantId: { exists: false } },
  { resourceType: 'user' },
  { resourceId: 'grace@example.com' },
  { resourceId: { ne: 'o-1' } },
  { requestId: 'r-2' },
  { traceId: { exists: true } },
  { ip: '10.0.0.0/8' },
  { ip: ['10.1.2.3', '2001:db8::/32'] },
  { ip: { ne: '203.0.113.7' } },
  { ip: '::/0' },
  { userAgent: { exists: false } },
  { userAgent: 'curl*' },
  { method: 'get' },
  { method: 'DELETE' },
  { route: '/orders/*' },
  { statusCode: '5xx' },
  { statusCode: { gte: 400, lt: 500 } },
  { statusCode: { gt: 404.5, lte: 1e300 } },
  { statusCode: { ne: 201 } },
  { compliance: 'pci_dss' },
  { compliance: { exists: false } },
  { actorId: ['p-1', 'u-*'], ip: { ne: '10.0.0.0/8' }, outcome: 'success', from: '2026-01-05' },
  { from: '2026-01-20', to: '2026-02-10' },
  { from: '2026-02-01', order: 'asc' },
];
/** Without `npm run test:long -- whole`, half of the queries for a reader who sees less than everything: the one half or the other. */
const queriesOf = (access: LedgerAccess): readonly Query[] =>
  QUERIES.filter((_, nth) => WHOLE || access.scope === 'all' || nth % 2 === ACCESSES.indexOf(access) % 2);
const before = new Map<string, readonly LedgerEvent[]>();

/** One resource id is somebody's address, which is personal. */
const RESOURCES = [
  { type: 'order', id: 'o-1' },
  { type: 'order', id: PERSON },
  { type: 'user', id: SUBJECT },
  { type: 'user', id: PERSON },
];

async function histories(access: LedgerAccess, query: Query): Promise<readonly (readonly LedgerEvent[])[]> {
  const pages = RESOURCES.map((resource) => scene.ledger.history(access, resource, { limit: 200, ...query }));
  return (await Promise.all(pages)).map(({ items }) => items);
}
const historiesBefore = new Map<LedgerAccess, readonly (readonly object[])[]>();

function keyOf(access: LedgerAccess, query: Query): string {
  return JSON.stringify([access, query]);
}

async function all(access: LedgerAccess, query: Query): Promise<readonly LedgerEvent[]> {
  const events: LedgerEvent[] = [];
  for await (const event of scene.ledger.all(access, query)) events.push(event);
  return events;
}

async function paged(query: Query): Promise<readonly LedgerEvent[]> {
  const events: LedgerEvent[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await scene.ledger.find(EVERYTHING, { ...query, ...(cursor === undefined ? {} : { cursor }) });
    events.push(...page.items);
    cursor = page.nextCursor;
  }
  return events;
}

function withoutArchive(events: readonly LedgerEvent[]): readonly object[] {
  return events.map((event) =>
    Object.fromEntries(Object.entries(event).filter(([name]) => !['archive', 'names'].includes(name))),
  );
}

const scene = await kept(makeArchivedScene());
for (const access of ACCESSES) {
  for (const query of queriesOf(access))
    before.set(keyOf(access, query), await all(access, { to: '2026-03-01', ...query }));
  historiesBefore.set(access, (await histories(access, { to: '2026-03-01' })).map(withoutArchive));
}
await scene.retire();

describe('a query of archives', () => {
  it.each(ACCESSES)(
    'finds what PostgreSQL found before, by each filter, for %j',
    async (access) => {
      let archived = 0;
      const queries = queriesOf(access);
      for (const query of queries) {
        const found = await all(access, { to: '2026-03-01', ...query, archived: true });
        expect({ query, events: withoutArchive(found) }).toEqual({ query, events: before.get(keyOf(access, query)) });
        archived += found.filter(({ archive }) => archive !== undefined).length;
      }
      expect(archived).toBeGreaterThan(queries.length / 4);
    },
    300_000,
  );

  it('goes from page to page by one cursor, over what is stored and what is archived, in both orders', async () => {
    for (const order of ['asc', 'desc'] as const) {
      const whole = await all(EVERYTHING, { order, archived: true });
      expect(await paged({ order, archived: true, limit: 7 })).toEqual(whole);
      const kinds = new Set(whole.map(({ archive }) => archive !== undefined));
      expect([kinds.size, new Set(whole.map(({ id }) => id)).size]).toEqual([2, whole.length]);
    }
    const { nextCursor } = await scene.ledger.find(EVERYTHING, { archived: true, limit: 7 });
    await expect(scene.ledger.find(EVERYTHING, { cursor: nextCursor ?? '' })).rejects.toThrow(
      expect.objectContaining({ code: 'AUDIT_QUERY_INVALID' }),
    );
  });

  it('says which events are from archives, and of which months', async () => {
    const page = await scene.ledger.find(EVERYTHING, { to: '2026-02-01', archived: true });
    expect(page.archived).toEqual({ included: true, months: ['2026-01'], events: page.items.length - 2 });
    const [archive] = await scene.archives.names();
    expect(new Set(page.items.map((event) => event.archive))).toEqual(new Set([archive, undefined]));
  });

  it('says that events may be missing where archives were not asked, and nothing where none were retired', async () => {
    const missing = await scene.ledger.find(EVERYTHING, { from: '2026-01-15', to: '2026-02-02' });
    expect(missing.archived).toEqual({ included: false, months: ['2026-01', '2026-02'], events: 0 });
    expect(await scene.ledger.find(EVERYTHING, { from: '2026-03-01' })).not.toHaveProperty('archived');
  });

  it.each(ACCESSES)('tells the histories that PostgreSQL told before, to %j', async (access) => {
    const told = await histories(access, { to: '2026-03-01', archived: true });
    expect(told.map(withoutArchive)).toEqual(historiesBefore.get(access));
    // A person cannot find hidden values of others by guessing, either.
    expect((told[1] ?? []).length > 0).toBe(access.scope !== 'subject');
  });

  it('shows what was done to one resource, and refuses what it cannot answer', async () => {
    const { items } = await scene.ledger.history(EVERYTHING, { type: 'user', id: SUBJECT }, { archived: true });
    expect(items.map(({ resource }) => resource)).toEqual([1, 2].map(() => ({ type: 'user', id: SUBJECT })));
    const [recent] = (await scene.ledger.find(EVERYTHING)).items;
    await expect(scene.ledger.related(EVERYTHING, recent?.id ?? '', { archived: true })).rejects.toThrow(
      'archived=true works for',
    );
  });

  it.each<[string, Query]>([
    ['q', { q: 'late' }],
    ['details.amount', { details: { amount: '1000' } }],
    ['metadata.region', { metadata: { region: { ne: 'us' } } }],
    ['changed', { changed: '/items' }],
  ])('refuses to filter archives by %s', async (name, query) => {
    const refused = scene.ledger.find(EVERYTHING, { ...query, archived: true });
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_QUERY_INVALID' }));
    await expect(refused).rejects.toThrow(`does not filter by ${name}:`);
  });

  it('reads an archive that an erasure rewrote, and hides what an archive missed', async () => {
    const query: Query = { actorName: 'Grace Hopper', archived: true };
    const [event] = (await scene.ledger.find(EVERYTHING, query)).items;
    const not: Query = { actorName: { ne: 'Grace Hopper' }, archived: true };
    expect((await all(EVERYTHING, not)).map(({ id }) => id)).not.toContain(event?.id);
    await scene.database.superuserSql(`INSERT INTO audit_erased (event_id, act) VALUES ($1, 999)`, [event?.id]);
    expect((await scene.ledger.find(EVERYTHING, query)).items.map(({ id }) => id)).not.toContain(event?.id);
    const shown = (await all(EVERYTHING, not)).find(({ id }) => id === event?.id);
    expect(JSON.stringify(shown)).not.toMatch(/Grace|grace|Größe/);
    expect(shown).toMatchObject({ id: event?.id, type: 'order_created' });

    const others = (await scene.ledger.find(EVERYTHING, query)).items;
    expect(others).toHaveLength(1);
    await scene.archives.erase(({ sealed }) => sealed.id === others[0]?.id);
    expect((await scene.ledger.find(EVERYTHING, query)).items).toEqual([]);
    expect((await all(EVERYTHING, not)).map(({ id }) => id)).toContain(others[0]?.id);
  });

  it('ends after its time, and leaves the next query its turn', async () => {
    const ledger = scene.ledgerWithin(1);
    const asked = [1, 2].map(() => ledger.find(EVERYTHING, { archived: true }));
    const ends = await Promise.allSettled(asked);
    expect(ends).toEqual(
      [1, 2].map(() => ({ status: 'rejected', reason: expect.objectContaining({ code: 'AUDIT_QUERY_TOO_SLOW' }) })),
    );
    const two = [1, 2].map(async () => (await scene.ledger.find(EVERYTHING, { archived: true, limit: 5 })).items);
    const [one, other] = await Promise.all(two);
    expect(one).toEqual(other);
  });

  it('shows an event once that is stored and archived', async () => {
    const found = await all(EVERYTHING, { archived: true, to: '2026-03-01' });
    const kept = found.find(({ archive }) => archive === undefined);
    const [name = ''] = await scene.archives.names();
    expect(kept?.category).toBe('payment');
    expect(mergeEvents([kept ?? fail()], [{ ...(kept ?? fail()), archive: name }], 'desc')).toEqual([kept]);
  });

  it('refuses an archive that was changed or is missing, and names one that was removed for good', async () => {
    const [name = ''] = await scene.archives.names();
    const folder = join(scene.folder, name);
    const manifest = await scene.archives.manifest(name);
    const file = join(folder, manifest.files.events.name);
    const bytes = await readFile(file);
    const altered = gunzipSync(bytes).toString().replace('"outcome":"success"', '"outcome":"partial"');
    await writeFile(file, gzipSync(altered));
    await expect(scene.ledger.find(EVERYTHING, { archived: true })).rejects.toThrow(
      expect.objectContaining({ code: 'AUDIT_ARCHIVE_INVALID' }),
    );
    await rename(folder, `${scene.folder}-away`);
    await expect(scene.ledger.find(EVERYTHING, { archived: true })).rejects.toThrow(
      expect.objectContaining({ code: 'AUDIT_ARCHIVE_MISSING' }),
    );
    expect((await scene.ledger.find(EVERYTHING, { archived: true, from: '2026-02-01' })).archived?.included).toBe(true);
    await mkdir(folder);
    await writeFile(join(folder, 'removed'), '');
    const page = await scene.ledger.find(EVERYTHING, { archived: true });
    expect(page.archived).toMatchObject({ included: true, removed: [name] });
    await rm(folder, { recursive: true });
    await rename(`${scene.folder}-away`, folder);
    await writeFile(file, bytes);
    expect((await scene.ledger.find(EVERYTHING, { archived: true })).archived).not.toHaveProperty('removed');
  });

  it('continues behind a page of events that were all erased since', async () => {
    const query: Query = { actorName: 'Ada', order: 'asc', archived: true };
    const missed = (await all(EVERYTHING, query)).slice(0, 3).map(({ id }) => id);
    for (const id of missed)
      await scene.database.superuserSql('INSERT INTO audit_erased (event_id, act) VALUES ($1, 999)', [id]);
    const found = await all(EVERYTHING, query);
    expect(found.map(({ id }) => id)).not.toContain(missed[0]);
    expect(await paged({ ...query, limit: 1 })).toEqual(found);
  });
});

function fail(): never {
  throw new Error('no event of a payment is stored');
}
