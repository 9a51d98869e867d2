import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type AuditEvent } from '../../../src/audit/index.js';
import { Catalogue } from '../../../src/audit/nest-free.js';
import type { EventOverview } from '../../../src/extensions/viewer/overview/overview.dto.js';
import type { EventProof, OpenedEvent } from '../../../src/monitoring/read/query/ledger-event.dto.js';
import { AuditQuery, type LedgerEvent } from '../../../src/monitoring/index.js';
import { ArchivedEvents } from '../../../src/monitoring/read/query/archived/archived-events.service.js';
import { AuditOverview as Overviews } from '../../../src/extensions/viewer/overview/audit-overview.service.js';
import { LedgerReader } from '../../../src/monitoring/store/ledger-reader.service.js';
import type { FieldValues, Gaps } from '../../../src/extensions/viewer/viewer-reads.dto.js';
import {
  ApiClient,
  eventually,
  freshKeyFile,
  idAt,
  recordSealed,
  sampleEvent,
  withClient,
} from '../../support/index.js';
import { closeAfterTests, testDatabase } from '../../support/close-after-tests.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';

import { erased } from '../../support/proofs.js';

const ALL = { scope: 'all' } as const;
const PERIOD = 'from=2026-05-01&to=2026-05-03&category=zoo';

const keyFile = freshKeyFile();

const database = await testDatabase();
const app = await closeAfterTests(startReferenceApp(database.url, { AUDIT_SIGNING_KEY_FILE: keyFile }));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
const at = (time: string, fields: Partial<AuditEvent> = {}): AuditEvent =>
  sampleEvent({ id: idAt(time), occurredAt: time, category: 'zoo', ...fields });
const eve = { type: 'anonymous' } as const;
await recordSealed(app.app, database, [
  at('2026-05-01T00:00:00.000Z'),
  at('2026-05-01T22:30:00.000Z', { details: { amount: 5 } }),
  at('2026-05-02T12:00:00.000Z', { outcome: 'denied', details: { amount: 50 } }),
  at('2026-05-03T23:59:59.999Z', {
    type: 'user_login_failed',
    action: 'user_login',
    outcome: 'failure',
    actor: eve,
    details: { username: 'eve@example.com' },
  }),
]);

async function got<Body>(path: string): Promise<Body> {
  const { status, body } = await admin.send<Body>('GET', path);
  expect({ path, status, body }).toMatchObject({ status: 200 });
  return body;
}

