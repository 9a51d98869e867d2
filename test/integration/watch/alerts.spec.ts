import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AuditEvent } from '../../../src/audit/index.js';
import type { Suppression, SuppressionPage } from '../../../src/rooms/watch/alerts/suppression.dto.js';
import {
  WatchModule,
  type Alert,
  type AlertPage,
  type AlertWithEvents,
  type Reply,
} from '../../../src/rooms/watch/index.js';
import {
  ApiClient,
  eventually,
  keptApp,
  recordSealed,
  sampleEvent,
  settled,
  testDatabase,
  type ShownEvent,
} from '../../support/index.js';
import { accessOfHeader, startLedgerApp } from '../../support/ledger-app.js';
import { sampleIn } from '../../support/prometheus-text.js';
import { sampleAlert } from '../../support/sample-alert.js';

const access = (scope: object, user: string) => ({ 'x-access': JSON.stringify(scope), 'x-user': user });

const database = await testDatabase();
const app = await keptApp(
  startLedgerApp(database.url, {
    audit: { resolveActor: (request) => ({ id: String((request as IncomingMessage).headers['x-user']) }) },
    monitoring: {
      authorize: (request, permission) => {
        const given = accessOfHeader(request);
        return given && { ...given, permission };
      },
    },
    rooms: [WatchModule.forRoot({})],
  }),
);
const admin = new ApiClient(app.url, access({ scope: 'all' }, 'root'));
const other = new ApiClient(app.url, access({ scope: 'all' }, 'bea'));
const person = new ApiClient(app.url, access({ scope: 'subject', subjectId: 'cem' }, 'cem'));

async function raise(fields: Partial<AuditEvent> = {}, matched: readonly string[] = []): Promise<string> {
  const alert = sampleAlert(matched, fields);
  await recordSealed(app.app, database, [alert]);
  return alert.id;
}

