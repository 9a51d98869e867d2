import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { type EventStats } from '../../src/monitoring/index.js';
import type { EventOverview } from '../../src/rooms/viewer/overview/overview.dto.js';
import { AuditViewerModule } from '../../src/rooms/viewer/index.js';
import { ApiClient, eventually, idAt, keptApp, recordSealed, sampleEvent, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

const GIVEN: readonly (readonly [time: string, fields: Partial<AuditEvent>])[] = [
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
const made = (occurredAt: string, fields: Partial<AuditEvent>): AuditEvent =>
  sampleEvent({ id: idAt(occurredAt), occurredAt, category: 'zoo', ...fields });
const tried = { type: 'user_login_failed', action: 'user_login', actor: { type: 'anonymous' } } as const;
await recordSealed(app, database, [
  ...GIVEN.map(([time, fields]) => made(time, { actor: { type: 'user', id: 'ada', sessionId: 's-7' }, ...fields })),
  ...TRIED.map(([time, username]) => made(time, { ...tried, details: { username }, metadata: {} })),
]);

const stats = async (query: string): Promise<EventStats> => {
  const { status, body } = await admin.send<EventStats>('GET', `/audit/stats?${query}`);
  expect(status).toBe(200);
  return body;
};
const counts = async (query: string): Promise<[string | null, number][]> =>
  (await stats(`from=2026-01-01&to=2026-08-01&category=zoo&${query}`)).groups.map(({ value, count }) => [value, count]);

describe('GET /audit/stats', () => {
  it('counts by outcome and by compliance, over time as well, in one pass', async () => {
    const query = 'from=2026-01-01&to=2026-08-01&category=zoo&by=outcome&by=compliance&by=action&steps=1';
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
    const { groups, total, others } = await stats('by=actorId&from=2026-01-01&to=2026-08-01&category=zoo');
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
    const answer = await stats('by=compliance&from=2026-01-01&to=2026-08-01&category=zoo&interval=month&groups=1');
    expect(answer).toMatchObject({ total: 5 });
    const all = new Map((await counts('by=compliance')) as never);
    expect(all.get('pci_dss')).toBe(3);
    expect(await counts('by=compliance&type=user_login_failed&compliance=pci_dss')).toContainEqual(['pci_dss', 3]);
  });

  it('shows the compliance tags of events, and exports them in every format', async () => {
    const query = 'type=user_login_failed&category=zoo';
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
      '/audit/export?category=zoo&from=-9999w&type[ne]=user_*&details.method[ne]=cash',
    );
    const found = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as AuditEvent).occurredAt);
    expect(found).toEqual(GIVEN.slice(0, 2).map(([time]) => time));
  });
});
