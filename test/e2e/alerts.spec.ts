import { describe, expect, it } from '@jest/globals';
import {
  ApiClient,
  eventually,
  freshKeyFile,
  closeAfterTests,
  type ShownEvent,
  settled,
  testDatabase,
} from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { watched } from '../support/watched.js';

const VICTIM = 'victim@example.com';

const database = await testDatabase();
const app = await closeAfterTests(
  startReferenceApp(database.url, { AUDIT_SIGNING_KEY_FILE: freshKeyFile(), AUDIT_ALERTS: 'true' }),
);
const admin = new ApiClient(app.url);
expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
await watched(database);

async function alerts(): Promise<readonly ShownEvent[]> {
  await watched(database);
  await settled(database);
  return admin.events('type=alert_raised&details.rule=brute_force');
}

describe('ten wrong passwords for one account of the reference application', () => {
  it('raise one alert, which shows the failed logins', async () => {
    const attacker = new ApiClient(app.url, { 'user-agent': 'guesser/1.0' });
    for (let attempt = 0; attempt < 12; attempt++) {
      expect(await attacker.logIn(VICTIM, `guess ${attempt}`)).toBeGreaterThanOrEqual(400);
    }
    const [alert, ...others] = await eventually(async () => {
      const found = await alerts();
      return found.length > 0 && found;
    });
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      severity: 'error',
      details: { level: 'high', group: { account: VICTIM }, matchedCount: 10 },
    });
    const { body } = await admin.send<{ included: { matched: readonly ShownEvent[] } }>(
      'GET',
      `/audit/events/${String(alert?.id)}?include=matched`,
    );
    const { matched } = body.included;
    expect(matched.map(({ type }) => type)).toEqual(Array.from({ length: 10 }, () => 'user_login_failed'));
    expect(matched.every(({ request }) => request?.ip === '127.0.0.1')).toBe(true);
  });

  it('raise another alert for another account, which the log of the process names', async () => {
    const attacker = new ApiClient(app.url);
    for (let attempt = 0; attempt < 10; attempt++) await attacker.logIn('other@example.com', `guess ${attempt}`);
    expect(await eventually(async () => (await alerts()).length === 2)).toBe(true);
    await eventually(() => app.logged().includes('Alert (high): Many logins failed for one account.'));
  });
});
