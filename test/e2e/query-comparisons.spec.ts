import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { type EventStats } from '../../src/monitoring/index.js';
import type { EventOverview } from '../../src/rooms/viewer/overview/overview.dto.js';
import { AuditViewerModule } from '../../src/rooms/viewer/index.js';
import { ApiClient, eventually, idAt, keptApp, recordSealed, sampleEvent, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

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

const database = await testDatabase();
const { app, url } = await keptApp(
  startLedgerApp(database.url, { rooms: [AuditViewerModule.forRoot({ shell: 'public' })] }),
);
const admin = new ApiClient(url);
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
await recordSealed(app, database, [...zoo, ...logIns.map((type) => sampleEvent({ type, action: 'user_login' }))]);

const made = (occurredAt: string, fields: Partial<AuditEvent>): AuditEvent =>
  sampleEvent({ id: idAt(occurredAt), occurredAt, category: 'fair', ...fields });
const tried = { type: 'user_login_failed', action: 'user_login', actor: { type: 'anonymous' } } as const;
await recordSealed(app, database, [
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
    const { status } = await admin.send('GET', '/audit/export?since=-24h&mark=1');
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
