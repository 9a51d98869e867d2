import { describe, expect, it } from '@jest/globals';
import { command } from '../../src/rooms/watch/commands/review.command.js';
import type { DailyReview, ReviewPage } from '../../src/rooms/watch/review/daily-review.dto.js';
import type { Reply } from '../../src/rooms/watch/threads/thread.dto.js';
import { freshKeyFile, kept, sampleEvent, settled, testDatabase } from '../support/index.js';
import { openReview } from '../support/open-review.js';
import { sampleAlert } from '../support/sample-alert.js';
import { startStreamApp } from '../support/stream-app.js';
import { today } from '../support/today.js';
import { store } from '../support/watched.js';

const ALERT = sampleAlert([]);
const DAY = await today();
const KEY_FILE = freshKeyFile();
const ENVIRONMENT = { AUDIT_SIGNING_KEY_FILE: KEY_FILE };

interface Printed {
  readonly ok: boolean;
  readonly items: readonly DailyReview[];
  readonly review: ReviewPage;
  readonly answer: Reply;
  readonly error: { readonly code: string; readonly message: string };
}

const database = await testDatabase();
const app = await kept(
  startStreamApp(database, KEY_FILE, [], { watch: { shipped: false, review: { fourEyes: true } } }),
);
await store(database, [
  sampleEvent({ actor: { type: 'admin', id: 'olga' }, category: 'administration', tenantId: 'north' }),
  sampleEvent({ outcome: 'denied', actor: { type: 'user', id: 'mallory' }, tenantId: 'south' }),
  ALERT,
]);
await settled(database);
await openReview(app.app);

async function review(...args: readonly string[]): Promise<Printed> {
  const { output = '' } = await command.run([...args, '--json', '--database-url', database.url], ENVIRONMENT);
  return JSON.parse(output) as Printed; // what a command prints as JSON
}

async function countOf(type: string): Promise<unknown> {
  await settled(database);
  const [row] = await database.sql('SELECT count(*)::int AS count FROM audit_event WHERE type = $1', [type]);
  return row?.count;
}

describe('the command review', () => {
  it('lists the reviews by state, and shows what has to be looked at of a day', async () => {
    expect((await review('list', 'state=open')).items[0]).toMatchObject({ day: DAY, state: 'open', answers: [] });
    expect((await review('list', 'state=signed_off')).items).toEqual([]);
    const { sections } = (await review('show', DAY)).review;
    expect(sections.find(({ name }) => name === 'administrators')).toMatchObject({ rows: [{ actor: { id: 'olga' } }] });
    expect(sections.find(({ name }) => name === 'refused')).toMatchObject({ rows: [{ actor: { id: 'mallory' } }] });
    const { output = '' } = await command.run(['show', DAY, '--database-url', database.url], {});
    expect(output).toContain(`${DAY}  open`);
    expect(output).toMatch(/refused: 1\n.*mallory {2}1 {2}index \d/);
  });

  it('records each read, by the person who runs it', async () => {
    await review('show', DAY, '--by', 'rita');
    await settled(database);
    const rows = await database.sql(
      `SELECT details->'filters'->>'review' AS day FROM audit_event WHERE category = 'audit_access' AND actor_id = 'rita'`,
    );
    expect(rows).toEqual([{ day: DAY }]);
  });

  it('signs a day off, once for the same words', async () => {
    const { answer } = await review('sign-off', DAY, '--comment', 'Seen', '--by', 'grace');
    expect((await review('sign-off', DAY, '--comment', 'Seen', '--by', 'grace')).answer.id).toBe(answer.id);
    expect(await countOf('review_signed_off')).toBe(1);
    expect((await review('list', 'state=signed_off')).items[0]).toMatchObject({ day: DAY });
  });
});
