import { startLedgerApp } from '../support/ledger-app.js';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Catalogue } from '../../src/audit/nest-free.js';
import {
  ActionLogger,
  AuditAggregator,
  AuditContext,
  AuditTrail,
  AuthAudit,
  EventLogger,
  type AuditEvent,
  type AuditInput,
} from '../../src/audit/index.js';
import { AuditQuery, type EventQuery, type LedgerAccess, type StatsQuery } from '../../src/monitoring/index.js';
import { selectEvents } from '../../src/monitoring/read/query/access-source.js';
import { EventQuery as ParsedQuery } from '../../src/monitoring/read/query/event-query.dto.js';
import { buildConditions } from '../../src/monitoring/read/query/filter-sql.js';
import { parseQuery } from '../../src/monitoring/read/query/parse-query.js';
import { SqlValues } from '../../src/monitoring/read/query/sql-values.js';
import { LedgerReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { idAt, keptApp, recordSealed, sampleEvent, testDatabase } from '../support/index.js';

const ALL = { scope: 'all' } as const;
const HOUR_MS = 3_600_000;

const GIVEN: Readonly<Record<string, Partial<AuditEvent>>> = {
  created: { type: 'order_created', details: { total: 3, tags: ['new', 'big'], payment: { method: 'card' } } },
  paid: {
    type: 'order_paid',
    details: {
      payment: { method: 'transfer', parts: [{ bank: 'north' }, { bank: 'south' }] },
      isLate: true,
      left: null,
    },
    changes: { diff: [{ path: '/status', from: 'new', to: 'paid' }] },
  },
  failed: {
    type: 'user_login_failed',
    action: 'user_login',
    outcome: 'failure',
    category: 'authentication',
    severity: 'warning',
    reason: 'Invalid PASSWORD given',
    details: { email: 'ada@example.com', attempts: 3 },
    changes: { diff: [{ path: '/address', to: { city: 'Bern' } }] },
    resource: { type: 'user', id: 'ord-1' },
  },
  other: {
    type: 'zebra_fed',
    category: 'zoo',
    severity: 'error',
    actor: { type: 'service', id: 'keeper', sessionId: 's-9' },
    tenantId: 'zoo',
    resource: { type: 'zebra', id: 'z-1' },
    request: { id: 'r-9', ip: '198.51.100.1', traceId: 'cd'.repeat(16) },
    details: { note: '100% "fed" (twice) \\ über', 'a"b': 1 },
    reason: 'hunger',
    changes: { diff: [{ path: '/statusText', from: 1, to: 2 }] },
  },
};
const START = Date.parse('2026-10-05T22:00:00.000Z'); // a Monday
const ids: Record<string, string> = {};

const database = await testDatabase();
const { app } = await keptApp(startLedgerApp(database.url, { audit: { factFields: ['label'] } }));
const ledger = app.get(AuditQuery);
const events = Object.entries(GIVEN).map(([name, fields], at) => {
  const occurredAt = new Date(START + at * HOUR_MS).toISOString();
  ids[name] = idAt(occurredAt);
  return sampleEvent({
    changes: {},
    ...fields,
    id: ids[name],
    occurredAt,
    metadata: { label: name, region: { zone: 'eu' } },
  });
});
await recordSealed(app, database, events);

const names = (events: readonly AuditEvent[]): unknown[] => events.map(({ metadata }) => metadata.label);
const find = async (query: Partial<EventQuery>, access: LedgerAccess = ALL): Promise<unknown[]> =>
  names((await ledger.find(access, query)).items);

describe('AuditQuery', () => {
  it.each<[Partial<EventQuery>, string[]]>([
    [{}, ['other', 'failed', 'paid', 'created']],
    [{ order: 'asc', limit: 2 }, ['created', 'paid']],
    [{ type: ['order_created', 'zebra_fed'] }, ['other', 'created']],
    [{ type: 'order_*' }, ['paid', 'created']],
    [{ type: 'login_failure' }, ['failed']],
    [{ resourceId: 'o-*' }, ['paid', 'created']],
    [{ resourceId: ['o_*', 'o%*'] }, []],
    [{ resourceId: '%' }, []],
    [{ sessionId: 's-9' }, ['other']],
    [{ traceId: 'cd'.repeat(16) }, ['other']],
    [{ ip: ['198.51.100.0/24', '203.0.113.8'] }, ['other']],
    [{ outcome: 'failure', severity: ['warning', 'error'] }, ['failed']],
    [{ tenantId: 'zoo', category: 'order' }, []],
    [{ q: 'invalid password' }, ['failed']],
    [{ q: 'ÜBER "FED"' }, ['other']],
    [{ q: '100% (twice) \\' }, ['other']],
    [{ q: 'email' }, []],
    [{ q: '.*' }, []],
    [{ details: { 'payment.method': 'card' } }, ['created']],
    [{ details: { 'payment.method': ['card', 'transfer'] } }, ['paid', 'created']],
    [{ details: { 'payment.parts.bank': 'south' } }, ['paid']],
    [{ details: { total: '3' } }, ['created']],
    [{ details: { isLate: 'true' } }, ['paid']],
    [{ details: { left: null } }, ['paid']],
    [{ details: { 'a"b': 1 } }, ['other']],
    [{ details: { 'x"] || true': 1 } }, []],
    [{ metadata: { 'region.zone': 'eu', label: 'paid' } }, ['paid']],
    [{ changed: '/status' }, ['paid']],
    [{ changed: ['/address/city', '/statusText'] }, ['other', 'failed']],
    [{ from: '2026-10-05T23:00:00Z', to: new Date(START + 2 * HOUR_MS) }, ['paid']],
    [{ from: '2026-10-06T01:00:00+02:00', to: '2026-10-05' }, ['paid']],
  ])('finds by %j', async (query, expected) => {
    expect(await find(query)).toEqual(expected);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ type: 'Order*' }, 'type must be an event type such as user_login_failed, or its beginning'],
    [{ type: Array.from({ length: 21 }, () => 'a') }, 'at most 20 times'],
    [{ outcome: ['success', 'won'] }, 'outcome must be one of attempted, success, failure, denied, partial'],
    [{ actorId: '\ud800' }, 'actorId must be a text'],
    [{ q: 'x '.repeat(11) }, 'q must be one to ten words'],
    [{ changed: 'status' }, 'changed must be a JSON Pointer such as /status'],
    [{ details: { '': 1 } }, 'details must be given as details.<path>=<value>'],
    [{ details: { a: { b: 1 } } }, 'details.a[b] is not a filter'],
    [{ from: '2026-02-30' }, 'from must be a day or an RFC 3339 time'],
    [{ order: 'up' }, 'order must be desc'],
    [{ limit: 201 }, 'limit must be a whole number from 1 to 200'],
    [
      { type: 'order_creation' },
      'type=order_creation names an action, not an event type: write action=order_creation, or type[eq]=order_creation',
    ],
    [{ tenant: 'x' }, 'tenant is an unknown parameter (did you mean tenantId?)'],
  ])('refuses %j and says what is right', async (query, seen) => {
    await expect(ledger.find(ALL, query)).rejects.toMatchObject({
      code: 'AUDIT_QUERY_INVALID',
      message: expect.stringContaining(seen) as unknown,
    });
  });

  it.each(['asc', 'desc'] as const)('pages %s without a gap while events arrive', async (order) => {
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page = await ledger.find(ALL, {
        order,
        limit: 1,
        to: '2026-10-06',
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...names(page.items));
      cursor = page.nextCursor;
      await recordSealed(app, database, [sampleEvent({ tenantId: 'late', metadata: { label: 'late' } })]);
    } while (cursor !== null);
    expect(seen).toEqual(order === 'asc' ? Object.keys(GIVEN) : Object.keys(GIVEN).reverse());
  });

  it('finds what is related by request, session or trace, within a day', async () => {
    const page = await ledger.related(ALL, String(ids.created));
    expect(names(page?.items ?? [])).toEqual(['failed', 'paid', 'created']);
    expect(await ledger.related(ALL, sampleEvent().id)).toBeUndefined();
  });

  it('shows a person what they did, what was done for them and to them, once each, and searches nothing personal of others', async () => {
    const access: LedgerAccess = { scope: 'subject', subjectId: 'p-1' };
    const user = { type: 'user', id: 'p-1' } as const;
    const at = '2026-09-01T00:00:00.000Z';
    const make = (name: string, fields: Partial<AuditEvent>): AuditEvent =>
      sampleEvent({
        id: idAt(at),
        occurredAt: at,
        metadata: { label: name },
        details: { email: 'eve@example.com' },
        ...fields,
      });
    const other = { type: 'admin', id: 'p-2' } as const;
    await recordSealed(app, database, [
      make('did', { actor: user, resource: user }),
      make('was done', { actor: other, resource: user }),
      make('for them', { actor: { ...other, onBehalfOf: user }, resource: user }),
      make('for them only', { actor: { ...other, onBehalfOf: user } }),
      make('no actor id', { actor: { type: 'system' }, resource: user }),
      make('of others', { actor: other }),
    ]);
    const all = ['did', 'was done', 'for them', 'for them only', 'no actor id'];
    expect(await find({ order: 'asc' }, access)).toEqual(all);
    for (const query of [{ ip: '203.0.113.7' }, { q: 'eve' }, { details: { email: 'eve@example.com' } }]) {
      expect(await find(query, access)).toEqual(['did']);
    }
    expect((await ledger.stats(access, { from: at, to: '2026-09-01' })).total).toBe(5);
  });

  it.each<[Partial<StatsQuery>, object]>([
    [{}, { total: 4, others: 0, groups: [{ count: 1 }, { count: 1 }, { count: 1 }, { count: 1 }] }],
    [
      { by: 'outcome', interval: 'day' },
      {
        interval: 'day',
        groups: [
          {
            value: 'success',
            count: 3,
            steps: [
              { start: '2026-10-05T00:00:00.000Z', count: 2 },
              { start: '2026-10-06T00:00:00.000Z', count: 1 },
            ],
          },
          { value: 'failure', count: 1, steps: [{ start: '2026-10-06T00:00:00.000Z', count: 1 }] },
        ],
      },
    ],
    [
      { by: 'actorId', groups: 1 },
      { total: 4, others: 1, groups: [{ value: 'u-1', count: 3 }] },
    ],
    [{ interval: 'week', type: 'zebra_fed' }, { groups: [{ steps: [{ start: '2026-10-05T00:00:00.000Z' }] }] }],
    [{ interval: 'month', type: 'zebra_fed' }, { groups: [{ steps: [{ start: '2026-10-01T00:00:00.000Z' }] }] }],
    [{ tenantId: 'nobody' }, { total: 0, groups: [] }],
  ])('counts %j', async (query, expected) => {
    expect(await ledger.stats(ALL, { from: '2026-10-05', to: '2026-10-06', ...query })).toMatchObject(expected);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ by: 'id' }, 'by must be one of type, action'],
    [{ interval: 'minute' }, 'interval must be one of hour, day, week, month'],
    [{ from: '2020-01-01' }, 'at most 400 days apart'],
    [{ from: '2026-01-01', to: '2026-11-30', interval: 'hour' }, 'interval must be longer'],
  ])('refuses to count %j', async (query, seen) => {
    await expect(ledger.stats(ALL, query)).rejects.toThrow(seen);
  });

  it('pages from the newest days to the oldest month, each event once', async () => {
    const labels = [
      '2026-09-19T12:00:00.000Z',
      '2026-09-12T00:00:00.000Z',
      '2026-09-11',
      '2026-07-18',
      '2026-07-17',
      '2025-12-01',
    ];
    const events = labels.map((label) => {
      const occurredAt = new Date(label).toISOString();
      return sampleEvent({ id: idAt(occurredAt), occurredAt, tenantId: 'years', metadata: { label } });
    });
    await recordSealed(app, database, events);

    for (const query of [{}, { type: 'order_created' }, { from: '2025-12-01' }]) {
      const seen: unknown[] = [];
      let cursor: string | null = null;
      do {
        const paging: Partial<EventQuery> = { tenantId: 'years', to: '2026-09-19', limit: 4, ...query };
        const page = await ledger.find(ALL, cursor === null ? paging : { ...paging, cursor });
        seen.push(...names(page.items));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(labels);
    }
  });

  it('says that a query took too long, and what to do', async () => {
    const slow = app.get(LedgerReader).eventRows(ALL, `SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)`, []);
    await expect(slow).rejects.toMatchObject({ code: 'AUDIT_QUERY_TOO_SLOW' });
  });
});

