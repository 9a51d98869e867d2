import { describe, expect, it } from '@jest/globals';
import type { DailyReview, ReviewPage } from '../../src/rooms/watch/review/daily-review.dto.js';
import type { Reply } from '../../src/rooms/watch/threads/thread.dto.js';
import {
  ApiClient,
  eventually,
  freshKeyFile,
  kept,
  recordSealed,
  sampleEvent,
  settled,
  testDatabase,
} from '../support/index.js';
import { AuditAggregator } from '../../src/audit/index.js';
import { openReview } from '../support/open-review.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { today } from '../support/today.js';

const PASSWORD = 'correct horse battery';
const DAY = await today();

const database = await testDatabase();
const environment = { AUDIT_SIGNING_KEY_FILE: freshKeyFile(), AUDIT_REVIEW: 'four-eyes', AUDIT_WATCH: 'true' };
const app = await kept(startReferenceApp(database.url, environment));
const other = await kept(startReferenceApp(database.url, environment));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
const auditor = new ApiClient(app.url);
const account = { email: 'auditor@example.com', password: PASSWORD };
const { body: user } = await auditor.send('POST', '/auth/register', { ...account, name: 'Aud' });
await auditor.logIn(account.email, account.password);
const { body } = await admin.send('POST', '/admin/stores', { name: 'Own' });
const store = String(body.id);
await admin.send('PUT', `/admin/stores/${store}/roles/auditor/permissions`, { permissions: ['read_audit_log'] });
await admin.send('POST', `/admin/stores/${store}/members`, { userId: user.id, role: 'auditor' });
await recordSealed(app.app, database, [
  ...Array.from({ length: 4 }, () =>
    sampleEvent({
      ...{ type: 'access_denied', action: 'access', outcome: 'denied', tenantId: store },
      actor: { type: 'user', id: 'mallory', name: 'Mallory' },
    }),
  ),
  sampleEvent({ outcome: 'failure', tenantId: 'elsewhere', actor: { type: 'user', id: 'trudy' } }),
  sampleEvent(), // as all of them, it happened on another day
]);
await Promise.all([openReview(app.app), openReview(other.app)]);

async function page(client: ApiClient = admin): Promise<ReviewPage> {
  const { status, body } = await client.send<ReviewPage>('GET', `/audit/reviews/${DAY}`);
  expect(status).toBe(200);
  return body;
}

function sectionOf({ sections }: ReviewPage, name: string) {
  return sections.find((section) => section.name === name);
}

async function events(type: string): Promise<number> {
  await settled(database);
  return (await admin.events(`type=${type}`)).length;
}

