import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import { LedgerProvider } from '../../../src/monitoring/ledger.provider.js';
import { WatchRunner } from '../../../src/rooms/watch/watch-runner.service.js';
import { TIMING } from '../../../src/monitoring/store/timing.js';
import { createTestDatabase, eventually, freshKeyFile, sampleEvent, withClient } from '../../support/index.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { store, watched } from '../../support/watched.js';

const NOON = Date.parse('2026-11-18T12:00:00Z'); // a Wednesday

let persons = 0;

const person = (): string => `person-${++persons}-`;

/** Ten failed log-ins of an account are an attack. */
function failures(count: number, username: string): readonly AuditEvent[] {
  return Array.from({ length: count }, (_, index) =>
    sampleEvent({
      occurredAt: new Date(NOON + index * 1_000).toISOString(),
      ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
      ...{ actor: { type: 'anonymous' }, details: { username } },
    }),
  );
}
let app: StreamApp;

const database = await createTestDatabase();
const keyFile = freshKeyFile();
beforeEach(start);
afterEach(() => app.close());
afterAll(() => database.drop());

async function start(): Promise<void> {
  app = await startStreamApp(database, keyFile, [], { watch: {} });
  await watched(database);
}

async function noProblem(): Promise<void> {
  const { watchAlteredMs } = TIMING;
  TIMING.watchAlteredMs = 0;
  await eventually(async () => (await problem()) === undefined).finally(() =>
    Object.assign(TIMING, { watchAlteredMs }),
  );
}

const forge = (sql: string, values: readonly unknown[] = []) => database.superuserSql(sql, values);

async function problem(): Promise<string | undefined> {
  const report = await app.app.get(LedgerProvider).check();
  return (report as { readonly problem?: string }).problem;
}

async function alerts(rule: string, about = ''): Promise<number> {
  const [row] = await database.sql(
    `SELECT count(*)::int AS count FROM audit_event
        WHERE type = 'alert_raised' AND details->>'rule' = $1 AND coalesce(personal::text, '') LIKE '%' || $2 || '%'`,
    [rule, about],
  );
  return Number(row?.count);
}

const isAttackFound = (username: string) => eventually(async () => (await alerts('brute_force', username)) === 1);

const FORGERIES = [
  ['that is set ahead', `UPDATE audit_watch SET place = 1000000000000000, looked_at = now() + interval '1 year'`],
  ['whose note is changed', `UPDATE audit_watch SET note = replace(note, '"place":', '"place":1')`],
  ['without a note', `UPDATE audit_watch SET note = ''`],
  ['that is deleted', 'DELETE FROM audit_watch'],
] as const;

describe('the row of the watch', () => {
  it.each(FORGERIES)('%s hides no attack from a running instance, which reports it', async (_what, sql) => {
    const [username, told] = [person(), await alerts('watch_altered')];
    await store(database, failures(5, username));
    await watched(database);
    await forge(sql);
    await store(database, failures(5, username));
    await isAttackFound(username);
    expect(await problem()).toMatch(/^Cannot trust the position of the rules: the row of audit_watch/);
    expect(await alerts('watch_altered')).toBe(told + 1);
    await noProblem();
    await watched(database);
    expect(await alerts('brute_force', username)).toBe(1);
  });

  it.each(FORGERIES)('%s while no instance runs hides no attack from the next one', async (_what, sql) => {
    const username = person();
    await app.close();
    await store(database, failures(10, username));
    await forge(sql);
    await start();
    await isAttackFound(username);
    await noProblem();
  });

  it('that is held, with a fresh time, does not look as if the rules ran', async () => {
    await withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('UPDATE audit_watch SET looked_at = clock_timestamp()');
      await client.query('COMMIT; BEGIN; SELECT FROM audit_watch FOR UPDATE');
      await eventually(async () => (await problem())?.includes('audit_watch'));
      await client.query('ROLLBACK');
    });
    await app.app.get(WatchRunner).run();
    await noProblem();
  });

  it('that goes back to an earlier note raises no alert again', async () => {
    const [username, told] = [person(), await alerts('watch_altered')];
    const [kept] = await database.sql('SELECT * FROM audit_watch');
    await store(database, failures(10, username));
    await isAttackFound(username);
    await watched(database);
    await forge('UPDATE audit_watch SET place = $1, looked_at = $2, note = $3', [
      ...[kept?.place, kept?.looked_at, kept?.note],
    ]);
    await app.app.get(WatchRunner).run();
    await watched(database);
    expect(await alerts('watch_altered')).toBe(told + 1);
    expect(await alerts('brute_force', username)).toBe(1);
  });
});