describe('comparisons with what is personal', () => {
  const PERSON: LedgerAccess = { scope: 'subject', subjectId: 'p-7' };
  const made = (label: string, id: string, name: string, email: string, age: number): AuditEvent =>
    sampleEvent({
      actor: { type: 'user', id, name },
      tenantId: 'personal',
      resource: { type: 'user', id: 'p-7' },
      details: { email, contact: { phone: String(age) } },
      metadata: { label },
    });
  beforeAll(() =>
    recordSealed(app, database, [
      made('own', 'p-7', 'Ada', 'ada@example.com', 40),
      made('of another', 'p-8', 'Bob', 'bob@example.com', 50),
    ]),
  );
  const findPersonal = (query: Partial<EventQuery>, access: LedgerAccess): Promise<unknown[]> =>
    find({ tenantId: 'personal', order: 'asc', ...query }, access);

  // A hidden value does not exist for a person: a search cannot tell it from a missing value.
  it.each<[Partial<EventQuery>, forAll: string[], forPerson: string[]]>([
    [{ actorName: 'B*' }, ['of another'], []],
    [{ q: 'bob' }, ['of another'], []],
    [{ q: 'user/p-7 203.0.113' }, ['own', 'of another'], ['own']],
    [{ actorName: { ne: 'Bob' } }, ['own'], ['own', 'of another']],
    [{ actorName: { exists: true } }, ['own', 'of another'], ['own']],
    [{ userAgent: 'jest' }, ['own', 'of another'], ['own']],
    [{ userAgent: { ne: 'jest' } }, [], ['of another']],
    [{ ip: { ne: '203.0.113.0/24' } }, [], ['of another']],
    [{ ip: { exists: false } }, [], ['of another']],
    [{ details: { email: 'bob*' } }, ['of another'], []],
    [{ details: { email: { ne: 'bob@example.com' } } }, ['own'], ['own', 'of another']],
    [{ details: { email: { exists: true } } }, ['own', 'of another'], ['own']],
    [{ details: { email: { exists: false } } }, [], ['of another']],
    [{ details: { 'contact.phone': { gte: 50 } } }, ['of another'], []],
    [{ details: { 'contact.phone': { lt: 100 } } }, ['own', 'of another'], ['own']],
  ])('finds by %j what the reader is shown', async (query, forAll, forPerson) => {
    expect(await findPersonal(query, ALL)).toEqual(forAll);
    expect(await findPersonal(query, PERSON)).toEqual(forPerson);
  });

  it.each<[StatsQuery['by'], forAll: unknown[], forPerson: unknown[]]>([
    ['actorName', ['Ada', 'Bob'], ['Ada', null]],
    ['ip', ['203.0.113.7'], ['203.0.113.7', null]],
    ['userAgent', ['jest'], ['jest', null]],
    ['details.email', ['ada@example.com', 'bob@example.com'], ['ada@example.com', null]],
    ['details.contact.phone', ['40', '50'], ['40', null]],
    ['actorId', ['p-7', 'p-8'], ['p-7', 'p-8']],
  ])('counts by %s what the reader is shown', async (by, forAll, forPerson) => {
    const values = async (access: LedgerAccess): Promise<unknown[]> =>
      (await ledger.stats(access, { by, tenantId: 'personal' })).groups.map(({ value }) => value);
    expect(await values(ALL)).toEqual(forAll);
    expect(await values(PERSON)).toEqual(forPerson);
  });

  it('puts nothing of a path or a value into the language of paths', async () => {
    for (const text of ['"', '\\', '\u0001', 'x" || @ like_regex ".*']) {
      for (const given of [text, `${text}*`, { ne: text }, { eq: text }]) {
        const isNot = typeof given === 'object' && 'ne' in given;
        expect(await findPersonal({ details: { email: given } }, ALL)).toEqual(isNot ? ['own', 'of another'] : []);
      }
      expect(await findPersonal({ details: { [text]: { gte: 0 } } }, ALL)).toEqual([]);
      expect(await findPersonal({ details: { [text]: { exists: true } } }, ALL)).toEqual([]);
      const { groups } = await ledger.stats(ALL, { by: `details.${text}`, tenantId: 'personal' });
      expect(groups).toEqual([expect.objectContaining({ value: null, count: 2 })]);
    }
  });

  it('finds an item of a list in the personal part, by names that may be numbers', async () => {
    const details = { rows: [{ label: 'x', email: 'a@example.com' }], 7: { email: 'b@example.com' } };
    await recordSealed(app, database, [sampleEvent({ tenantId: 'items', details, metadata: { label: 'items' } })]);
    const found = (path: string, value: string): Promise<unknown[]> =>
      find({ tenantId: 'items', details: { [path]: value } }, ALL);
    expect(await found('rows.email', 'a@example.com')).toEqual(['items']);
    expect(await found('7.email', 'b@example.com')).toEqual(['items']);
    expect(await found('email', 'b@example.com')).toEqual([]);
  });
});