describe('GET /audit/stats/overview', () => {
  const overview = (query: string): Promise<EventOverview> => got(`/audit/stats/overview?${query}`);

  it('counts by several fields at once, exactly', async () => {
    const { total, estimate, counts } = await overview(PERIOD);
    expect([total, estimate]).toEqual([4, undefined]);
    expect(counts).toEqual({
      actorId: {
        groups: [
          { value: 'u-1', name: 'Ada', count: 3 },
          { value: null, count: 1 },
        ],
        others: 0,
      },
      type: {
        groups: [
          { value: 'order_created', count: 3 },
          { value: 'user_login_failed', count: 1 },
        ],
        others: 0,
      },
      outcome: {
        groups: [
          { value: 'success', count: 2 },
          { value: 'denied', count: 1 },
          { value: 'failure', count: 1 },
        ],
        others: 0,
      },
      ip: { groups: [{ value: '203.0.113.7', count: 4 }], others: 0 },
      resource: { groups: [{ value: 'order/o-1', count: 4 }], others: 0 },
      tenantId: { groups: [{ value: 'acme', count: 4 }], others: 0 },
    });
  });

  it('has a step of time for each day of the reader, also for those without events', async () => {
    const { histogram } = await overview(`${PERIOD}&by=outcome&steps=4&timeZone=Europe/Rome`);
    expect(histogram).toEqual({
      timeZone: 'Europe/Rome',
      step: '1d',
      steps: [
        { start: '2026-05-01T00:00:00.000Z', end: '2026-05-01T22:00:00.000Z', count: 1, outcomes: { success: 1 } },
        {
          start: '2026-05-01T22:00:00.000Z',
          end: '2026-05-02T22:00:00.000Z',
          count: 2,
          outcomes: { success: 1, denied: 1 },
        },
        { start: '2026-05-02T22:00:00.000Z', end: '2026-05-03T22:00:00.000Z', count: 0, outcomes: {} },
        { start: '2026-05-03T22:00:00.000Z', end: '2026-05-04T00:00:00.000Z', count: 1, outcomes: { failure: 1 } },
      ],
    });
  });

  describe('on a table that is too large to count', () => {
    /** The faked cost of the plan makes counting look expensive to the overview. */
    const large = () => {
      const { app: nest } = app;
      const reader = nest.get(LedgerReader);
      const statements: string[] = [];
      const seen = {
        rows: reader.rows.bind(reader),
        eventRows: async (...[access, text, ...rest]: Parameters<LedgerReader['eventRows']>) => {
          if (text.startsWith('EXPLAIN')) return [{ 'QUERY PLAN': [{ Plan: { 'Total Cost': 1e5 } }] }];
          statements.push(text.includes('TABLESAMPLE') ? 'sample' : 'count');
          return reader.eventRows(access, text, ...rest);
        },
      };
      // `Overviews` uses only these two methods.
      const overviews = new Overviews(seen as unknown as LedgerReader, nest.get(Catalogue), nest.get(ArchivedEvents));
      return { overview: overviews.overview.bind(overviews), statements };
    };
    const COUNT = 6_000;
    const QUERY = { from: '2026-06-01', to: '2026-06-30', category: 'crowd' };

    beforeAll(async () => {
      const many = Array.from({ length: COUNT }, (_, nth) =>
        sampleEvent({
          id: idAt('2026-06-10T00:00:00Z'),
          category: 'crowd',
          outcome: nth % 4 === 0 ? 'denied' : 'success',
          // A block holds few of these events, so the table has more blocks than a first sample reads.
          details: { note: randomBytes(600).toString('hex') },
        }),
      );
      for (let from = 0; from < COUNT; from += 500) {
        await recordSealed(app.app, database, many.slice(from, from + 500));
      }
    });

    it('estimates from a sample, and says how near that is', async () => {
      const { overview, statements } = large();
      const { total, estimate, counts, histogram } = await overview(ALL, { ...QUERY, by: 'outcome' });
      expect(statements).toEqual(['sample']);
      expect(estimate?.share).toBeLessThan(1);
      expect(estimate?.sampled).toBeLessThan(COUNT);
      const margin = Number(estimate?.margin);
      expect(margin).toBeLessThan(COUNT / 20);
      expect(Math.abs(total - COUNT)).toBeLessThan(2 * margin);
      const denied = counts.outcome?.groups.find(({ value }) => value === 'denied');
      expect(Math.abs(Number(denied?.count) - COUNT / 4)).toBeLessThan(2 * Number(denied?.margin));
      expect(histogram.steps.reduce((sum, { count }) => sum + count, 0) / total).toBeCloseTo(1, 1);
    });
  });
});

describe('GET /audit/values', () => {
  const values = (query: string): Promise<FieldValues> => got(`/audit/values?${query}`);

  it('finds an actor by the beginning of the id and of each part of the name, in any case', async () => {
    for (const prefix of ['u-', 'U-1', 'ad', 'ADA']) {
      const { values: found } = await values(`field=actorId&prefix=${prefix}&${PERIOD}`);
      expect(found).toEqual([{ value: 'u-1', name: 'Ada', count: 3 }]);
    }
    expect(await values(`field=actorId&prefix=eve&${PERIOD}`)).toEqual({
      field: 'actorId',
      values: [],
      isComplete: true,
    });
  });
});

async function sealed(fields: Partial<AuditEvent> = {}): Promise<LedgerEvent & { readonly index: number }> {
  const event = sampleEvent({ category: 'fair', ...fields });
  await recordSealed(app.app, database, [event]);
  return eventually(async () => {
    const { index } = (await app.app.get(AuditQuery).findOne(ALL, event.id)) ?? {};
    return index !== undefined && { ...event, index };
  });
}

