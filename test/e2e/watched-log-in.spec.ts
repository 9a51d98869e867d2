import { describe, expect, it } from '@jest/globals';
import { ApiClient, eventually, kept, type ShownEvent, testDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { watched } from '../support/watched.js';

const ATTEMPTS = 12;
const VICTIM = 'victim@example.com';

interface ShownAlert {
  readonly id: string;
  readonly rule: string;
  readonly state: string;
  readonly level: string;
  readonly group?: Readonly<Record<string, string>>;
  readonly matchedCount: number;
  readonly events?: readonly ShownEvent[];
  readonly answers: readonly { readonly comment?: string; readonly by?: { readonly name?: string } }[];
}

interface ShownErasure {
  readonly state: string;
  readonly remains: object;
}

const database = await testDatabase();
const application = await kept(startReferenceApp(database.url, { AUDIT_WATCH: 'true' }));
const admin = new ApiClient(application.url);
expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
await watched(database);

async function alerts(query = ''): Promise<readonly ShownAlert[]> {
  await watched(database);
  return (await admin.send<{ items: readonly ShownAlert[] }>('GET', `/audit/alerts?${query}`)).body.items;
}

describe('somebody who guesses the password of the reference application', () => {
  it('raises one alert, with the log-ins that failed, which an administrator acknowledges', async () => {
    const attacker = new ApiClient(application.url, { 'user-agent': 'guesser/1.0' });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      expect(await attacker.logIn(VICTIM, `guess ${attempt}`)).toBeGreaterThanOrEqual(400);
    }
    const [alert, ...others] = await eventually(async () => {
      const found = await alerts('state=open&rule=brute_force');
      return found.length > 0 && found;
    });
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ rule: 'brute_force', level: 'high', group: { account: VICTIM }, matchedCount: 10 });
    const path = `/audit/alerts/${String(alert?.id)}`;
    const { body: shown } = await admin.send<ShownAlert>('GET', path);
    expect(shown.events?.map(({ type }) => type)).toEqual(Array.from({ length: 10 }, () => 'user_login_failed'));
    expect(shown.events?.every(({ request }) => request?.ip === '127.0.0.1')).toBe(true);

    const answer = await admin.send('POST', `/audit/threads/alert/${String(alert?.id)}`, {
      ...{ kind: 'acknowledge', comment: 'I look at it' },
    });
    expect(answer).toMatchObject({ status: 200, body: { changed: true } });
    expect(await alerts('state=open&rule=brute_force')).toEqual([]);
    expect(await alerts('state=acknowledged')).toMatchObject([
      { id: alert?.id, state: 'acknowledged', answers: [{ comment: 'I look at it' }] },
    ]);
    const [event] = await admin.events('type=alert_acknowledged');
    expect(event).toMatchObject({ resource: { id: alert?.id }, outcome: 'success' });
  });

  it('raises another for another account, in the log of the application as well, and the attacker sees neither', async () => {
    const attacker = new ApiClient(application.url);
    for (let attempt = 0; attempt < 10; attempt++) await attacker.logIn('other@example.com', `guess ${attempt}`);
    expect(await eventually(async () => (await alerts()).length === 2)).toBe(true);
    expect((await attacker.send('GET', '/audit/alerts')).status).toBe(401);
    expect(application.logged()).toContain('Alert (high): Many log-ins failed for one account.');
  });

  it('is erased, and the erasure names the copies outside', async () => {
    const body = { subjectId: 'nobody', identifiers: [VICTIM], reason: 'asked' };
    const { body: planned } = await admin.send<{ id: string }>('POST', '/audit/erasures', body);
    const remains = await eventually(async () => {
      const { body: erasure } = await admin.send<ShownErasure>('GET', `/audit/erasures/${planned.id}`);
      return erasure.state === 'done' && erasure.remains;
    });
    expect(remains).toMatchObject({ outside: ['backups', 'write_ahead_logs'] });
  });
});
