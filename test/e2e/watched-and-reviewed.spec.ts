import { describe, expect, it } from '@jest/globals';
import { type Erasure } from '../../src/monitoring/index.js';
import type { ReviewPage } from '../../src/rooms/watch/review/daily-review.dto.js';
import type { Reply } from '../../src/rooms/watch/threads/thread.dto.js';
import {
  ApiClient,
  eventually,
  freshKeyFile,
  kept,
  recordSealed,
  sampleEvent,
  type ShownEvent,
  testDatabase,
} from '../support/index.js';
import { openReview } from '../support/open-review.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { today } from '../support/today.js';
import { watched } from '../support/watched.js';

import { erased, expectProven, proofOf } from '../support/proofs.js';

const PASSWORD = 'correct horse battery';
const DAY = await today();
const GRACE = { email: 'grace@example.com', password: PASSWORD, name: 'Grace Hopperina' };
const MALLORY = { type: 'user', id: 'mallory', name: 'Mallory Malone' } as const;

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

const database = await testDatabase();
const app = await kept(
  startReferenceApp(database.url, {
    AUDIT_SIGNING_KEY_FILE: freshKeyFile(),
    AUDIT_REVIEW: 'daily',
    AUDIT_WATCH: 'true',
  }),
);
const admin = new ApiClient(app.url);
expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
await watched(database);

async function erase(subjectId: string): Promise<void> {
  const { body } = await admin.send<Erasure>('POST', '/audit/erasures', { subjectId, reason: 'asked for it' });
  await erased(admin, body.id);
}

async function page(): Promise<ReviewPage> {
  const { status, body } = await admin.send<ReviewPage>('GET', `/audit/reviews/${DAY}`);
  expect(status).toBe(200);
  return body;
}

async function alerts(query = ''): Promise<readonly ShownAlert[]> {
  await watched(database);
  return (await admin.send<{ items: readonly ShownAlert[] }>('GET', `/audit/alerts?${query}`)).body.items;
}

describe('somebody who guesses the password of the reference application', () => {
  it('raises one alert, with the log-ins that failed, which an administrator acknowledges', async () => {
    const attacker = new ApiClient(app.url, { 'user-agent': 'guesser/1.0' });
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
    const attacker = new ApiClient(app.url);
    for (let attempt = 0; attempt < 10; attempt++) await attacker.logIn('other@example.com', `guess ${attempt}`);
    expect(await eventually(async () => (await alerts()).length === 2)).toBe(true);
    expect((await attacker.send('GET', '/audit/alerts')).status).toBe(401);
    expect(app.logged()).toContain('Alert (high): Many log-ins failed for one account.');
  });
});

it('an erased person is named in no review, whose figures, sign-offs and proofs stay', async () => {
  const { body: account } = await new ApiClient(app.url).send<{ id: string }>('POST', '/auth/register', GRACE);
  await database.sql(`UPDATE auth_user SET roles = ARRAY['admin'] WHERE email = $1`, [GRACE.email]);
  const denied = sampleEvent({ outcome: 'denied', actor: MALLORY });
  await recordSealed(app.app, database, [denied, sampleEvent({ outcome: 'denied', actor: MALLORY })]);
  await proofOf(admin, denied.id);
  await openReview(app.app);

  const grace = new ApiClient(app.url);
  expect(await grace.logIn(GRACE.email, PASSWORD)).toBe(200);
  const path = `/audit/threads/day/${DAY}`;
  const steps: string[] = [];
  for (const kind of ['comment', 'sign_off']) {
    const said = { kind, comment: `${kind} of ${GRACE.name} about ${MALLORY.name}` };
    steps.push((await grace.send<Reply>('POST', path, said)).body.id);
  }
  const before = await page();
  expect(JSON.stringify(before)).toContain(GRACE.name);
  expect(JSON.stringify(before)).toContain(MALLORY.name);
  const proofs = await Promise.all([before.eventId, denied.id, ...steps].map((id) => proofOf(admin, id)));

  await erase(account.id);
  await erase(MALLORY.id);

  const after = await page();
  const { body: list } = await admin.send('GET', '/audit/reviews');
  for (const text of [JSON.stringify(after), JSON.stringify(list)]) {
    for (const name of [GRACE.name, GRACE.email, MALLORY.name, MALLORY.id]) expect(text).not.toContain(name);
  }
  expect(after.state).toBe('signed_off');
  expect(after.answers.map(({ id, kind }) => [id, kind])).toEqual([
    [steps[0], 'comment'],
    [steps[1], 'sign_off'],
  ]);
  const totals = ({ sections }: ReviewPage) => sections.map(({ name, total }) => [name, total]);
  expect(totals(after)).toEqual(totals(before));
  const refused = after.sections.find(({ name }) => name === 'refused');
  expect(refused?.rows).toContainEqual(expect.objectContaining({ count: 2, actor: { type: 'user', erased: true } }));
  for (const proof of proofs) await expectProven(app.app, proof);
  for (const id of [before.eventId, denied.id, ...steps]) await expectProven(app.app, await proofOf(admin, id));
});