describe('GET /audit/events/:id', () => {
  it('includes the events before and after in the order of their places', async () => {
    const [one, two, three] = [await sealed(), await sealed({ id: idAt('2026-05-02T00:00:00Z') }), await sealed()];
    const { included } = await got<OpenedEvent>(`/audit/events/${two.id}?neighbours=50`); // the looks of this test lie between
    const { index, before = [], after = [], searched } = { ...included?.neighbours };
    expect(index).toBe(two.index);
    expect(before.map((event) => event.index)).toEqual(before.map((_, nth) => two.index - before.length + nth));
    expect(before.map(({ id }) => id).concat(after.map(({ id }) => id))).toEqual(
      expect.arrayContaining([one.id, three.id]),
    );
    expect(after[0]?.index).toBe(two.index + 1);
    expect(searched?.first).toBe(Math.max(two.index - 2_000, 0));
    expect((await got<OpenedEvent>(`/audit/events/${two.id}?neighbours=0`)).included?.neighbours).toMatchObject({
      before: [],
      after: [],
    });
    expect((await admin.send('GET', `/audit/events/${two.id}?neighbours=51`)).status).toBe(400);
  });
});

it('GET /audit/actors/:id/profile has name, sessions, addresses and clients, with when each was seen', async () => {
  const at = (time: string, fields: Partial<AuditEvent>): AuditEvent =>
    sampleEvent({ id: idAt(time), occurredAt: time, category: 'zoo', ...fields });
  const grace = (name: string, sessionId: string) => ({ type: 'user', id: 'grace', name, sessionId }) as const;
  await recordSealed(app.app, database, [
    at('2026-04-01T00:00:00.000Z', { actor: grace('Grace Brewster', 's-1'), request: { ip: '198.51.100.1' } }),
    at('2026-04-02T00:00:00.000Z', { actor: grace('Grace Hopper', 's-2'), request: { ip: '198.51.100.1' } }),
    at('2026-04-03T00:00:00.000Z', {
      ...{ actor: grace('Grace Hopper', 's-2'), request: { ip: '198.51.100.2', userAgent: 'cobol/1' } },
      outcome: 'denied',
    }),
    at('2026-04-04T00:00:00.000Z', {
      ...{ type: 'role_assigned', action: 'role_assignment', category: 'authorization' },
      ...{ resource: { type: 'user', id: 'grace' }, details: { email: 'grace@example.com' } },
    }),
  ]);
  expect(await got('/audit/actors/grace/profile')).toEqual({
    ...{ id: 'grace', name: 'Grace Hopper', types: ['user'], total: 3, isComplete: true },
    ...{ first: '2026-04-01T00:00:00.000Z', last: '2026-04-03T00:00:00.000Z', outcomes: { success: 2, denied: 1 } },
    sessions: [
      { value: 's-2', first: '2026-04-02T00:00:00.000Z', last: '2026-04-03T00:00:00.000Z', count: 2 },
      { value: 's-1', first: '2026-04-01T00:00:00.000Z', last: '2026-04-01T00:00:00.000Z', count: 1 },
    ],
    ips: [
      { value: '198.51.100.2', first: '2026-04-03T00:00:00.000Z', last: '2026-04-03T00:00:00.000Z', count: 1 },
      { value: '198.51.100.1', first: '2026-04-01T00:00:00.000Z', last: '2026-04-02T00:00:00.000Z', count: 2 },
    ],
    userAgents: [{ value: 'cobol/1', first: '2026-04-03T00:00:00.000Z', last: '2026-04-03T00:00:00.000Z', count: 1 }],
    addresses: ['grace@example.com'],
    rights: [expect.objectContaining({ type: 'role_assigned' })],
    ...{ holds: [], erasures: [] },
  });
  const since = await got<{ total: number }>('/audit/actors/grace/profile?from=2026-04-02');
  expect(since.total).toBe(2);
});

