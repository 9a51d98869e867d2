import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { LedgerProvider } from '../../../src/monitoring/ledger.provider.js';
import { ApiClient, eventually, idAt, MAIN_ADAPTERS, sampleEvent } from '../../support/index.js';
import { closeAfterTests, closeEach, testDatabase } from '../../support/close-after-tests.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';
import { TailReader } from '../../support/tail-reader.js';

const scenes = await closeEach(MAIN_ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const app = await closeAfterTests(startReferenceApp(database.url, { HTTP_ADAPTER: adapter }));
  const admin = new ApiClient(app.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  return { database, app, admin };
});

describe.each(scenes)('GET /audit/events/tail, on $adapter', ({ database, app, admin, adapter }) => {
  const open: TailReader[] = [];

  afterEach(() => {
    jest.restoreAllMocks();
    for (const reader of open.splice(0)) reader.leave();
  });

  type Headers = Readonly<Record<string, string>>;

  async function ask(query: string, headers: Headers = {}): Promise<TailReader> {
    const authorization = `Bearer ${String(admin.token)}`;
    return TailReader.open(`${app.url}/audit/events/tail?${query}`, { authorization, ...headers });
  }

  async function follow(query = '', headers?: Headers): Promise<TailReader> {
    const reader = await ask(query, headers);
    open.push(reader);
    return reader;
  }

  async function getStatus(query: string, headers?: Headers): Promise<number> {
    const reader = await ask(query, headers);
    reader.leave();
    return reader.response.status;
  }

  async function record(...fields: Parameters<typeof sampleEvent>[0][]): Promise<readonly string[]> {
    const events = fields.map((each) => sampleEvent({ category: 'fair', ...each }));
    await app.app.get(LedgerProvider).record(events);
    return events.map(({ id }) => id);
  }

  it('shows what is sealed from now on, with its place', async () => {
    const tail = await follow('category=fair');
    expect(tail.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(tail.response.headers.get('cache-control')).toBe('private, no-store, no-transform');
    await tail.untilPlace();
    const ids = [...(await record({})), ...(await record({ id: idAt('2026-05-02T00:00:00Z') }))]; // the second one is late
    const seen = await tail.until(2);
    expect(seen.map(({ event }) => event.id)).toEqual(ids);
    expect(seen.map(({ place }) => place)).toEqual(seen.map(({ event }) => event.index));
  });

  it('resumes behind the last event that was seen, and misses none', async () => {
    const first = await follow('category=fair&after=-1');
    const ids = await record({}, {}, {});
    await eventually(() => first.events.some(({ event }) => event.id === ids[0]));
    const last = first.events.find(({ event }) => event.id === ids[0]);
    first.leave();
    const second = await follow('category=fair&after=-1', { 'last-event-id': String(last?.place) });
    expect((await second.until(2)).map(({ event }) => event.id).sort()).toEqual(ids.slice(1).sort());
  });

  it('leads through more than a page, each event once, in the order of places', async () => {
    const resource = { type: 'crowd', id: adapter };
    await record(...Array.from({ length: 250 }, () => ({ resource })));
    const tail = await follow(`after=-1&resourceType=crowd&fields=id,index`);
    const places = (await tail.until(250)).map(({ place }) => place);
    expect(places).toEqual([...new Set(places)].sort((one, other) => one - other));
    expect(Object.keys(tail.events[0]?.event ?? {}).sort()).toEqual(['id', 'index']);
  });

  it('records what it showed as the reader’s, and nothing where it showed nothing', async () => {
    const loud = await follow('after=-1&category=fair&requestId=loud');
    await follow('after=-1&category=fair&requestId=quiet');
    await record({ request: { id: 'loud' } });
    await loud.until(1);
    const reads = async (requestId: string) =>
      admin.events(`type=audit_log_viewed&details.filters.requestId=${requestId}`);
    const [read] = await eventually(async () => {
      const found = await reads('loud');
      return found.length > 0 && found;
    });
    expect(read).toMatchObject({ actor: { type: 'user' }, details: { shown: 1, access: { scope: 'all' } } });
    expect(await reads('quiet')).toEqual([]);
  });

  it('lets a person follow 5 times, and again when one of their tails ended', async () => {
    for (let nth = 0; nth < 5; nth += 1) await eventually(async () => (await follow()).response.status === 200);
    expect(await getStatus('')).toBe(503);
    open.find(({ response }) => response.status === 200)?.leave();
    await eventually(async () => (await getStatus('')) === 200);
  });

  it('ends after five minutes, so that the application is asked again who may read', async () => {
    const tail = await follow('category=fair');
    await tail.untilPlace();
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 300_000);
    await eventually(() => tail.isEnded);
  });

  it('ends its tails when the application stops', async () => {
    const other = await startReferenceApp(database.url, { HTTP_ADAPTER: adapter });
    const client = new ApiClient(other.url);
    await client.logIn(ADMIN.email, ADMIN.password);
    const headers = { authorization: `Bearer ${String(client.token)}` };
    const tail = await TailReader.open(`${other.url}/audit/events/tail`, headers);
    await tail.untilPlace();
    await other.close();
    await eventually(() => tail.isEnded);
  });
});