const request = { ip: '198.51.100.7', route: '/refunds/:id' };
const plain = {
  actor: { type: 'service', id: 'svc-1' },
  resource: { type: 'job', id: 'j-1' },
  reason: 'none',
} as const;
const TEXTS = [
  sampleEvent({
    ...{ ...plain, type: 'refund_granted', metadata: { label: 'maria' }, request, details: { note: 'Für Straße 5' } },
    actor: { type: 'user', id: 'u-77', name: 'María Nuñez Łęcka' },
    resource: { type: 'parcel', id: '01a2-ff' },
  }),
  sampleEvent({
    ...{ ...plain, metadata: { label: 'müller' }, details: { who: 'MÜLLER', decomposed: 'Zoe\u0308' } },
    request: { id: 'r-9' },
  }),
  sampleEvent({
    ...{ ...plain, request: { id: 'r-9' }, metadata: { label: 'granted' }, details: {} },
    changes: {
      before: { owner: 'Zita', roles: ['user'] },
      after: { owner: 'Zita', roles: ['user', 'admin'], note: 'Vertretung' },
      diff: [
        { path: '/roles/1', to: 'admin' },
        { path: '/note', to: 'Vertretung' },
      ],
    },
  }),
  sampleEvent({
    ...{
      ...plain,
      type: 'audit_log_viewed',
      action: 'audit_log_viewed',
      category: 'audit_access',
      request: { id: 'r-9' },
    },
    ...{ metadata: { label: 'read' }, details: { filters: { q: 'maria zoe admin' } } },
  }),
  sampleEvent({
    ...{ ...plain, type: 'audit_log_viewed', action: 'audit_log_viewed', category: 'audit_access' },
    ...{ actor: { type: 'user', id: 'u-9', name: 'Ada' }, metadata: { label: 'read by Ada' } },
    details: { ids: ['01a20fc1-7ada-7da9-adab-0ada56789ada'] },
  }),
].map((event) => ({ ...event, tenantId: 'texts' }));