it('GET /audit/events/:id/proof shows the salt to those who may export, as an event that names it, and to nobody after an erasure', async () => {
  const event = await sealed({ actor: { type: 'user', id: 'salted-1', name: 'Sal' } });
  const path = `/audit/events/${event.id}`;
  const { sealed: parts } = await got<EventProof>(`${path}/proof?salt=true`);
  expect(parts).toMatchObject({
    salt: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
    personal: expect.arrayContaining(['/actor/name']),
  });
  const { included } = await got<OpenedEvent>(`${path}?include=proof&include=salt`);
  expect(included?.proof?.sealed).toEqual(parts);
  expect((await got<EventProof>(`${path}/proof`)).sealed).not.toHaveProperty('salt');
  expect((await got<OpenedEvent>(`${path}?include=proof`)).included?.proof?.sealed).not.toHaveProperty('salt');
  const reads = (query: string) => admin.events(`type=audit_log_viewed&details.filters.id=${event.id}&${query}`);
  await eventually(async () => (await reads('details.salt[exists]=false')).length >= 2);
  expect(await reads('details.salt=true')).toHaveLength(2);
  const person = new ApiClient(app.url);
  const login = { email: 'sally@example.com', password: 'correct horse battery' };
  const { body } = await person.send('POST', '/auth/register', { ...login, name: 'Sally' });
  await person.logIn(login.email, login.password);
  const [own] = await admin.events(`actorId=${String(body.id)}`);
  const proofs = [
    `/audit/events/${String(own?.id)}/proof?salt=true`,
    `/audit/events/${String(own?.id)}?include=proof&include=salt`,
  ];
  for (const requested of proofs) {
    const answer = await eventually(async () => {
      const { status, body: shown } = await person.send('GET', requested);
      return status === 200 && JSON.stringify(shown).includes('tlog-proof') && shown;
    });
    expect(JSON.stringify(answer)).toContain('leafHash');
    expect(JSON.stringify(answer)).not.toContain('"salt"');
  }
  const { body: erasure } = await admin.send('POST', '/audit/erasures', { subjectId: 'salted-1', reason: 'asked' });
  await erased(admin, erasure.id);
  expect((await got<EventProof>(`${path}/proof?salt=true`)).sealed).not.toHaveProperty('salt');
});

describe('GET /audit/gaps', () => {
  const gaps = (query: string): Promise<Gaps> => got(`/audit/gaps?${query}`);

  it('finds held and erased places, each with its act', async () => {
    const held = [await sealed({ tenantId: 'held' }), await sealed({ tenantId: 'held' })] as const;
    const gone = await sealed({ actor: { type: 'user', id: 'gone-1' } });
    const last = await sealed();
    const { body: hold } = await admin.send('POST', '/audit/holds', { reason: 'a court', tenantId: 'held' });
    const { body: erasure } = await admin.send('POST', '/audit/erasures', { subjectId: 'gone-1', reason: 'asked' });
    await erased(admin, erasure.id);
    const { gaps: found } = await gaps(`first=${held[0].index}&last=${last.index}`);
    const ofHold = found.filter(({ kind }) => kind === 'held'); // other events may have got places in between
    expect(ofHold.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect([ofHold[0]?.first, ofHold.at(-1)?.last]).toEqual([held[0].index, held[1].index]);
    expect(ofHold[0]?.act).toEqual({ id: hold.id, at: hold.placedAt, reason: 'a court' });
    const { act, ...place } = found.find(({ kind }) => kind === 'erased') ?? { act: undefined };
    expect(place).toEqual({ kind: 'erased', first: gone.index, last: gone.index, count: 1 });
    expect(act?.id).toBe(erasure.id);
    expect(await got(`/audit/events/${String(act?.eventId)}`)).toMatchObject({ type: 'audit_events_erased' });
  });

  it('finds places of which the events are missing or retired, as ranges', async () => {
    const events = [await sealed(), await sealed(), await sealed(), await sealed()] as const;
    const [retired, , missing] = events;
    await withClient(database.superuserUrl, async (client) => {
      await client.query('SET session_replication_role = replica');
      await client.query('DELETE FROM audit_event WHERE id = ANY ($1::uuid[])', [[retired.id, missing.id]]);
      await client.query(
        `INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, event_id, entry, state, announced_at)
         VALUES ($1, 'rows', 'audit_event_2026_11', '{}', now(), now(), '2026-11', $2, '', 'retired', '2026-11-20T00:00:00Z')`,
        [randomUUID(), events[3].id],
      );
      await client.query('INSERT INTO audit_retired_range SELECT id, $1, $1 FROM audit_retirement', [retired.index]);
    });
    const { gaps: found, next } = await gaps(`first=${retired.index}&last=${events[3].index}`);
    expect(next).toBeNull();
    expect(found).toEqual([
      {
        ...{ kind: 'retired', first: retired.index, last: retired.index, count: 1 },
        act: {
          ...{ id: expect.any(String), eventId: events[3].id, at: '2026-11-20T00:00:00.000Z' },
          ...{ reason: '{}', archive: '2026-11' },
        },
      },
      { kind: 'missing', first: missing.index, last: missing.index, count: 1 },
    ]);
  });
});