describe('the review of a day', () => {
  it('is opened once, by two instances, with the places of the day, as a sealed event', async () => {
    await settled(database);
    expect(
      await database.sql(`SELECT details->>'day' AS day FROM audit_event WHERE type = 'review_opened'`),
    ).toContainEqual({ day: DAY });
    const [row] = await database.sql(
      `SELECT count(*)::int AS count, count(DISTINCT details->>'day')::int AS days FROM audit_event WHERE type = 'review_opened'`,
    );
    expect(row?.count).toBe(row?.days);
    const { body } = await admin.send<{ items: readonly DailyReview[] }>('GET', '/audit/reviews');
    expect(body.items).toMatchObject([{ day: DAY, timeZone: 'UTC', firstPlace: 0, fourEyes: true, state: 'open' }]); // none of days before the ledger
    expect(body.items[0]?.rules).toContain('brute_force');
    expect(body.items[0]?.rules).not.toContain('login_failed'); // a part of it
    const proof = `/audit/events/${String(body.items[0]?.eventId)}/proof`;
    const headers = { authorization: `Bearer ${String(admin.token)}` };
    await eventually(async () => (await fetch(app.url + proof, { headers })).status === 200); // 409 until it is sealed
    expect((await admin.download(proof)).text).toContain('c2sp.org/tlog-proof@v1');
  });

  it('says who was refused, and what came late', async () => {
    const shown = await page();
    expect(sectionOf(shown, 'refused')?.rows).toContainEqual(
      expect.objectContaining({
        ...{ label: 'access_denied', count: 4 },
        actor: { type: 'user', id: 'mallory', name: 'Mallory' },
      }),
    );
    expect(sectionOf(shown, 'lost_or_late')).toMatchObject({ total: 6 });
    expect(sectionOf(shown, 'administrators')?.total).toBeGreaterThan(0);
  });

  it('is the same for a later reader', async () => {
    const first = await page();
    await recordSealed(app.app, database, [sampleEvent({ outcome: 'denied' })]);
    const again = await page();
    expect({ ...again, answers: [] }).toEqual({ ...first, answers: [] });
  });

  it('shows a reader of one store that store alone', async () => {
    const shown = await page(auditor);
    expect(shown.events).toBeGreaterThanOrEqual(4);
    expect(shown.events).toBeLessThan((await page()).events);
    expect(sectionOf(shown, 'refused')?.rows.map(({ actor }) => actor.id)).toContain('mallory');
    expect(JSON.stringify(shown)).not.toContain('trudy');
  });

  it('is signed off by nobody who acted in it, and by another person once', async () => {
    const path = `/audit/threads/day/${DAY}`;
    const refused = await admin.send('POST', path, { kind: 'sign_off' });
    expect(refused).toMatchObject({ status: 403, body: { code: 'AUDIT_REVIEW_REFUSED' } });
    expect(JSON.stringify(refused.body)).toContain('the review includes your own actions');
    expect(await events('review_signed_off')).toBe(0);
    const said = await admin.send<Reply>('POST', path, { kind: 'comment', comment: 'Mallory left <b>' });
    expect(said).toMatchObject({ status: 200, body: { kind: 'comment', comment: 'Mallory left <b>', to: DAY } });
    const reviewer = await clean();
    const answers = await Promise.all(
      [app, other].map(({ url }) => {
        const client = new ApiClient(url);
        client.token = reviewer.token;
        return client.send<Reply>('POST', path, { kind: 'sign_off', comment: 'seen' });
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await page()).toMatchObject({
      state: 'signed_off',
      answers: [{ kind: 'comment' }, { kind: 'sign_off', comment: 'seen' }],
    });
  });

  it('that nobody signs off raises one alert, whatever the number of instances, and a signed one none', async () => {
    await Promise.all([openReview(app.app, 5), openReview(other.app, 5)]);
    await settled(database);
    const rows = await database.sql(
      `SELECT details->>'day' AS day, count(*)::int AS count FROM audit_event WHERE type = 'alert_raised' AND details->>'rule' = 'review_missing' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows.map(({ count }) => count)).toEqual(rows.map(() => 1));
    expect(rows.map(({ day }) => day)).not.toContain(DAY);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('begins where the one before ended, also for a checkpoint that was stored later', async () => {
    const { body } = await admin.send<{ items: readonly DailyReview[] }>('GET', '/audit/reviews');
    const reviews = body.items.toReversed();
    const ends = reviews.map(({ checkpointSize }) => checkpointSize);
    expect(ends.at(-1)).toBeGreaterThan((await page()).checkpointSize); // signed on that day, after its review was opened
    expect(reviews.slice(1).map(({ firstPlace }) => firstPlace)).toEqual(ends.slice(0, -1));
  });
});

describe('the events that the state of alerts and reviews depends on', () => {
  it.each([
    ['review_opened', { day: '2999-01-01' }],
    ['review_signed_off', { day: '2999-01-01' }],
    ['alert_raised', { rule: 'brute_force' }],
    ['alert_resolved', { verdict: 'benign' }],
    ['alert_suppression_started', { rule: 'brute_force', until: '2999-01-01' }],
  ])(
    'are not recorded for an application that takes the name of an event from a request: %s',
    async (name, details) => {
      const recorded = app.app.get(AuditAggregator).record(name, { details });
      await expect(recorded).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_EVENT_NAME_INVALID' }));
      await expect(recorded).rejects.toThrow(`"${name}" is an event that the ledger records itself`);
      expect(await admin.events(`type=${name}&details.day=2999-01-01`)).toEqual([]);
    },
  );
});

/** The administrator did nothing on the reviewed day, because the account was registered later. */
async function clean(): Promise<ApiClient> {
  const account = { email: 'clean@example.com', password: PASSWORD, name: 'Clean' };
  await new ApiClient(app.url).send('POST', '/auth/register', account);
  await database.sql(`UPDATE auth_user SET roles = ARRAY['admin'] WHERE email = $1`, [account.email]);
  const client = new ApiClient(app.url);
  expect(await client.logIn(account.email, account.password)).toBe(200);
  return client;
}
