import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditContext, type AuditEvent, type AuditInput } from '../../src/audit/index.js';
import { parseJson } from '../../src/audit/nest-free.js';
import { AuditQuery, type EventStats } from '../../src/monitoring/index.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import type { EventOverview } from '../../src/extensions/viewer/overview/overview.dto.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import {
  ADAPTERS,
  ApiClient,
  eventually,
  idAt,
  keptApp,
  closeEach,
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
const PAGE = 'names=true&include=related&include=proof&include=salt&include=gaps&include=matched&neighbours=3';
const LOGIN = { type: 'user_login_success', action: 'user_login', tenantId: 'first' } as const;

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const running = await keptApp(
    startLedgerApp(database.url, {
      adapter,
      audit: { resolveActor: () => ({ id: 'root' }) },
      monitoring: { authorize: accessOfHeader, recordReads: true },
      extensions: [AlertsModule.forRoot(), AuditViewerModule.forRoot()],
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
    const first = await admin.send<Page>('GET', '/audit/events?type=user_login_success&tenantId=first&limit=2');
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
    const [reported] = await admin.events('type=zebra_told');
    const related = await admin.send<Page>('GET', `/audit/events?relatedTo=${reported?.id}&fields=type&order=asc`);
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
        filters: { id: viewed[0], include: ['related', 'proof', 'salt', 'gaps', 'matched'] },
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
    const requested = [{ '!': '1', '\\': '1' }, { '!': '1', '"': '1' }]; // which Node 24 and 26 misread beside each other
    for (const search of ['details.!=1&details.%5C=1', 'details.!=1&details.%22=1']) await admin.events(`${search}&requestId=r-escaped`);
    const found = await eventually(async () => {
      const { text } = await admin.download('/audit/events?type=audit_log_viewed&details.filters.requestId=r-escaped');
      const { items } = parseJson(text) as { items: readonly { details: { filters: { details: object } } }[] };
      return items.length > 1 && items.map(({ details }) => details.filters.details);
    });
    expect(found.toReversed()).toEqual(requested);
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

const GIVEN: Readonly<Record<string, Partial<AuditEvent>>> = {
  hay_bought: { details: { amount: 999.5, dueAt: '2026-11-01T00:00:00Z', note: 'from the farm' }, outcome: 'success' },
  oats_bought: {
    details: { amount: '1000.00', dueAt: '2026-11-01T03:00:00.250+02:00', tags: ['big', 'new'] },
    tenantId: 'north',
    actor: { type: 'service', id: 'keeper-1', name: 'Kim Keeper', onBehalfOf: { type: 'user', id: 'vet-7' } },
  },
  cart_bought: {
    details: { amount: 2_500, dueAt: '2026-12-01', note: '>1000', 'a"b': 1 },
    actor: { type: 'user', id: 'visitor*', name: 'Vera Visitor' },
  },
};

const OLDER: readonly (readonly [time: string, fields: Partial<AuditEvent>])[] = [
  ['2025-03-01T10:00:00.000Z', { request: { ip: '198.51.100.7' } }],
  ['2026-05-02T11:00:00.000Z', { request: { ip: '198.51.100.7' }, details: { method: 'card' } }],
  ['2026-06-03T12:00:00.000Z', { request: { ip: '2001:db8::1' }, details: { method: 'cash', tags: ['a'] } }],
];
const TRIED: readonly (readonly [time: string, user: string])[] = [
  ['2026-07-01T00:00:00.000Z', 'eve@example.com'],
  ['2026-07-02T00:00:00.000Z', 'eve@example.com'],
  ['2026-07-03T00:00:00.000Z', 'mallory@example.com'],
];

const [{ admin, running, database }] = scenes as [(typeof scenes)[number]]; // at least Express
const zoo = Object.entries(GIVEN).map(([type, fields], nth) => {
  const request = {
    ip: `203.0.113.${nth + 1}`,
    method: nth === 0 ? 'GET' : 'POST',
    route: `/zoo/${nth}/:id`,
    statusCode: [200, 404, 503][nth] ?? 0,
    userAgent: `Farm/${nth}.0 (hay)`,
  };
  const event = sampleEvent({ type, action: type, category: 'zoo', request, ...fields });
  if (fields.tenantId === undefined) Reflect.deleteProperty(event, 'tenantId');
  return event;
});
const logIns = ['user_login_success', 'user_login_failed'];
await recordSealed(running.app, database, [
  ...zoo,
  ...logIns.map((type) => sampleEvent({ type, action: 'user_login' })),
]);

const made = (occurredAt: string, fields: Partial<AuditEvent>): AuditEvent =>
  sampleEvent({ id: idAt(occurredAt), occurredAt, category: 'fair', ...fields });
const tried = { type: 'user_login_failed', action: 'user_login', actor: { type: 'anonymous' } } as const;
await recordSealed(running.app, database, [
  ...OLDER.map(([time, fields]) => made(time, { actor: { type: 'user', id: 'ada', sessionId: 's-7' }, ...fields })),
  ...TRIED.map(([time, username]) => made(time, { ...tried, details: { username }, metadata: {} })),
]);

describe('comparisons in GET /audit/events', () => {
  const find = async (query: string) =>
    (await admin.events(`category=zoo&order=asc&${query}`)).map(({ type }) => type.split('_', 1)[0]);

  it.each([
    ['details.amount[gte]=1000', ['oats', 'cart']],
    ['details.amount[lte]=1000', ['hay', 'oats']],
    ['details.amount[gte]=1000&details.amount[lt]=2500', ['oats']],
    ['details.amount[gt]=-1', ['hay', 'oats', 'cart']],
    ['details.amount[ne]=2500', ['hay', 'oats']],
    ['details.amount[ne]=2500&details.amount[ne]=999.5', ['oats']],
    ['details.note[ne]=from*', ['oats', 'cart']],
    ['details.note=from*', ['hay']],
    ['details.note[eq]=%3E1000', ['cart']],
    ['details.note[exists]=false', ['oats']],
    ['details.tags[ne]=new', ['hay', 'cart']],
    ['details.dueAt[gte]=2026-11-01T00:30:00Z', ['oats', 'cart']],
    ['details.dueAt[lt]=2026-11-01T03:00:01%2B02:00', ['hay', 'oats']],
    ['details.dueAt[gt]=2026-11-30', ['cart']],
    ['details.dueAt[lt]=-9999w', []],
    ['details.a"b[gte]=1', ['cart']],
    ['metadata.nothing[exists]=false', ['hay', 'oats', 'cart']],
    ['actorId=keeper*', ['oats']],
    ['actorId[ne]=keeper-1', ['hay', 'cart']],
    ['actorId[eq]=visitor*', ['cart']],
    ['type[eq]=order_*', []],
    ['tenantId[exists]=false', ['hay', 'cart']],
    ['actorName=V*', ['cart']],
    ['onBehalfOf[ne]=vet-7', ['hay', 'cart']],
    ['type[ne]=hay_*', ['oats', 'cart']],
    ['type[ne]=oats*&type=hay_bought&type=oats_bought', ['hay']],
    ['outcome[ne]=success', []],
    ['route=/zoo/*&route[ne]=/zoo/1/:id', ['hay', 'cart']],
    ['method=get', ['hay']],
    ['statusCode=5xx', ['cart']],
    ['statusCode=2xx&statusCode=4XX', ['hay', 'oats']],
    ['statusCode[gte]=404', ['oats', 'cart']],
    ['statusCode[ne]=5xx', ['hay', 'oats']],
    ['userAgent=Farm/2.0 (hay)', ['cart']],
    ['ip=203.0.113.0/31', ['hay']],
    ['ip[ne]=203.0.113.0/31', ['oats', 'cart']],
    ['since=-24h', ['hay', 'oats', 'cart']],
    ['from=2026-11-01T08:00:00+02:00', ['hay', 'oats', 'cart']], // in a URL, a + is a space
    ['to=-24h', []],
    ['from=yesterday&until=today', ['hay', 'oats', 'cart']],
  ])('%s', async (query, expected) => {
    expect(await find(query)).toEqual(expected);
  });

  it.each([
    ['details.amount>1000', 'details.amount>1000 is not a filter: write details.amount=…, details.amount[ne]=…'],
    ['details.amount[0].b=5', 'details.amount[0].b is not a filter'],
    ['details.amount~=5', 'details.amount~ is not a filter'],
    [
      'details.amount[foo]=1',
      'details.amount[foo] is not a filter: write details.amount=…, details.amount[ne]=…, details.amount[gt]=…',
    ],
    ['details.amount[gte]=much', 'details.amount[gte] must be a number, or a time such as'],
    ['details.amount[gte]=1&details.amount[gte]=2', 'details.amount[gte] must be a number'],
    ['details.note[exists]=maybe', 'details.note[exists] must be true or false'],
    ['actorId[like]=a', 'actorId[like] is not a filter: write actorId=…, actorId[ne]=… or actorId[exists]=true'],
    ['actorId[gt]=a', 'actorId[gt] is not a filter'],
    ['actorId!=a', 'actorId! is an unknown parameter (did you mean actorId?)'],
    ['statusCode=600', 'statusCode must be a status code such as 404, or a class of them such as 5xx'],
    ['statusCode[gte]=2026-11-01', 'statusCode[gte] must be a number such as 500'],
    ['from>=2026-11-01', 'from> is an unknown parameter (did you mean from?)'],
    ['from=2026-11-21&to=2026-11-20', 'from must be before to'],
    ['since=-24h&from=2026-11-01', 'since must not be given with from'],
    ['until=now&to=2026-11-01', 'until must not be given with to'],
    ['since=24x', 'or how long ago, such as 24h'],
    ['compliance=pci', 'compliance must be one of'],
    ['method=%20', 'method must be an HTTP method such as POST'],
  ])('answers 400 to %s and names the right form', async (query, said) => {
    const { status, body } = await admin.send('GET', `/audit/events?${query}`);
    expect([status, body.message]).toEqual([400, [expect.stringContaining(said)]]);
  });

  it('finds by compliance tag, for an action with all its outcomes', async () => {
    const types = async (query: string) => new Set((await admin.events(query)).map(({ type }) => type));
    expect(await types('compliance=pci_dss&type=user_login*')).toEqual(new Set(logIns));
    expect(await types('compliance[ne]=pci_dss&type=user_login*')).toEqual(new Set());
    expect(await types('compliance[exists]=false&category=zoo')).toEqual(
      new Set(['hay_bought', 'oats_bought', 'cart_bought']),
    );
    expect(await types('compliance=pci_dss&category=zoo')).toEqual(new Set());
  });
});

const stats = async (query: string): Promise<EventStats> => {
  const { status, body } = await admin.send<EventStats>('GET', `/audit/stats?${query}`);
  expect(status).toBe(200);
  return body;
};
const counts = async (query: string): Promise<[string | null, number][]> =>
  (await stats(`from=2026-01-01&to=2026-08-01&category=fair&${query}`)).groups.map(({ value, count }) => [
    value,
    count,
  ]);

describe('GET /audit/stats', () => {
  it('counts by outcome and by compliance, over time as well, in one pass', async () => {
    const query = 'from=2026-01-01&to=2026-08-01&category=fair&by=outcome&by=compliance&by=action&steps=1';
    const { body } = await admin.send<EventOverview>('GET', `/audit/stats/overview?${query}`);
    const grouped = (name: string) => body.counts[name]?.groups.map(({ value, count }) => [value, count]);
    expect(body.total).toBe(5);
    expect(grouped('outcome')).toEqual([['success', 5]]);
    expect(grouped('action')).toEqual([
      ['user_login', 3],
      ['order_creation', 2],
    ]);
    expect(body.histogram.steps.map(({ count, outcomes }) => [count, outcomes])).toEqual([[5, { success: 5 }]]);
  });

  it('tells when an actor used an address for the first and the last time, over all years', async () => {
    const { groups } = await stats('by=ip&actorId=ada&from=2020-01-01');
    expect(groups).toEqual([
      { value: '198.51.100.7', count: 2, first: '2025-03-01T10:00:00.000Z', last: '2026-05-02T11:00:00.000Z' },
      { value: '2001:db8::1', count: 1, first: '2026-06-03T12:00:00.000Z', last: '2026-06-03T12:00:00.000Z' },
    ]);
    const { body } = await admin.send('GET', '/audit/stats?by=ip&actorId=ada*&from=2020-01-01');
    expect(body.message).toEqual([
      expect.stringContaining('unless an actor, a resource, a request, a session or a trace is named'),
    ]);
  });

  it('counts whoever is unknown as one actor, whatever user names were tried', async () => {
    const { groups, total, others } = await stats('by=actorId&from=2026-01-01&to=2026-08-01&category=fair');
    expect(groups.map(({ value, name, count }) => [value, name, count])).toEqual([
      [null, undefined, 3],
      ['ada', undefined, 2],
    ]);
    expect([total, others]).toEqual([5, 0]);
  });

  it.each<[string, (readonly [string | null, number])[]]>([
    ['by=resource', [['order/o-1', 5]]],
    ['by=sessionId', [[null, 3], ['s-7', 2]]],
    ['by=details.method', [[null, 3], ['card', 1], ['cash', 1]]],
    ['by=details.tags&details.tags[exists]=true', [['["a"]', 1]]],
    ['by=details.username&type=user_login_failed', [['eve@example.com', 2], ['mallory@example.com', 1]]],
    ['by=method', [['POST', 3], [null, 2]]],
    ['by=statusCode', [['201', 3], [null, 2]]],
    ['by=metadata.key', [[null, 3], ['value', 2]]],
    ['by=actorName&type=user_login_failed', [[null, 3]]],
  ])('counts %s', async (query, expected) => {
    expect(new Map((await counts(query)) as never)).toEqual(new Map(expected));
  }); // prettier-ignore

  it('counts by compliance tag; an event counts for each', async () => {
    const answer = await stats('by=compliance&from=2026-01-01&to=2026-08-01&category=fair&interval=month&groups=1');
    expect(answer).toMatchObject({ total: 5 });
    const all = new Map((await counts('by=compliance')) as never);
    expect(all.get('pci_dss')).toBe(3);
    expect(await counts('by=compliance&type=user_login_failed&compliance=pci_dss')).toContainEqual(['pci_dss', 3]);
  });

  it('shows the compliance tags of events, and exports them in every format', async () => {
    const query = 'type=user_login_failed&category=fair';
    const [event] = await admin.events(query);
    const { compliance } = event as unknown as { readonly compliance: readonly string[] };
    expect(compliance).toContain('pci_dss');
    expect((await admin.send('GET', `/audit/events/${event?.id}`)).body.compliance).toEqual(compliance);
    const { body } = await admin.send<{ items: object[] }>('GET', `/audit/events?${query}&limit=1&fields=compliance`);
    expect(body.items).toEqual([{ compliance }]);

    const exported = async (format: string): Promise<readonly string[]> =>
      eventually(async () => {
        const { text } = await admin.download(`/audit/export?format=${format}&${query}&from=2026-07-01`);
        const lines = text.trimEnd().split(/\r?\n/);
        return lines.length === TRIED.length + Number(format === 'csv') && lines;
      });
    const first = async (format: string): Promise<unknown> => JSON.parse((await exported(format))[0] ?? '');
    expect(await first('jsonl')).toMatchObject({ compliance });
    expect(await first('cloudevents')).toMatchObject({ data: { compliance } });
    expect(await first('ocsf')).toMatchObject({ unmapped: { compliance } });
    const [header = '', line = ''] = await exported('csv');
    expect(header).toContain(',compliance,');
    expect(line).toContain(`,"${compliance.join(' ')}",`);
  });

  it('exports by comparisons, from so long ago as it is at the beginning', async () => {
    const { status } = await admin.send('GET', '/audit/export?since=-24h&treeSize=1');
    expect(status).toBe(400);
    const { text } = await admin.download(
      '/audit/export?category=fair&from=-9999w&type[ne]=user_*&details.method[ne]=cash',
    );
    const found = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as AuditEvent).occurredAt);
    expect(found).toEqual(OLDER.slice(0, 2).map(([time]) => time));
  });
});
