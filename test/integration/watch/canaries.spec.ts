import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AuditAggregator } from '../../../src/audit/index.js';
import { Canaries, ReviewOpener, type WatchOptions } from '../../../src/modules/watch/index.js';
import { LedgerClock } from '../../../src/modules/monitoring/store/ledger-clock.js';
import { createTestDatabase, eventually, freshKeyFile, sampleEvent, type TestDatabase } from '../../support/index.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { store } from '../../support/watched.js';

const HOUR_MS = 3_600_000;
const WEDNESDAY = Date.parse('2026-11-18T12:00:00Z');

let database: TestDatabase;
let keyFile: string;
let apps: StreamApp[];
afterAll(() => void jest.restoreAllMocks());

describe('canaries', () => {
  beforeEach(async () => {
    apps = [];
    keyFile = freshKeyFile();
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    await database.drop();
  });

  async function start(watch: WatchOptions = { canaries: true }): Promise<StreamApp> {
    const app = await startStreamApp(database, keyFile, [], { watch: { ...watch, review: { alertAfterDays: 30 } } });
    apps.push(app);
    return app;
  }

  async function lookLater({ app }: StreamApp, ms: number): Promise<void> {
    jest.spyOn(app.get(LedgerClock), 'now').mockReturnValue(Date.now() + ms);
    await app.get(Canaries).run(); // what ran already has the time before
    await app.get(Canaries).run();
  }

  /** The events of a type are taken and never stored, and only the canary notices. */
  function lose({ app }: StreamApp, lost: string): void {
    const aggregator = app.get(AuditAggregator, { strict: false });
    const prepare = aggregator.prepare.bind(aggregator);
    jest.spyOn(aggregator, 'prepare').mockImplementation((type, input) => {
      const prepared = prepare(type, input);
      return String(type) === lost
        ? { ...prepared, deliver: async () => Promise.reject(new Error('It is lost.')) }
        : prepared;
    });
  }

  async function recorded(): Promise<readonly string[]> {
    const rows = await database.sql(`SELECT type FROM audit_event JOIN audit_leaf ON event_id = id
        WHERE resource_type = 'audit_canary' AND actor_type = 'system' ORDER BY type`);
    return rows.map(({ type }) => String(type));
  }

  async function alerts(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return database.sql(
      `SELECT details->>'rule' AS rule, details->>'title' AS title FROM audit_event WHERE type = 'alert_raised' ORDER BY id`,
    );
  }

  const sealed = () =>
    eventually(async () => {
      const [row] = await database.sql('SELECT count(*)::int AS taken FROM audit_canary');
      const types = await recorded();
      return types.length > 0 && types.length === row?.taken && types;
    });

  it('are recorded and sealed once a type a day, by two instances, and again by none after a restart', async () => {
    const [one, other] = [await start(), await start()];
    const types = await sealed();
    expect(types).toEqual(expect.arrayContaining(['user_login_failed', 'user_login_success', 'data_viewed']));
    expect(new Set(types).size).toBe(types.length);
    await lookLater(one, 0);
    await lookLater(other, 0);
    await one.close();
    apps = [other];
    await lookLater(await start(), 0);
    expect(await recorded()).toEqual(types);
    await lookLater(other, 24 * HOUR_MS);
    await eventually(async () => (await recorded()).length === types.length * 2);
    expect(await alerts()).toEqual([]);
  });

  it('pass the rules that select them, and are counted by none', async () => {
    const app = await start();
    await sealed();
    await lookLater(app, 24 * HOUR_MS); // the rules began at the end of the ledger
    await eventually(async () => {
      const [row] = await database.sql(
        `SELECT rules FROM audit_canary WHERE type = 'user_login_failed' ORDER BY day DESC`,
      );
      return Array.isArray(row?.rules) && row.rules.includes('login_failed');
    });
    expect(await database.sql('SELECT FROM audit_watch_group')).toEqual([]);
  });

  it('raise one alert for one that does not arrive, whatever the number of instances', async () => {
    const [one, other] = [await start(), await start()];
    await sealed();
    [one, other].forEach((app) => lose(app, 'data_viewed'));
    await lookLater(one, 24 * HOUR_MS);
    await lookLater(one, 24.5 * HOUR_MS);
    expect(await alerts()).toEqual([]);
    await Promise.all([lookLater(one, 25.1 * HOUR_MS), lookLater(other, 25.1 * HOUR_MS)]);
    expect(await alerts()).toEqual([{ rule: 'canary_missing', title: 'No canary of data_viewed reached the ledger' }]);
  });

  const LOST = 'data_viewed';

  it.each([
    [
      'rows of days to come',
      `INSERT INTO audit_canary (type, day, event_id, note)
       SELECT type, day + 1, event_id, note FROM audit_canary`,
    ],
    ['rows with another event', 'UPDATE audit_canary SET event_id = (SELECT id FROM audit_event LIMIT 1)'],
    ['rows with another note', `UPDATE audit_canary SET note = (SELECT max(note) FROM audit_canary)`],
    ['no rows', 'DELETE FROM audit_canary'],
  ])('are missed with %s by somebody else', async (_what, sql) => {
    const app = await start();
    const types = await sealed();
    lose(app, LOST);
    await database.superuserSql(sql);
    await lookLater(app, 24 * HOUR_MS);
    await eventually(async () => (await recorded()).length === types.length * 2 - 1);
    await database.superuserSql(sql.replace('day + 1', 'day + 2'));
    await lookLater(app, 25.1 * HOUR_MS);
    const missed = (await alerts()).filter(({ rule }) => rule === 'canary_missing');
    expect(missed.map(({ title }) => title)).toEqual([`No canary of ${LOST} reached the ledger`]);
  });

  it('hide no event that copies the marks and has a row: rules find it', async () => {
    await start();
    await sealed();
    const forged = Array.from({ length: 10 }, (_, index) =>
      sampleEvent({
        occurredAt: new Date(WEDNESDAY + index * 1_000).toISOString(),
        ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
        ...{ resource: { type: 'audit_canary', id: 'c' }, actor: { type: 'system' }, details: { username: 'ada' } },
      }),
    );
    const insert = `INSERT INTO audit_canary (type, day, event_id, note) SELECT $1::text, '2000-01-01', $1, max(note) FROM audit_canary`;
    for (const { id } of forged) await database.superuserSql(insert.replace('$1,', '$1::uuid,'), [id]);
    await store(database, forged);
    await eventually(async () => (await alerts()).some(({ rule }) => rule === 'brute_force'));
  });

  it('and reviews are not those of a day that comes, by an instance whose clock is ahead', async () => {
    const { app } = await start();
    await sealed();
    const now = Date.now.bind(Date);
    const ahead = jest.spyOn(Date, 'now').mockImplementation(() => now() + 3 * 24 * HOUR_MS);
    for (const daily of [app.get(Canaries), app.get(ReviewOpener)]) {
      await daily.run(); // what ran already has the time before
      await daily.run();
    }
    ahead.mockRestore();
    const [row] = await database.sql('SELECT max(day)::text AS canary FROM audit_canary');
    const today = new Date().toISOString().slice(0, 10);
    expect(row?.canary).toBe(today);
    const opened = `SELECT details->>'day' AS day FROM audit_event WHERE type = 'review_opened'`;
    expect((await database.sql(opened)).filter(({ day }) => String(day) >= today)).toEqual([]);
    expect(await alerts()).toEqual([]);
  });
});
