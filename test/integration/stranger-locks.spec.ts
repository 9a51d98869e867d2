import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { Logger, type INestApplication } from '@nestjs/common';
import pg from 'pg';
import type { JsonObject } from '../../src/audit/index.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { LOCK_CLASSES } from '../../src/monitoring/store/locks.js';
import { TIMING } from '../../src/monitoring/store/timing.js';
import { eventually, freshKeyFile, tempFolder, closeAfterTests, testDatabase } from '../support/index.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { startStreamApp } from '../support/stream-app.js';

const { questionMs } = TIMING;
TIMING.questionMs = 200; // nobody seals
afterAll(() => void Object.assign(TIMING, { questionMs }));

const lines: string[] = [];
const keyFile = freshKeyFile();

const login = `stranger_${randomBytes(6).toString('hex')}`;
const database = await testDatabase({ roles: [login] });
await database.sql('CREATE TABLE rate (id int PRIMARY KEY)');
await captureTables(database.url, { 'public.rate': {} });
await database.superuserSql('DELETE FROM audit_row_change'); // the baseline, which would be late
await database.superuserSql(`CREATE ROLE ${login} LOGIN PASSWORD 'stranger'`);
const url = Object.assign(new URL(database.url), { username: login, password: 'stranger' });
const foreignLockHolder = await closeAfterTests(
  new pg.Client({ connectionString: url.href, application_name: 'psql' }),
);
await foreignLockHolder.connect();
for (const lock of [LEADER.lock, { class: LOCK_CLASSES.consumers, table: 'audit_consumer', of: 'copy' }]) {
  const [row] = await database.sql('SELECT $1::regclass::oid::text AS of', [lock.table]);
  await foreignLockHolder.query('SELECT pg_advisory_lock($1, hashtext($2))', [
    lock.class,
    `${String(row?.of)}${'of' in lock ? lock.of : ''}`,
  ]);
}
for (const level of ['log', 'warn', 'error'] as const) {
  jest
    .spyOn(Logger.prototype, level)
    .mockImplementation((text: unknown) => void lines.push(`${level} ${String(text)}`));
}
const path = join(await tempFolder('audit-stranger-'), 'copy.jsonl');
const scene = await closeAfterTests(
  startStreamApp(database, keyFile, [{ name: 'copy', personal: 'omit', destination: { type: 'file', path } }], {
    extensions: [RowChangesModule.forRoot({ lateAfterSeconds: 1 })],
  }),
);

afterAll(() => void jest.restoreAllMocks());

const health = () => scene.app.get(LedgerProvider).check();
const readParts = async (app: INestApplication) =>
  (await app.get(LedgerProvider).check()) as Record<'checkpoint' | 'sealing' | 'outbox' | 'consumers', JsonObject>;
const isNamed = async () => {
  const { sealing, consumers } = await readParts(scene.app);
  return [sealing, consumers].every(({ lockHeldBy }) => lockHeldBy !== undefined);
};
const reported = (start: string) => lines.filter((line) => line.startsWith(start));
const named = (waits: string) =>
  expect.stringMatching(
    String.raw`^The login ${login} \(pid \d+, application "psql"\) has held a lock since .*Z or earlier: ${waits}\.$`,
  );

describe('a stranger who holds the locks of the leaders', () => {
  it('is named by the health and the log', async () => {
    await eventually(isNamed);
    expect(await health()).toMatchObject({
      checkpoint: { sequencer: 'standby' },
      sealing: { lockHeldBy: named('stored events wait to be sealed') },
      outbox: { role: 'standby' },
      consumers: { lockHeldBy: named('sealed events wait for their consumers') },
    });
    expect(await health()).not.toHaveProperty('problem');
    await eventually(() => reported(`warn The login ${login}`).length === 2);
  });

  it('is named beside the error of row changes that wait too long', async () => {
    await database.sql('INSERT INTO rate VALUES (1)');
    const { problem } = await eventually(async () => {
      const seen = await health();
      return 'problem' in seen && seen;
    });
    expect(problem).toMatch(/Cannot move row changes into the ledger/);
    await database.superuserSql('DELETE FROM audit_row_change');
  });

  it('degrades the health after a minute, and is told of as an error once', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    await eventually(() => reported('error Cannot acquire a lock').length === 2);
    await eventually(async () => {
      const { problem = '' } = (await health()) as { readonly problem?: string };
      return problem.split(`The login ${login} (pid`).length === 3;
    });
    clock.mockRestore();
  });

  it('is over when the stranger lets go: both works resume', async () => {
    await foreignLockHolder.query('SELECT pg_advisory_unlock_all()');
    await database.sql('INSERT INTO rate VALUES (2)');
    await eventually(async () => (await readParts(scene.app)).outbox.role === 'leading');
    await eventually(() => reported('log A foreign session has released').length === 2);
    expect((await readParts(scene.app)).sealing).not.toHaveProperty('lockHeldBy');
    expect(reported('error Cannot acquire a lock')).toHaveLength(2);
  });
});

it('another instance is not taken for a stranger, whatever name its address gives the application', async () => {
  const standbys = [
    await startRowChanges({ ...database, url: withApplicationName('shop-1') }, {}, {}, [], keyFile),
    await startRowChanges({ ...database, url: withApplicationName('shop-2') }, {}, {}, [], keyFile),
  ];
  try {
    const checks = await eventually(async () => {
      const each = await Promise.all(standbys.map(async ({ app }) => readParts(app)));
      const isStandby = each.every(
        ({ checkpoint, outbox }) => checkpoint.sequencer === 'standby' && outbox.role === 'standby',
      );
      return isStandby && each;
    });
    for (const { sealing } of checks) expect(sealing).not.toHaveProperty('lockHeldBy');
  } finally {
    await Promise.all(standbys.map(async (each) => each.close()));
  }
});

function withApplicationName(name: string): string {
  const url = new URL(database.url);
  url.searchParams.set('application_name', name);
  return url.href;
}
