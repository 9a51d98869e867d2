import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '../../../src/audit/index.js';
import type { Alert, AlertPage, AlertWithEvents, Reply } from '../../../src/rooms/watch/index.js';
import {
  ApiClient,
  kept,
  recordSealed,
  sampleEvent,
  settled,
  testDatabase,
  type ShownEvent,
} from '../../support/index.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';
import { sampleAlert } from '../../support/sample-alert.js';

const AUDITOR = { email: 'auditor@example.com', password: 'correct horse battery' };

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
const other = new ApiClient(app.url);
const { body } = await other.send('POST', '/auth/register', { ...AUDITOR, name: 'Bea' });
await admin.send('PATCH', `/admin/users/${String(body.id)}`, { roles: ['user', 'auditor'] });
await other.logIn(AUDITOR.email, AUDITOR.password);

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
    const person = new ApiClient(app.url);
    const account = { email: 'person@example.com', password: 'correct horse battery' };
    const { body } = await person.send('POST', '/auth/register', { ...account, name: 'Cem' });
    await person.logIn(account.email, account.password);
    const id = await raise({ resource: { type: 'user', id: String(body.id) } });
    expect((await person.send('GET', '/audit/alerts')).status).toBe(403);
    expect((await person.send('GET', `/audit/alerts/${id}`)).status).toBe(403);
    expect((await person.send('POST', `/audit/threads/alert/${id}`, { kind: 'acknowledge' })).status).toBe(403);
  });
});
