import { describe, expect, it } from '@jest/globals';
import { AuditContext, type AuditActorInput, type AuditEvent } from '../../../src/audit/index.js';
import { ReviewOpener } from '../../../src/rooms/watch/review/review-opener.service.js';
import type { DailyReview } from '../../../src/rooms/watch/review/daily-review.dto.js';
import { Reviews } from '../../../src/rooms/watch/review/reviews.service.js';
import { Alerts } from '../../../src/rooms/watch/alerts/alerts.service.js';
import { Threads } from '../../../src/rooms/watch/threads/threads.service.js';
import { Suppressions } from '../../../src/rooms/watch/alerts/suppressions.service.js';
import {
  eventually,
  freshKeyFile,
  kept,
  recordSealed,
  sampleEvent,
  settled,
  testDatabase,
} from '../../support/index.js';
import { openReview } from '../../support/open-review.js';
import { sampleAlert } from '../../support/sample-alert.js';
import { addSealed, startStreamApp } from '../../support/stream-app.js';
import { today } from '../../support/today.js';
import { store } from '../../support/watched.js';

const ACCESS = { scope: 'all' } as const;
let days = 0;

type Answering = (...given: Tail<Parameters<Threads['reply']>>) => ReturnType<Threads['reply']>;
type Tail<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Others] ? Others : never;

async function nextDay(): Promise<DailyReview> {
  await openReview(app.app, ++days);
  const [newest] = await reviews();
  if (!newest) throw new Error('No review is open.');
  return newest;
}

const reviews = () => app.app.get(Reviews).list(ACCESS, 20);

const DAY = await today(); // each review is of the day after the last one
const database = await testDatabase();
const app = await kept(
  startStreamApp(database, freshKeyFile(), [], {
    watch: { shipped: false, review: { alertAfterDays: 1, fourEyes: true } },
  }),
);
const MADE = sampleEvent({ actor: { type: 'user', id: 'dan' } });
const FAILED = sampleEvent({
  ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
  actor: { type: 'user', id: 'victoria' },
});

const job = { type: 'service', id: 'job', onBehalfOf: { type: 'user', id: 'bea' } } as const;
await store(database, [
  sampleEvent({ type: 'audit_log_exported', category: 'audit_access', actor: { type: 'user', id: 'exporter' } }),
  sampleEvent({ type: 'audit_log_viewed', category: 'audit_access', actor: { type: 'user', id: 'reader' } }),
  sampleEvent({ category: 'administration', actor: job }),
  sampleAlert([], { resource: { type: 'user', id: 'eve' } }),
  sampleAlert([], { details: { group: { 'resourceId or actorId': 'cem' } } }),
  sampleAlert([MADE.id, 'no id']),
  sampleAlert([FAILED.id]),
  MADE,
  FAILED,
]);
await addSealed(database, 5);
await nextDay();

async function forge(type: string, fields: Partial<AuditEvent>): Promise<string> {
  const event = sampleEvent({ type, action: type, outcome: 'success', actor: { type: 'system' }, ...fields });
  await recordSealed(app.app, database, [event]);
  return event.id;
}

const answer: Answering = (kind, id, given) =>
  AuditContext.run({ actor: { type: 'user', id: 'rita' } }, () => app.app.get(Threads).reply(ACCESS, kind, id, given));

async function noteOf(id: string): Promise<unknown> {
  await settled(database);
  const [row] = await database.sql(`SELECT details->>'note' AS note FROM audit_event WHERE id = $1`, [id]);
  return row?.note;
}

async function alertsFor(day: string): Promise<number> {
  await settled(database);
  const sql = `SELECT count(*)::int AS count FROM audit_event
      WHERE type = 'alert_raised' AND details->>'rule' = 'review_missing' AND details->>'day' = $1`;
  return Number((await database.sql(sql, [day]))[0]?.count);
}

function signOff(actor: AuditActorInput): Promise<unknown> {
  return AuditContext.run({ actor }, () =>
    app.app.get(Threads).reply({ scope: 'all' }, 'day', DAY, { kind: 'sign_off' }),
  );
}

describe('with four eyes, nobody signs off a day in which they', () => {
  it.each([
    ['exported the log', 'exporter', 'log_access: 1'],
    ['had somebody else act for them', 'bea', 'administrators: 1'],
    ['are whom an alert names', 'eve', 'alerts: 1'],
    ['are in the group of an alert', 'cem', 'alerts: 1'],
    ['did what an alert is about', 'dan', 'alerts: 1'],
  ])('%s', async (_says, by, seen) => {
    const message = expect.stringMatching(`the review includes your own actions .*${seen}`) as unknown;
    await expect(signOff({ type: 'admin', id: by })).rejects.toMatchObject({ code: 'AUDIT_REVIEW_REFUSED', message });
  });

  it('acted, whoever does it for them', async () => {
    const signing = signOff({ type: 'service', id: 'bot', onBehalfOf: { id: 'bea' } });
    await expect(signing).rejects.toThrow('administrators: 1');
  });
});

