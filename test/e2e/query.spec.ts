import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditContext, type AuditInput } from '../../src/audit/index.js';
import { parseJson } from '../../src/audit/nest-free.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { AuditViewerModule } from '../../src/rooms/viewer/index.js';
import { WatchModule } from '../../src/rooms/watch/index.js';
import {
  ADAPTERS,
  ApiClient,
  eventually,
  keptApp,
  onEach,
  recordSealed,
  sampleEvent,
  settled,
  testDatabase,
} from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { runs } from '../support/whole.js';

interface Page {
  readonly items: readonly object[];
  readonly nextCursor: string | null;
}

interface OpenedPage {
  readonly included: {
    readonly related: { readonly items: readonly { readonly id: string }[] };
    readonly neighbours: Readonly<Record<'before' | 'after', readonly { readonly id: string }[]>>;
    readonly proof: { readonly sealed: { readonly salt: string } };
  };
}

interface PageView {
  readonly details: {
    readonly ids: readonly string[];
    readonly shown: number;
    readonly salt: boolean;
    readonly filters?: { readonly id?: string };
  };
}

/** What the viewer asks for on the page of an event. */
const PAGE = 'names=true&include=related&include=proof&include=salt&include=gaps&include=replies&neighbours=3';
const LOGIN = { type: 'user_login_success', action: 'user_login', tenantId: 'acme' } as const;

const scenes = await onEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const running = await keptApp(
    startLedgerApp(database.url, {
      adapter,
      audit: { resolveActor: () => ({ id: 'root' }) },
      monitoring: { authorize: accessOfHeader, recordReads: true },
      rooms: [WatchModule.forRoot(), AuditViewerModule.forRoot()],
    }),
  );
  const admin = new ApiClient(running.url, { 'x-access': '{"scope":"all"}' });
  await recordSealed(
    running.app,
    database,
    [1, 2, 3].map(() => sampleEvent(LOGIN)),
  );
  return { database, running, admin };
});