async function list(query: string, client = admin): Promise<readonly Alert[]> {
  const { status, body } = await client.send<AlertPage>('GET', `/audit/alerts?${query}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body.items;
}

async function eventsAbout(id: string): Promise<readonly ShownEvent[]> {
  await settled(database);
  return admin.events(`resourceType=audit_alert&resourceId=${id}`);
}

describe('alerts', () => {
  it('are counted by rule and state in the metrics, which say how long people take, by level', async () => {
    const ago = (minutes: number, details: object, type = 'alert_raised') =>
      raise({ occurredAt: new Date(Date.now() - minutes * 60_000).toISOString(), type, details: details as never });
    const metric = async (name: string, labels: Readonly<Record<string, string>>) =>
      sampleIn((await admin.download('/metrics')).text, name, labels);
    const [first, second] = [await ago(30, { rule: 'one' }), await ago(20, { rule: 'one' })];
    await ago(90, { rule: 'one' });
    await ago(10, { rule: 'two', level: 'critical' });
    await ago(10, { rule: 'two', level: 'critical' }, 'alert_withheld');
    for (const id of [first, second]) await admin.send('POST', `/audit/threads/alert/${id}`, { kind: 'acknowledge' });
    await admin.send('POST', `/audit/threads/alert/${second}`, { kind: 'resolve', verdict: 'benign' });

    const count = (rule: string, state: string) => metric('audit_alerts', { rule, state });
    await eventually(async () => (await count('one', 'resolved')) === 1);
    expect([await count('one', 'acknowledged'), await count('one', 'open')]).toEqual([1, 1]);
    expect([await count('two', 'open'), await count('two', 'suppressed')]).toEqual([1, 1]);
    const minutes = async (name: string, level = 'high') =>
      Math.round(Number(await metric(`audit_alert_${name}_seconds`, { level })) / 600) * 10;
    expect([await minutes('open'), await minutes('open', 'critical'), await minutes('resolve')]).toEqual([90, 10, 20]);
    expect(await metric('audit_alert_acknowledge_seconds', { level: 'critical' })).toBeUndefined();
    expect(await metric('audit_alert_acknowledge_seconds', { level: 'high' })).toBeGreaterThanOrEqual(1_500); // the median of 30 and 20 minutes
    await eventually(async () => (await metric('audit_consumer_lag_events', { consumer: 'watch' })) === 0);
  });

  it('are shown with their state and the events that they are about', async () => {
    const events = [sampleEvent({ type: 'user_login_failed' }), sampleEvent({ type: 'user_login_failed' })];
    await recordSealed(app.app, database, events);
    const ids = events.map(({ id }) => id);
    const id = await raise({}, [...ids, randomUUID()]);
    const { status, body } = await admin.send<AlertWithEvents>('GET', `/audit/alerts/${id}`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        id,
        state: 'open',
        rule: 'brute_force',
        level: 'high',
        group: { 'details.username': 'ada' },
        matchedCount: 3,
      },
    });
    expect(body.events.map((event) => event.id)).toEqual(ids);
    expect((await admin.send('GET', `/audit/alerts/${randomUUID()}`)).status).toBe(404);
    expect((await admin.send('GET', `/audit/alerts/${String(ids[0])}`)).status).toBe(404);
  });

  it('are acknowledged once: who comes second is told who did it', async () => {
    const id = await raise();
    const first = await admin.send<Reply>('POST', `/audit/threads/alert/${id}`, {
      kind: 'acknowledge',
      comment: 'I look',
    });
    expect(first).toMatchObject({ status: 200, body: { to: id, kind: 'acknowledge', changed: true } });
    const answers = await Promise.all(
      [admin, other].map((client) => client.send<Reply>('POST', `/audit/threads/alert/${id}`, { kind: 'acknowledge' })),
    );
    for (const { status, body } of answers) {
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { id: first.body.id, changed: false, comment: 'I look' },
      });
      expect(body.by).toEqual(first.body.by);
    }
    const events = await eventsAbout(id);
    expect(events.map(({ type, category }) => [type, category])).toEqual([['alert_acknowledged', 'alert']]);
  });

  it('are acknowledged once by many at the same time', async () => {
    const id = await raise();
    const answers = await Promise.all(
      [admin, other, admin, other].map((client) =>
        client.send<{ changed: boolean }>('POST', `/audit/threads/alert/${id}`, { kind: 'acknowledge' }),
      ),
    );
    expect(answers.map(({ body }) => body.changed).sort()).toEqual([false, false, false, true]);
    expect(await eventsAbout(id)).toHaveLength(1);
  });

  it('are resolved with a verdict, also without being acknowledged, and stay so', async () => {
    const id = await raise();
    const resolved = await other.send('POST', `/audit/threads/alert/${id}`, {
      kind: 'resolve',
      verdict: 'benign',
      comment: 'A test',
    });
    expect(resolved).toMatchObject({
      status: 200,
      body: { kind: 'resolve', changed: true, verdict: 'benign', comment: 'A test' },
    });
    for (const body of [{ kind: 'resolve', verdict: 'true_positive' }, { kind: 'acknowledge' }]) {
      expect(await admin.send('POST', `/audit/threads/alert/${id}`, body)).toMatchObject({
        status: 200,
        body: { kind: 'resolve', changed: false, verdict: 'benign' },
      });
    }
    const [event] = await eventsAbout(id);
    expect(event).toMatchObject({
      type: 'alert_resolved',
      details: { rule: 'brute_force', level: 'high', verdict: 'benign', comment: 'A test' },
    });
    expect(Number(event?.details.afterSeconds)).toBeGreaterThanOrEqual(0);
  });

  it('are listed by state, rule, level and time, page by page', async () => {
    const rule = `rule-${randomUUID()}`;
    const ids: string[] = [];
    for (const level of ['low', 'high', 'high', 'critical']) ids.push(await raise({ details: { rule, level } }));
    const [open, acknowledged, resolved, both] = ids;
    const withheld = await raise({ type: 'alert_withheld', details: { rule, suppressionId: randomUUID() } });
    await admin.send('POST', `/audit/threads/alert/${String(acknowledged)}`, { kind: 'acknowledge' });
    await admin.send('POST', `/audit/threads/alert/${String(both)}`, { kind: 'acknowledge' });
    for (const id of [resolved, both]) {
      await admin.send('POST', `/audit/threads/alert/${String(id)}`, { kind: 'resolve', verdict: 'false_positive' });
    }
    const idsOf = async (query: string): Promise<readonly string[]> =>
      (await list(`rule=${rule}&${query}`)).map(({ id }) => id);

    expect(await idsOf('')).toEqual([both, resolved, acknowledged, open]);
    expect(await idsOf('state=open')).toEqual([open]);
    expect(await idsOf('state=acknowledged')).toEqual([acknowledged]);
    expect(await idsOf('state=resolved&order=asc')).toEqual([resolved, both]);
    expect(await idsOf('state=unresolved')).toEqual([acknowledged, open]);
    expect(await idsOf('state=suppressed')).toEqual([withheld]);
    expect(await idsOf('level=high')).toEqual([resolved, acknowledged]);
    expect(await idsOf('to=2020-01-01')).toEqual([]);
    const page = await admin.send<AlertPage>('GET', `/audit/alerts?rule=${rule}&limit=3`);
    const rest = `rule=${rule}&limit=3&cursor=${String(page.body.nextCursor)}`;
    expect([...page.body.items, ...(await list(rest))].map(({ id }) => id)).toEqual(await idsOf(''));
    expect(page.headers.get('link')).toContain('rel="next"');
  });

  it('that were suppressed are answered by nobody', async () => {
    const id = await raise({ type: 'alert_withheld' });
    expect(await admin.send('POST', `/audit/threads/alert/${id}`, { kind: 'acknowledge' })).toMatchObject({
      status: 409,
      body: { code: 'AUDIT_CONFLICT' },
    });
  });

  it.each([{ verdict: 'maybe' }, {}, { verdict: 'benign', comment: ' ' }, { verdict: 'benign', more: 1 }])(
    'refuse the body %j',
    async (body) => {
      const id = await raise();
      expect((await admin.send('POST', `/audit/threads/alert/${id}`, { kind: 'resolve', ...body })).status).toBe(400);
      expect(await list(`state=resolved&from=-1h`)).not.toContainEqual(expect.objectContaining({ id }));
    },
  );

  it('are shown to nobody who sees only their own events', async () => {
    const id = await raise({ resource: { type: 'user', id: 'cem' } });
    expect((await person.send('GET', '/audit/alerts')).status).toBe(403);
    expect((await person.send('GET', `/audit/alerts/${id}`)).status).toBe(403);
    expect((await person.send('POST', `/audit/threads/alert/${id}`, { kind: 'acknowledge' })).status).toBe(403);
  });
});

describe('the routes of suppressions', () => {
  const alert = sampleAlert([], { tenantId: 'acme' });
  const until = new Date(Date.now() + 86_400_000).toISOString();

  it('start, list and end them, each as an event', async () => {
    await recordSealed(app.app, database, [alert]);
    const started = await admin.send<Suppression>('POST', '/audit/suppressions', {
      ...{ alertId: alert.id, until, reason: 'A load test' },
    });
    expect(started).toMatchObject({
      status: 201,
      body: { rule: 'brute_force', group: { 'details.username': 'ada' }, tenantId: 'acme', until, isActive: true },
    });
    const { id } = started.body;
    const listed = await admin.send<SuppressionPage>('GET', '/audit/suppressions?active=true');
    expect(listed.body.items).toEqual([started.body]);
    const ended = await admin.send('POST', `/audit/threads/suppression/${id}`, {
      kind: 'end',
      comment: 'It is over',
    });
    expect(ended).toMatchObject({ status: 200, body: { comment: 'It is over', changed: true } });
    expect((await admin.send<SuppressionPage>('GET', '/audit/suppressions?active=true')).body.items).toEqual([]);
    expect((await admin.send<SuppressionPage>('GET', '/audit/suppressions')).body.items).toMatchObject([
      { id, isActive: false, answers: [{ id: ended.body.id, comment: 'It is over' }] },
    ]);
    await settled(database);
    const types = (await admin.events('type=alert_suppression_*&order=asc')).map(({ type, reason }) => [type, reason]);
    expect(types).toEqual([
      ['alert_suppression_started', 'A load test'],
      ['alert_suppression_ended', 'It is over'],
    ]);
  });

  it('refuse who may not review, and an unknown id', async () => {
    const body = { rule: 'brute_force', until, reason: 'x' };
    expect((await person.send('POST', '/audit/suppressions', body)).status).toBe(403);
    expect((await person.send('GET', '/audit/suppressions')).status).toBe(403);
    const end = { kind: 'end', comment: 'x' };
    expect((await admin.send('POST', `/audit/threads/suppression/${randomUUID()}`, end)).status).toBe(404);
    expect((await admin.send('POST', `/audit/threads/suppression/${alert.id}`, end)).status).toBe(404);
  });
});
