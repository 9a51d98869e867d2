import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command as alertsCommand } from '../../src/cli/alerts.command.js';
import { command } from '../../src/cli/review.command.js';
import type { DailyReview, ReviewPage, ReviewStep } from '../../src/modules/watch/review/daily-reviews.js';
import { eventually } from '../support/eventually.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { openReview } from '../support/open-review.js';
import { sampleAlert } from '../support/sample-alert.js';
import { sampleEvent } from '../support/sample-event.js';
import { runSql } from '../support/sql.js';
import { startStreamApp, type StreamApp } from '../support/stream-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { today } from '../support/today.js';
import { store } from '../support/watched.js';

const ALERT = sampleAlert([]);
const DAY = await today();
const KEY_FILE = freshKeyFile();
const ENVIRONMENT = { AUDIT_SIGNING_KEY_FILE: KEY_FILE };

/** What `--json` prints. */
interface Printed {
  readonly ok: boolean;
  readonly items: readonly DailyReview[];
  readonly review: ReviewPage;
  readonly step: ReviewStep;
  readonly error: { readonly code: string; readonly message: string };
}

let database: TestDatabase;
let app: StreamApp;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startStreamApp(database, KEY_FILE, [], { watch: { shipped: false, review: { fourEyes: true } } });
  await store(database, [
    sampleEvent({ actor: { type: 'admin', id: 'olga' }, category: 'administration', tenantId: 'north' }),
    sampleEvent({ outcome: 'denied', actor: { type: 'user', id: 'mallory' }, tenantId: 'south' }),
    ALERT,
  ]);
  await eventually(async () => {
    const [row] = await runSql(
      database.url,
      `SELECT coalesce(max(size), 0) >= 3 AND NOT EXISTS (SELECT FROM audit_unsequenced) AS sealed FROM audit_checkpoint`,
    );
    return row?.sealed === true;
  });
  await openReview(app.app);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function review(...args: readonly string[]): Promise<Printed> {
  const { output = '' } = await command.run([...args, '--json', '--database-url', database.url], ENVIRONMENT);
  return JSON.parse(output) as Printed; // what a command prints as JSON
}

async function countOf(type: string): Promise<unknown> {
  const [row] = await runSql(database.url, 'SELECT count(*)::int AS count FROM audit_event WHERE type = $1', [type]);
  return row?.count;
}

describe('the command review', () => {
  it('lists the reviews by state, and shows what has to be looked at of a day', async () => {
    expect((await review('list', '--state', 'open')).items[0]).toMatchObject({ day: DAY, state: 'open', steps: [] });
    expect((await review('list', '--state', 'signed_off')).items).toEqual([]);
    const { sections } = (await review('show', DAY)).review;
    expect(sections.find(({ name }) => name === 'administrators')).toMatchObject({ rows: [{ actor: { id: 'olga' } }] });
    expect(sections.find(({ name }) => name === 'refused')).toMatchObject({ rows: [{ actor: { id: 'mallory' } }] });
    const { output = '' } = await command.run(['show', DAY, '--database-url', database.url], {});
    expect(output).toContain(`${DAY}  open`);
    expect(output).toMatch(/refused: 1\n.*mallory {2}1 {2}place \d/);
  });

  it('shows where the alerts of the day stand now, beside figures that stay the same', async () => {
    const before = (await review('show', DAY)).review;
    expect(before.alerts).toMatchObject([{ id: ALERT.id, state: 'open', rule: 'brute_force', level: 'high' }]);
    for (const [action, state, ...given] of [
      ['acknowledge', 'acknowledged'],
      ['resolve', 'resolved', '--verdict', 'benign'],
    ] as const) {
      await alertsCommand.run([action, ALERT.id, ...given, '--database-url', database.url], ENVIRONMENT);
      const { alerts, sections } = (await review('show', DAY)).review;
      expect(alerts).toMatchObject([{ id: ALERT.id, state }]);
      expect(sections).toEqual(before.sections);
    }
    expect((await review('show', DAY, '--tenant', 'north')).review.alerts).toEqual([]);
  });

  it('records each read, by the person who runs it', async () => {
    await review('show', DAY, '--by', 'rita');
    const rows = await runSql(
      database.url,
      `SELECT details->'filters'->>'review' AS day FROM audit_event WHERE category = 'audit_access' AND actor_id = 'rita'`,
    );
    expect(rows).toEqual([{ day: DAY }]);
  });

  it('lets nobody sign off a day in which they acted, and comment on it anybody', async () => {
    const refused = await review('sign-off', DAY, '--by', 'olga');
    expect(refused).toMatchObject({ ok: false, error: { code: 'AUDIT_REVIEW_REFUSED' } });
    expect(refused.error.message).toContain('administrators: 1');
    expect(await countOf('review_signed_off')).toBe(0);
    const { step } = await review('comment', DAY, '--comment', 'It was me', '--by', 'olga');
    expect(step).toMatchObject({ kind: 'comment', by: { id: 'olga' }, comment: 'It was me', day: DAY });
  });

  it('signs off for a tenant, which leaves the day open for the others and for all', async () => {
    expect((await review('sign-off', DAY, '--tenant', 'north', '--by', 'grace')).step.tenantId).toBe('north');
    const stateFor = async (...tenants: readonly string[]) =>
      (await review('list', ...tenants.flatMap((id) => ['--tenant', id]))).items[0]?.state;
    expect(await stateFor('north')).toBe('signed_off');
    expect(await stateFor('north', 'south')).toBe('open');
    expect(await stateFor()).toBe('open');
  });

  it('signs a day off, once for the same words', async () => {
    const { step } = await review('sign-off', DAY, '--comment', 'Seen', '--by', 'grace');
    expect((await review('sign-off', DAY, '--comment', 'Seen', '--by', 'grace')).step.id).toBe(step.id);
    expect(await countOf('review_signed_off')).toBe(2); // the tenant's is another
    expect((await review('list', '--state', 'signed_off')).items[0]).toMatchObject({ day: DAY });
  });

  it.each([
    [['show', '2020-01-01'], 'AUDIT_REVIEW_UNKNOWN'],
    [['show', '2026-02-30'], 'AUDIT_CALL_INVALID'],
    [['show'], 'AUDIT_CALL_INVALID'],
    [['list', DAY], 'AUDIT_CALL_INVALID'],
    [['list', '--state', 'closed'], 'AUDIT_CALL_INVALID'],
    [['comment', DAY], 'AUDIT_CALL_INVALID'],
    [['comment', DAY, '--comment', ' '], 'AUDIT_REVIEW_INVALID'],
    [['sign-off', DAY, '--tenant', 'north', '--tenant', 'south'], 'AUDIT_CALL_INVALID'],
    [['reopen', DAY], 'AUDIT_CALL_INVALID'],
  ])('refuses %j with %s', async (args, code) => {
    expect((await review(...args)).error.code).toBe(code);
  });
});