describe('free text', () => {
  beforeAll(() => recordSealed(app, database, TEXTS));
  const findText = (query: Partial<EventQuery>) => find({ tenantId: 'texts', ...query });

  it.each([
    'maria',
    'MARÍA nunez',
    'lecka',
    'u-77',
    'parcel',
    '01A2',
    'parcel/01a2',
    'refund_granted',
    '198.51.100.7',
    '/refunds',
    'strasse',
    'fur 5',
    'maria parcel straße',
  ])('finds people and things by whatever names them, in any case and without accents: %s', async (q) =>
    expect(await findText({ q })).toEqual(['maria']),
  );

  it.each([
    [{ q: 'ada' }, []], // neither the digits of an id, nor who read
    [{ q: '89ada' }, ['read by Ada']],
    [{ actorName: 'ada' }, ['read by Ada']],
    [{ q: 'zoe' }, ['read']],
  ])('finds the reads about somebody: %j', async (query, found) =>
    expect(await findText({ category: 'audit_access', ...query })).toEqual(found),
  );

  it.each(['muller', 'Mueller', 'müller', 'zoe', 'Zoë', 'none svc-1 zoe'])('finds %s', async (q) =>
    expect(await findText({ q })).toEqual(['müller']),
  );

  it.each(['admin roles', 'vertretung', 'zita'])('finds what changed, and the values beside it: %s', async (q) =>
    expect(await findText({ q })).toEqual(['granted']),
  );

  it('finds a read of the ledger, and not by what it looked for', async () =>
    expect(await findText({ q: 'audit_log_viewed' })).toEqual(['read by Ada', 'read']));

  it.each(['maria zoe', 'who', 'mari*', 'p.rcel', 'ä'.repeat(500)])('does not find %s', async (q) =>
    expect(await findText({ q })).toEqual([]),
  );

  it.each(['maria', 'nunez', 'MAR*', 'María Nuñez Łęcka', 'u-77'])(
    'the name of an actor is found by %s',
    async (actorName) => expect(await findText({ actorName })).toEqual(['maria']),
  );

  it('an exact name is that alone', async () => {
    expect(await findText({ actorName: { eq: 'maria' } })).toEqual([]);
    expect(await findText({ actorName: { ne: 'maria' } })).toEqual(['read by Ada', 'read', 'granted', 'müller']);
  });
});