it.each([
  ['they read the log', 'reader'],
  ['another tried to log in by their name, which raised an alert', 'victoria'],
])('with four eyes, somebody signs off a day in which %s', async (_says, by) => {
  await expect(signOff({ type: 'admin', id: by })).resolves.toMatchObject({ kind: 'sign_off', changed: true });
});

describe('an event that whoever may add events writes', () => {
  it.each([
    ['a day far ahead', { day: '2999-01-01' }],
    ['the same day with fewer places', { firstPlace: 0, checkpointSize: 1 }],
    ['the same day with more places', { checkpointSize: 1_000_000_000 }],
  ])('opens no review of %s, with the note of a true one', async (_what, changes) => {
    const { eventId, openedAt, state, answers, ...opened } = await nextDay();
    expect({ openedAt, state, answers }).toMatchObject({ state: 'open', answers: [] });
    const details = { ...opened, ...changes, note: await noteOf(eventId) };
    await forge('review_opened', { details: details as never });
    expect(await app.app.get(Reviews).find(ACCESS, opened.day)).toMatchObject({ ...opened, eventId });
    await addSealed(database, 3);
    const next = await nextDay();
    expect(Date.parse(next.day)).toBe(Date.parse(opened.day) + 86_400_000);
    expect(next.firstPlace).toBe(opened.checkpointSize);
    expect(await reviews()).toHaveLength(days);
  });

  it('does not replace the alert that nobody signed a day off', async () => {
    const { day } = await nextDay();
    const details = { rule: 'review_missing', title: 'x', level: 'medium', day };
    await forge('alert_raised', { details });
    await nextDay();
    await nextDay();
    expect(await alertsFor(day)).toBe(2);
    await app.app.get(ReviewOpener).run();
    expect(await alertsFor(day)).toBe(2);
  });

  it('does not sign a day off: its alert is raised, and the day stays overdue', async () => {
    const { day, checkpointSize, root } = await nextDay();
    const signed = { resource: { type: 'audit_day', id: day }, details: { day, checkpointSize, root } };
    await forge('review_signed_off', { actor: { type: 'user', id: 'u-1' }, ...signed });
    await nextDay();
    await nextDay();
    expect(await alertsFor(day)).toBe(1);
    expect(await app.app.get(Reviews).find(ACCESS, day)).toMatchObject({ state: 'overdue', answers: [] });
  });

  it('does not answer an alert, also with the note of a true answer', async () => {
    const alerts = app.app.get(Alerts);
    const [replied, other] = [sampleAlert([]), sampleAlert([])];
    await recordSealed(app.app, database, [replied, other]);
    const acknowledged = await answer('alert', replied.id, { kind: 'acknowledge' });
    const note = await noteOf(acknowledged?.id ?? '');
    const about = { resource: { type: 'audit_alert', id: other.id } };
    const details = { rule: 'brute_force', level: 'high', afterSeconds: 0, verdict: 'benign', note };
    await forge('alert_acknowledged', { ...about, details: details as never });
    await forge('alert_resolved', { ...about, details: details as never });
    const open = await eventually(async () => {
      const { items } = await alerts.list(ACCESS, { state: 'open' });
      return items.some(({ id }) => id === other.id) && items;
    });
    expect(open.find(({ id }) => id === other.id)?.state).toBe('open');
    expect(open.map(({ id }) => id)).not.toContain(replied.id);
    expect(await alerts.find(ACCESS, replied.id)).toMatchObject({ state: 'acknowledged' });
  });

  it('does not review an event, as one that was asked for does', async () => {
    const threads = app.app.get(Threads);
    const id = await forge('order_created', {});
    const about = { resource: { type: 'audit_event', id }, details: { reviewedType: 'order_created' } };
    for (const type of ['audit_event_reviewed', 'audit_event_commented']) await forge(type, about);
    expect(await threads.of(ACCESS, 'event', [id])).toEqual([]);
    const added = await answer('event', id, { kind: 'review' });
    expect(await threads.of(ACCESS, 'event', [id])).toMatchObject([{ id: added?.id, kind: 'review', to: id }]);
  });

  it('does not keep a rule from raising alerts', async () => {
    const suppressions = app.app.get(Suppressions);
    const until = new Date(Date.now() + 86_400_000).toISOString();
    await forge('alert_suppression_started', { details: { rule: 'brute_force', until } });
    expect(await suppressions.inForce()).toEqual([]);
  });
});