describe.each(scenes)('GET /audit/events, on $adapter', ({ database, running, admin }) => {
  async function record(name: string, input: AuditInput): Promise<void> {
    await running.app.get(AuditAggregator).record(name, input);
    await settled(database);
  }

  it.each([
    ['limit', 'ten'],
    ['details', 'x&details.y=1'],
    ['tenantId[]', 'x'],
    ['__proto__', 'x'],
    ['fields', 'constructor'],
    ['limit', '1&limit=2'],
    ['actorId', '%00'],
  ])('answers 400 to %s=%s and names it', async (name, value) => {
    const { status, body } = await admin.send('GET', `/audit/events?${name}=${value}`);
    expect(status).toBe(400);
    expect(JSON.stringify(body.message)).toContain(name);
  });

  it('takes a parameter several times, and fields at any depth', async () => {
    const types = async (query: string) => (await admin.events(query)).map(({ type }) => type);
    expect(new Set(await types('type=user_login_success&type=zebra'))).toEqual(new Set(['user_login_success']));
    expect(await types('type=user_login*&q=nothing-like-it')).toEqual([]);
    await record('zebra_fed', { details: { food: { kind: 'hay' } } });
    expect(await types('details.food.kind=hay')).toEqual(['zebra_fed']);
    expect(await types('details.food.kind=oats')).toEqual([]);
  });

  it('links the next page, with the query that it is of', async () => {
    const { headers, body } = await admin.send<Page>('GET', '/audit/events?type=user_login_success&limit=1&q=');
    expect(headers.get('link')).toBeNull();
    expect(body).toMatchObject({ code: 'AUDIT_QUERY_INVALID' });
    const first = await admin.send<Page>('GET', '/audit/events?type=user_login_success&limit=2');
    const [, next = ''] = /^<(\/audit\/events\?.*)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
    const second = await admin.send<Page>('GET', next);
    expect(second.headers.get('link')).toBeNull();
    expect(second.body.items).toHaveLength(1);
    const other = await admin.send('GET', next.replace('user_login_success', 'user_logout'));
    expect(other).toMatchObject({ status: 400, body: { message: [expect.stringContaining('cursor')] } });
  });

  it('shows no more of each event than was asked for', async () => {
    const { body } = await admin.send<Page>(
      'GET',
      '/audit/events?type=user_login_success&limit=1&fields=type,actor.id&fields=request.method,details.nothing',
    );
    expect(body.items).toEqual([
      { type: 'user_login_success', actor: { id: expect.any(String) as unknown }, request: { method: 'POST' } },
    ]);
  });

  it('shows what is related, the history of a resource, and counts', async () => {
    await AuditContext.run({ traceId: 'ef'.repeat(16) }, async () => {
      const resource = { type: 'zebra', id: 'a/b c' };
      await record('zebra_born', { resource, changes: { before: { stripes: 0 }, after: { stripes: 9 } } });
      await record('zebra_told', { resource: { type: 'ark' } });
    });
    const [told] = await admin.events('type=zebra_told');
    const related = await admin.send<Page>('GET', `/audit/events?relatedTo=${told?.id}&fields=type&order=asc`);
    expect(related.body.items).toEqual([{ type: 'zebra_born' }, { type: 'zebra_told' }]);

    const history = await admin.send<Page>('GET', '/audit/resources/zebra/a%2Fb%20c?fields=changes');
    expect(history.body.items).toEqual([
      {
        changes: { before: { stripes: 0 }, after: { stripes: 9 }, diff: [{ path: '/stripes', from: 0, to: 9 }] },
      },
    ]);
    expect((await admin.send('GET', '/audit/resources/zebra/x?resourceId=y')).status).toBe(400);
    const { body: shown } = await admin.send('GET', '/audit/resources/zebra/a%2Fb%20c?show=state&show=blame');
    const resource = { type: 'zebra', id: 'a/b c' };
    expect(shown).toMatchObject({ state: { resource }, blame: { resource } });
    expect(shown).not.toHaveProperty('items');

    const { body } = await admin.send('GET', '/audit/stats?by=type&interval=hour&type=zebra_born&type=zebra_told');
    expect(body).toMatchObject({ by: 'type', interval: 'hour', total: 2, others: 0 });
    expect((await admin.send('GET', '/audit/stats?interval=minute')).status).toBe(400);
  });

  it('is an event itself, once for each read, also of such events', async () => {
    await admin.send(
      'GET',
      '/audit/events?action=audit_log_viewed&outcome=success&details.email=x@example.com&limit=7',
    );
    await admin.send('GET', '/audit/events?limit=ten');
    await new ApiClient(running.url).send('GET', '/audit/stats');
    const seen = async (query: string) => admin.events(`action=audit_log_viewed&${query}`);
    const [viewed] = await eventually(async () => {
      const found = await seen('details.filters.limit=7');
      return found.length > 0 && found;
    });
    expect(viewed).toMatchObject({
      type: 'audit_log_viewed',
      category: 'audit_access',
      actor: { type: 'user', id: expect.any(String) as unknown },
      details: {
        access: { scope: 'all' },
        filters: { action: 'audit_log_viewed', outcome: 'success', details: { email: 'x@example.com' } },
        shown: expect.any(Number) as unknown,
      },
    });
    expect(await seen('details.filters.limit=7')).toHaveLength(1);
    await eventually(async () => (await seen('outcome=failure')).length > 0);
    const [denied] = await eventually(async () => {
      const found = await seen('outcome=denied');
      return found.length > 0 && found;
    });
    expect(denied).toMatchObject({ type: 'audit_log_viewed_denied', request: { route: '/audit/stats' } });
  });

  it('is one event for each page view of the viewer, with the ids of all events that the page shows', async () => {
    const request = { id: 'r-1' };
    const events = Array.from({ length: 20 }, () => sampleEvent({ request }));
    await recordSealed(running.app, database, events);
    const viewed = events.slice(0, runs(10)).map(({ id }) => id);
    const shown: (readonly string[])[] = [];
    for (const id of viewed) {
      const { body } = await admin.send<OpenedPage>('GET', `/audit/events/${id}?${PAGE}`);
      const { related, neighbours, proof } = body.included;
      expect(proof.sealed.salt).toEqual(expect.any(String));
      const others = [...related.items, ...neighbours.before, ...neighbours.after];
      shown.push([...new Set([id, ...others.map((event) => event.id)])].toSorted());
    }
    const reads = await eventually(async () => {
      await settled(database);
      const query = { category: 'audit_access', limit: 200, order: 'asc' } as const;
      const { items } = await running.app.get(AuditQuery).find({ scope: 'all' }, query);
      const found = items.map((event) => event as unknown as PageView);
      const ofPages = found.filter(({ details }) => viewed.includes(details.filters?.id ?? ''));
      return ofPages.length >= viewed.length && ofPages;
    });
    expect(reads.map(({ details }) => details.ids.toSorted())).toEqual(shown);
    expect(reads.every(({ details: { salt, ids, shown: count } }) => salt && count === ids.length)).toBe(true);
    expect(reads[0]).toMatchObject({
      request: { route: '/audit/events/:id' },
      details: {
        access: { scope: 'all' },
        filters: { id: viewed[0], include: ['related', 'proof', 'salt', 'gaps', 'replies'] },
      },
    });
  });

  it('answers every example of docs/guides/reading.md', async () => {
    const guide = await readFile('docs/guides/reading.md', 'utf8');
    const examples = [...guide.matchAll(/^GET (\/audit\/(?!export)\S.*)$/gm)].map(([, path = '']) => path);
    expect(examples.length).toBeGreaterThan(8);
    const [event] = await admin.events();
    for (const path of examples) {
      const { status } = await admin.send('GET', path.replace(/:id|<id>/, String(event?.id)));
      expect([path, status]).toEqual([path, 200]);
    }
  });

  it('keeps the names of details that JSON escapes, and the ledger of such searches is sound', async () => {
    const asked = [{ '!': '1', '\\': '1' }, { '!': '1', '"': '1' }]; // which Node 24 and 26 misread beside each other
    for (const search of ['details.!=1&details.%5C=1', 'details.!=1&details.%22=1']) await admin.events(`${search}&requestId=r-escaped`);
    const found = await eventually(async () => {
      const { text } = await admin.download('/audit/events?type=audit_log_viewed&details.filters.requestId=r-escaped');
      const { items } = parseJson(text) as { items: readonly { details: { filters: { details: object } } }[] };
      return items.length > 1 && items.map(({ details }) => details.filters.details);
    });
    expect(found.toReversed()).toEqual(asked);
    const { verifierKeys } = running.app.get(CheckpointSigner);
    expect(await verifyLedger({ database: database.url, verifierKeys })).toMatchObject({ verdict: 'sound' });
    await running.app.get(SelfCheck).run();
    expect(running.app.get(SelfCheck).status).toMatchObject({ findings: [], failedRuns: 0 });
  }); // prettier-ignore

  it('answers 404 for an unknown event, and 400 for an invalid id', async () => {
    expect((await admin.send('GET', '/audit/events/01890000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await admin.send('GET', '/audit/events/nothing')).status).toBe(400);
  });
});
