import { describe, expect, it, jest } from '@jest/globals';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import { mergeEvents } from '../../src/monitoring/read/query/audit-query.service.js';
import { packageErrors } from '../../src/monitoring/errors/package.errors.js';
import { ArchivedEvents } from '../../src/monitoring/read/query/archived/archived-events.service.js';
import type { EventQuery } from '../../src/monitoring/read/query/event-query.dto.js';
import type { LedgerEvent } from '../../src/monitoring/read/query/ledger-event.js';
import { ACCESSES, makeArchivedScene, PERSON, SUBJECT } from '../support/archived-scene.js';
import { type CommandRun, closeAfterTests, keptApp, ORIGIN, runCommand, runSql } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
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
  { actorId: 'p-1' },
  { actorId: 'grace@*' },
  { actorId: { ne: 'p-1' } },
  { actorId: { exists: false } },
  { actorType: ['system', 'admin'] },
  { actorName: 'Grace Hopper' },
  { onBehalfOf: 'p-1' },
  { onBehalfOf: { ne: 'u-2' } },
  { sessionId: 's-9' },
  { sessionId: { ne: 's-9' } },
  { tenantId: 'other "tenant"' },
  { resourceId: 'grace@example.com' },
  { traceId: { exists: true } },
  { ip: '10.0.0.0/8' },
  { ip: ['10.1.2.3', '2001:db8::/32'] },
  { ip: { ne: '203.0.113.7' } },
  { ip: '::/0' },
  { method: 'get' },
  { route: '/orders/*' },
  { statusCode: '5xx' },
  { statusCode: { gte: 400, lt: 500 } },
  { statusCode: { gt: 404.5, lte: 1e300 } },
  { statusCode: { ne: 201 } },
  { compliance: 'pci_dss' },
  { compliance: { exists: false } },
  { actorId: ['p-1', 'u-*'], ip: { ne: '10.0.0.0/8' }, outcome: 'success', from: '2026-01-05' },
  { from: '2026-01-20', to: '2026-02-09' },
  { from: '2026-02-01', order: 'asc' },
];
/** Without `npm run test:long -- whole`, each query is for one of the readers who see less than everything, beside one who sees all. */
const buildQueries = (access: LedgerAccess): readonly Query[] =>
  QUERIES.filter((_, nth) => WHOLE || access.scope === 'all' || nth % 3 === ACCESSES.indexOf(access) % 3);
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

