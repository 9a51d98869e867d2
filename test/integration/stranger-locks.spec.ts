import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger, type INestApplication } from '@nestjs/common';
import pg from 'pg';
import type { JsonObject } from '../../src/audit/index.js';
import { LedgerProvider } from '../../src/modules/monitoring/index.js';
import { RowChangeDrain } from '../../src/modules/row-changes/row-change-drain.service.js';
import { Sequencer } from '../../src/modules/monitoring/sequencer/sequencer.service.js';
import { DRAIN, LEADER } from '../../src/modules/monitoring/store/ledger-roles.js';
import { eventually } from '../support/eventually.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { captureTables, startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let scene: RowChangesScene;
let stranger: pg.Client;
let login: string;
const lines: string[] = [];
const keyFile = freshKeyFile();

beforeAll(async () => {
  database = await createTestDatabase();
  login = `stranger_of_${database.name}`;
  await runSql(database.url, 'CREATE TABLE rate (id int PRIMARY KEY)');
  await captureTables(database.url, { 'public.rate': {} });
  await runSql(database.superuserUrl, 'DELETE FROM audit_row_change'); // the baseline, which would be late
  await runSql(database.superuserUrl, `CREATE ROLE ${login} LOGIN PASSWORD 'stranger'`);
  const url = Object.assign(new URL(database.url), { username: login, password: 'stranger' });
  stranger = new pg.Client({ connectionString: url.href, application_name: 'psql' });
  await stranger.connect();
  for (const { lock } of [LEADER, DRAIN]) {
    const [row] = await runSql(database.url, 'SELECT $1::regclass::oid::text AS of', [lock.table]);
    await stranger.query('SELECT pg_advisory_lock($1, hashtext($2))', [lock.class, row?.of]);
  }
  for (const level of ['log', 'warn', 'error'] as const) {
    jest
      .spyOn(Logger.prototype, level)
      .mockImplementation((text: unknown) => void lines.push(`${level} ${String(text)}`));
  }
  scene = await startRowChanges(database, { lateAfterSeconds: 1 }, {}, [], keyFile);
});

afterAll(async () => {
  jest.restoreAllMocks();
  await stranger.end();
  await scene.close();
  await runSql(database.superuserUrl, `DROP ROLE ${login}`);
  await database.drop();
});

const strangers = () => [scene.app.get(Sequencer).stranger, scene.app.get(RowChangeDrain).stranger];
const health = () => scene.app.get(LedgerProvider).check();
const partsOf = async (app: INestApplication) =>
  (await app.get(LedgerProvider).check()) as Record<'checkpoint' | 'sealing' | 'outbox', JsonObject>;
const told = (start: string) => lines.filter((line) => line.startsWith(start));
const named = (waits: string) =>
  expect.stringMatching(
    String.raw`^The login ${login} \(pid \d+, application "psql"\) holds the lock for which ${waits}, since .*Z or before\.$`,
  );

describe('a stranger who holds the locks of the sequencer and of the drain', () => {
  it('is named by the health and the log', async () => {
    await eventually(() => strangers().every(({ says }) => says !== undefined));
    expect(await health()).toMatchObject({
      checkpoint: { sequencer: 'standby' },
      sealing: { lockHeldBy: named('stored events wait for their places') },
      outbox: { role: 'standby', lockHeldBy: named('captured row changes wait for the ledger') },
    });
    expect(await health()).not.toHaveProperty('problem');
    expect(told(`warn The login ${login}`)).toHaveLength(2);
  });

  it('is named by the error of row changes that wait too long', async () => {
    await runSql(database.url, 'INSERT INTO rate VALUES (1)');
    const { problem } = await eventually(async () => {
      const seen = await health();
      return 'problem' in seen && seen;
    });
    expect(problem).toMatch(new RegExp(`^Cannot bring row changes to the ledger in time: .*The login ${login} \\(pid`));
    await runSql(database.superuserUrl, 'DELETE FROM audit_row_change');
  });

  it('degrades the health after a minute, and is told of as an error once', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    await eventually(() => told('error Cannot take a lock').length === 2);
    expect(strangers().map(({ problem }) => problem)).toEqual([
      expect.objectContaining({ code: 'AUDIT_LOCK_HELD' }),
      expect.objectContaining({ code: 'AUDIT_LOCK_HELD' }),
    ]);
    expect(await health()).toMatchObject({ problem: expect.stringContaining(`The login ${login} (pid`) });
    clock.mockRestore();
  });

  it('is over when the stranger lets go: both works resume', async () => {
    await stranger.query('SELECT pg_advisory_unlock_all()');
    await runSql(database.url, 'INSERT INTO rate VALUES (2)');
    await eventually(async () => (await partsOf(scene.app)).outbox.role === 'leading');
    await eventually(() => told('log No stranger holds the lock').length === 2);
    expect((await partsOf(scene.app)).outbox).not.toHaveProperty('lockHeldBy');
    expect(told('error Cannot take a lock')).toHaveLength(2);
  });
});

describe('another instance', () => {
  it('is not taken for a stranger, whatever name its address gives the application', async () => {
    const standbys = [
      await startRowChanges({ ...database, url: withApplicationName('shop-1') }, {}, {}, [], keyFile),
      await startRowChanges({ ...database, url: withApplicationName('shop-2') }, {}, {}, [], keyFile),
    ];
    try {
      const checks = await eventually(async () => {
        const each = await Promise.all(standbys.map(async ({ app }) => partsOf(app)));
        const isStandby = each.every(
          ({ checkpoint, outbox }) => checkpoint.sequencer === 'standby' && outbox.role === 'standby',
        );
        return isStandby && each;
      });
      for (const { sealing, outbox } of checks) {
        expect(sealing).not.toHaveProperty('lockHeldBy');
        expect(outbox).not.toHaveProperty('lockHeldBy');
      }
    } finally {
      await Promise.all(standbys.map(async (each) => each.close()));
    }
  });
});

function withApplicationName(name: string): string {
  const url = new URL(database.url);
  url.searchParams.set('application_name', name);
  return url.href;
}
