import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Suppression, SuppressionPage } from '../../../src/rooms/watch/alerts/suppression.dto.js';
import { ApiClient, kept, recordSealed, testDatabase } from '../../support/index.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';
import { sampleAlert } from '../../support/sample-alert.js';
const alert = sampleAlert([], { tenantId: 'acme' });
const until = new Date(Date.now() + 86_400_000).toISOString();

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url));
await recordSealed(app.app, database, [alert]);
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);

describe('the routes of suppressions', () => {
  it('start, list and end them, each as an event', async () => {
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
    const types = (await admin.events('type=alert_suppression_*&order=asc')).map(({ type, reason }) => [type, reason]);
    expect(types).toEqual([
      ['alert_suppression_started', 'A load test'],
      ['alert_suppression_ended', 'It is over'],
    ]);
  });

  it('refuse who may not review, and an unknown id', async () => {
    const person = new ApiClient(app.url);
    const account = { email: 'person@example.com', password: 'correct horse battery' };
    await person.send('POST', '/auth/register', { ...account, name: 'Cem' });
    await person.logIn(account.email, account.password);
    const body = { rule: 'brute_force', until, reason: 'x' };
    expect((await person.send('POST', '/audit/suppressions', body)).status).toBe(403);
    expect((await person.send('GET', '/audit/suppressions')).status).toBe(403);
    const end = { kind: 'end', comment: 'x' };
    expect((await admin.send('POST', `/audit/threads/suppression/${randomUUID()}`, end)).status).toBe(404);
    expect((await admin.send('POST', `/audit/threads/suppression/${alert.id}`, end)).status).toBe(404);
  });
});