function toKey(access: LedgerAccess, query: Query): string {
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

const scene = await closeAfterTests(makeArchivedScene());
for (const access of ACCESSES) {
  for (const query of buildQueries(access))
    before.set(toKey(access, query), await all(access, { to: '2026-02-28', ...query }));
  historiesBefore.set(access, (await histories(access, { to: '2026-02-28' })).map(withoutArchive));
}
await scene.retire();

const { database, keyFile, folder } = scene;
const running = await keptApp(
  startLedgerApp(database.url, {
    monitoring: {
      ...{ signingKeyFile: keyFile, origin: ORIGIN, archiveDir: folder, recordReads: true },
      authorize: accessOfHeader,
    },
  }),
);

interface Page {
  readonly items: readonly { readonly id: string; readonly archive?: string; readonly tenantId?: string }[];
  readonly nextCursor: string | null;
  readonly archived?: object;
}

describe('GET /audit/events?archived=true', () => {
  async function get(path: string, access: LedgerAccess = { scope: 'all' }): Promise<Response> {
    return fetch(running.url + path, { headers: { 'x-access': JSON.stringify(access) } });
  }

  async function readPage(path: string, access?: LedgerAccess): Promise<Page> {
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
    const second = await readPage(next);
    expect(second.items).toHaveLength(5);
    expect(new Set([...page.items, ...second.items].map(({ id }) => id)).size).toBe(10);
    const stats = (await (await get('/audit/stats?from=2026-01-01&to=2026-01-31')).json()) as Page;
    expect(stats.archived).toEqual({ included: false, months: ['2026-01'] });
    const shown = await readPage('/audit/events?archived=true&to=2026-03-01&limit=1&fields=id,archive');
    expect(Object.keys(shown.items[0] ?? {})).toEqual(['id', 'archive']);
    expect((await readPage('/audit/resources/user/p-1?archived=true')).items).toHaveLength(2);
  });

  it('says of an export which months it has not whole', async () => {
    const whole = await get('/audit/export');
    expect(whole.headers.get('audit-export-archived-months')).toBe('2026-01, 2026-02');
    await whole.arrayBuffer();
    const recent = await get('/audit/export?from=2026-03-01');
    expect(recent.headers.get('audit-export-archived-months')).toBeNull();
    await recent.arrayBuffer();
  });

  it('shows one archived event by its id', async () => {
    const [event] = (await readPage('/audit/events?archived=true&to=2026-02-01&order=asc&limit=1')).items;
    const path = `/audit/events/${event?.id}`;
    const refused = await get(path);
    expect([refused.status, await refused.text()]).toEqual([404, expect.stringContaining('archived=true')]);
    expect(await (await get(`${path}?archived=true`)).json()).toEqual(event);
    const other = await get(`${path}?archived=true`, { scope: 'tenants', tenantIds: ['third'] });
    expect(other.status).toBe(404);
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
    expect((await get('/audit/events?archived=maybe')).status).toBe(400);
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

async function query(...args: readonly string[]): Promise<CommandRun> {
  const env = { DATABASE_URL: scene.database.url, AUDIT_LEDGER_ORIGIN: ORIGIN };
  return runCommand(['query', ...args], { cwd: scene.folder, env });
}

describe('nestjs-audit-ledger query', () => {
  it('prints events as a table, and says which months archives have more of', async () => {
    const { code, output, errors } = await query('category=payment', 'details.amount[gte]=42');
    const [head, ...lines] = output.trimEnd().split('\n');
    const columns = [
      'TIME',
      'TYPE',
      'OUTCOME',
      'ACTOR',
      'RESOURCE',
      'REASON',
      'AMOUNT',
      'CHANGED',
      'TENANT',
      'IP',
      'ID',
    ];
    expect(head?.split(/ {2,}/)).toEqual(columns);
    expect(lines.map((line) => line.split(/ {2,}/)[1])).toEqual(['payment_received', 'payment_received']);
    expect(lines.map((line) => line.split(/ {2,}/)[3])).toEqual(['user/u-1 (Ada)', 'user/u-1 (Ada)']);
    expect([code, errors]).toEqual([
      0,
      'note: events of 2026-01, 2026-02 were archived, and may be missing here; give --archives <folder>\n',
    ]);
  });

  it('prints archived events, too, with --archives, and is an event itself', async () => {
    const args = ['--archives', '.', '--key', scene.verifierKey, 'actorId=p-1', '--by', 'ops@host'];
    const { code, output, errors } = await query(...args);
    expect([code, errors]).toEqual([0, 'note: 2 of these events are from archives of 2026-01, 2026-02\n']);
    expect(output).toContain('ARCHIVE');
    const json = await query(...args, 'limit=1', '--json', '--tenant', 'acme');
    const page = JSON.parse(json.output) as { items: { archive: string }[]; nextCursor: string; archived: object };
    expect(page.items).toHaveLength(1);
    expect(page.archived).toEqual({ included: true, months: ['2026-01', '2026-02'], events: 1 });
    const next = await query(
      ...args,
      'limit=1',
      '--json',
      '--tenant',
      'acme',
      `cursor=${page.nextCursor}`,
      'fields=id,archive',
    );
    expect(JSON.parse(next.output)).toMatchObject({ items: [{ archive: expect.any(String) }], nextCursor: null });
    await scene.seal();
    const [read] = await runSql(
      scene.database.url,
      `SELECT actor_id, tenant_id, details FROM audit_event WHERE action = 'audit_log_viewed' AND tenant_id = 'acme' ORDER BY id LIMIT 1`,
    );
    expect(read).toMatchObject({
      actor_id: 'ops@host',
      details: {
        shown: 1,
        access: { scope: 'tenants', tenantIds: ['acme'] },
        filters: { actorId: 'p-1', archived: true },
      },
    });
  });

  it.each([
    [['query', '--from', '2026-11-01'], 'a filter has no hyphens: from=<value>'],
    [['query', 'on=2026-11-01'], 'on is an unknown parameter (did you mean from and to?)'],
    [['query', 'product:rug'], 'product is not the name of a filter. To search for words, omit the colon'],
    [['erase', 'ben@example.com'], 'too many arguments; write erase --subject <id> --reason <text>'],
  ])('says for %p how to write it', async (args, problem) => {
    const run = await runCommand(args, { cwd: scene.folder, env: { DATABASE_URL: scene.database.url } });
    expect([run.code, run.errors]).toEqual([2, expect.stringContaining(problem)]);
  });

  it('shows no control characters of what others wrote', async () => {
    const { output } = await query('limit=200', '--archives', '.', '--key', scene.verifierKey);
    // eslint-disable-next-line no-control-regex -- which it looks for
    expect(output.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});

describe('a query of archives', () => {
  it.each(ACCESSES)(
    'finds what PostgreSQL found before, by each filter, for %j',
    async (access) => {
      let archived = 0;
      const queries = buildQueries(access);
      for (const query of queries) {
        const found = await all(access, { to: '2026-02-28', ...query, archived: true });
        expect({ query, events: withoutArchive(found) }).toEqual({ query, events: before.get(toKey(access, query)) });
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
    const page = await scene.ledger.find(EVERYTHING, { to: '2026-01-31', archived: true });
    expect(page.archived).toEqual({ included: true, months: ['2026-01'], events: page.items.length - 2 });
    const [archive] = await scene.archives.names();
    expect(new Set(page.items.map((event) => event.archive))).toEqual(new Set([archive, undefined]));
  });

  it('says that events may be missing where archives were not asked, and nothing where none were retired', async () => {
    const missing = await scene.ledger.find(EVERYTHING, { from: '2026-01-15', to: '2026-02-01' });
    expect(missing.archived).toEqual({ included: false, months: ['2026-01', '2026-02'], events: 0 });
    expect(await scene.ledger.find(EVERYTHING, { from: '2026-03-01' })).not.toHaveProperty('archived');
  });

  it.each(ACCESSES)('tells the histories that PostgreSQL told before, to %j', async (access) => {
    const reported = await histories(access, { to: '2026-02-28', archived: true });
    expect(reported.map(withoutArchive)).toEqual(historiesBefore.get(access));
    // A person cannot find hidden values of others by guessing, either.
    expect((reported[1] ?? []).length > 0).toBe(access.scope !== 'subject');
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
    const requested = [1, 2].map(() => ledger.find(EVERYTHING, { archived: true }));
    const ends = await Promise.allSettled(requested);
    expect(ends).toEqual(
      [1, 2].map(() => ({ status: 'rejected', reason: expect.objectContaining({ code: 'AUDIT_QUERY_TOO_SLOW' }) })),
    );
    const two = [1, 2].map(async () => (await scene.ledger.find(EVERYTHING, { archived: true, limit: 5 })).items);
    const [one, other] = await Promise.all(two);
    expect(one).toEqual(other);
  });

  it('shows an event once that is stored and archived', async () => {
    const found = await all(EVERYTHING, { archived: true, to: '2026-02-28' });
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
