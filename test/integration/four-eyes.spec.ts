import { describe, expect, it } from '@jest/globals';
import { AuditContext, type AuditActorInput } from '../../src/audit/index.js';
import { Threads } from '../../src/rooms/watch/index.js';
import { freshKeyFile, kept, sampleEvent, testDatabase } from '../support/index.js';
import { openReview } from '../support/open-review.js';
import { sampleAlert } from '../support/sample-alert.js';
import { startStreamApp } from '../support/stream-app.js';
import { today } from '../support/today.js';
import { store, watched } from '../support/watched.js';

const DAY = await today();
const KEY_FILE = freshKeyFile();
const MADE = sampleEvent({ actor: { type: 'user', id: 'dan' } });
const FAILED = sampleEvent({
  ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
  actor: { type: 'user', id: 'victoria' },
});

const database = await testDatabase();
const app = await kept(startStreamApp(database, KEY_FILE, [], { watch: { review: { fourEyes: true } } }));
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
await watched(database);
await openReview(app.app);

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