describe('the plan of a query', () => {
  /** `enable_seqscan = off`: PostgreSQL scans a whole table only where no index fits. */
  async function indexConditions(query: Partial<EventQuery>): Promise<string> {
    const values = new SqlValues();
    const meaning = app.get(Catalogue);
    const conditions = buildConditions(parseQuery(ParsedQuery, query), { access: ALL, values, meaning });
    const text = selectEvents({ access: ALL, columns: 'id', conditions, tail: 'ORDER BY id DESC LIMIT 51' }, values);
    const settings = { enable_seqscan: 'off', plan_cache_mode: 'force_generic_plan' };
    const rows = await app.get(LedgerReader).eventRows(ALL, `EXPLAIN ${text}`, values.list, settings);
    return rows
      .map((row) => String(row['QUERY PLAN']))
      .filter((line) => line.includes('Index Cond'))
      .join('\n');
  }

  it.each<[Partial<EventQuery>, string]>([
    [{ actorId: 'u-1' }, 'actor_id ='],
    [{ onBehalfOf: 'u-1' }, 'on_behalf_of'],
    [{ actorId: { eq: 'u-1' } }, 'actor_id ='],
    [{ actorId: 'u-1', outcome: { ne: 'success' }, details: { amount: { gte: 5 } } }, 'actor_id ='],
    [{ tenantId: 'acme' }, 'tenant_id ='],
    [{ resourceType: 'order', resourceId: 'o-1' }, 'resource_id ='],
    [{ resourceType: 'order', resourceId: 'o-1', statusCode: '5xx' }, 'resource_id ='],
    [{ type: 'order_created' }, 'type ='],
    [{ type: 'order_created', outcome: 'success' }, 'outcome ='],
    [{ requestId: 'r-1' }, 'request_id ='],
    [{ sessionId: 's-1' }, 'session_id ='],
    [{ traceId: 't-1' }, 'trace_id ='],
    [{ credentialId: 'c-1' }, 'credential_id ='],
    [{ from: '-24h' }, 'id >='],
  ])('serves %j by an index', async (query, condition) => {
    expect(await indexConditions(query)).toContain(condition);
  });
});

const ofSessions = await keptApp(startLedgerApp((await testDatabase()).url));
const audit = ofSessions.app.get(AuditAggregator);
const trail = ofSessions.app.get(AuditTrail);
const byAdmin = { id: 'root', sessionId: 's-root' };
const { eventId } = await audit.record('data_viewed', { actor: { id: 'ada', sessionId: 's-7' } });
const viewed = eventId;
await trail.record('session_revoked', { userId: 'root', sessionId: 's-root', context: { session_id: 's-7' } });
await trail.record('session_evicted', { userId: 'ada', sessionId: 's-8', context: { session_id: 's-7' } });
await audit.record('user_logout', { actor: { id: 'ada' }, resource: { type: 'session', id: 's-7' } });
await audit.record('data_viewed', { actor: byAdmin, resource: { type: 'order', id: 's-7' } });
async function typesAt(path: string): Promise<readonly string[]> {
  const response = await fetch(`${ofSessions.url}/audit/events${path}`);
  const { items } = (await response.json()) as { readonly items: readonly AuditEvent[] }; // as the API says
  return items.map(({ type }) => type);
}

const OF_SESSION = ['user_logout', 'session_evicted', 'session_revoked', 'data_viewed'];

describe('the events of a session', () => {
  it('are those in it, and those about it', async () => {
    expect(await typesAt('?sessionId=s-7')).toEqual(OF_SESSION);
    expect(await typesAt('?sessionId=s-*&actorId=ada')).toEqual(['user_logout', 'session_evicted', 'data_viewed']);
  });

  it('are none of those that a not-filter leaves out', async () => {
    expect(await typesAt('?sessionId[ne]=s-7&action=data_view')).toEqual(['data_viewed']);
    expect(await typesAt('?sessionId[exists]=false&actorId=ada')).toEqual([]);
  });

  it('are related to each other', async () => {
    expect(await typesAt(`?relatedTo=${viewed}&by=session`)).toEqual(OF_SESSION);
  });

  let expected = 0;
  const context = { session_id: 's-9' };
  const inContext = { userId: 'ada', context };
  const logger = ofSessions.app.get(EventLogger);
  const ways: readonly (readonly [string, (name: string) => Promise<unknown>])[] = [
    ['in the context of a trail', (name) => trail.record(name, inContext)],
    ['in the context of a trail without a user', (name) => trail.record(name, { context })],
    ['in the context of logEvent', (name) => logger.logEvent(name, inContext)],
    ['in the context of record()', (name) => audit.record(name, inContext as AuditInput)],
    ['in the context beside an actor', (name) => audit.record(name, { actor: { id: 'ada' }, context } as AuditInput)],
    ['in the details', (name) => audit.record(name, { actor: { id: 'ada' }, details: { sessionId: 's-9' } })],
    ['in the details of another spelling', (name) => audit.record(name, { details: context })],
    ['in the metadata', (name) => audit.record(name, { metadata: { sessionId: 's-9' } })],
    ['in the metadata of the scope', (name) => AuditContext.run({ metadata: context }, () => audit.record(name))],
    ['beside the own session of the actor', (name) => audit.record(name, { actor: byAdmin, details: context })],
    [
      'beside a resource',
      (name) => trail.record(name, { userId: 'root', resourceType: 'user', resourceId: 'u-7', context }),
    ],
    ['of AuthAudit', (name) => ofSessions.app.get(AuthAudit).custom(name, { userId: 'ada', sessionId: 's-9' })],
    [
      'of an action',
      (name) => ofSessions.app.get(ActionLogger).logAction({ adminUserId: 1, action: name, sessionId: 's-9' }),
    ],
  ];

  it.each(['user_logout', 'user_login_success', 'user_login_failed', 'order_created'])(
    'are those of %s with the session in any place',
    async (name) => {
      for (const [how, record] of ways) {
        // The tried account is the resource, so that neither place is free.
        if (name === 'user_login_failed' && how === 'beside the own session of the actor') continue;
        expected += 1;
        await record(name);
      }
      expect(await typesAt('?sessionId=s-9&limit=200')).toHaveLength(expected);
    },
  );
});
