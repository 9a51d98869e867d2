import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  addEvents,
  ApiClient,
  eventually,
  freshKeyFile,
  GIVEN_COLUMNS,
  runCommand,
  settled,
  withClient,
} from '../support/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { TESTS_KEY } from '../support/writers.js';
import { withTiming } from '../support/with-timing.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';

const TABLES = ['audit_event', 'audit_leaf', 'audit_tile', 'audit_checkpoint', 'audit_head', 'audit_act'];

let database: TestDatabase;
let keyFile: string;
let app: ReferenceApp | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  keyFile = freshKeyFile();
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  await database.drop();
});

async function start(): Promise<ApiClient> {
  app = await startReferenceApp(database.url, { AUDIT_SIGNING_KEY_FILE: keyFile });
  const admin = new ApiClient(app.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  return admin;
}

async function stop(): Promise<void> {
  await app?.close();
  app = undefined;
}

async function seal(count: number): Promise<number> {
  await withClient(database.url, (client) => addEvents(client, count));
  return settled(database);
}

async function backUp(): Promise<void> {
  for (const table of TABLES) {
    await database.superuserSql(
      `CREATE TABLE kept_${table} AS SELECT ${table === 'audit_event' ? GIVEN_COLUMNS : '*'} FROM ${table}`,
    );
  }
}

async function restore(): Promise<void> {
  const statements = TABLES.map((table) => {
    const columns = table === 'audit_event' ? `(${GIVEN_COLUMNS})` : '';
    const insert = `INSERT INTO ${table} ${columns} OVERRIDING SYSTEM VALUE SELECT * FROM kept_${table}`;
    return `DELETE FROM ${table}; ${insert};`;
  });
  await database.superuserSql(
    `SET session_replication_role = replica; DELETE FROM audit_inbox; ${statements.join(' ')}`,
  );
}

async function command(...args: string[]) {
  const env = {
    ...process.env,
    AUDIT_WRITER_KEY: TESTS_KEY,
    DATABASE_URL: database.url,
    AUDIT_SIGNING_KEY_FILE: keyFile,
  };
  const { code, output, errors } = await runCommand(args, { cwd: '.', env });
  return { code, output: output + errors };
}

const adopt = (...args: string[]) => command('adopt', ...args);

async function databaseHealth(admin: ApiClient): Promise<{ state: string; error: string }> {
  const { body } = await admin.send<{
    details: { audit: { state: string; providers: { database: { error?: string } } } };
  }>('GET', '/health');
  const { state, providers } = body.details.audit;
  return { state, error: providers.database.error ?? '' };
}

describe('a database that was restored to an earlier state', () => {
  withTiming({ questionMs: 500 }); // while nothing is sealed, the first question waits for so long

  async function restored(): Promise<{ admin: ApiClient; early: number; late: number }> {
    await start();
    const early = await seal(300);
    await stop();
    await backUp();
    const [kept] = await database.sql('SELECT max(size)::int AS size FROM audit_checkpoint');
    await start();
    const late = await seal(300);
    await stop();
    await restore();
    const admin = await start();
    await eventually(async () => (await databaseHealth(admin)).error !== '');
    return { admin, early: Number(kept?.size ?? early), late };
  }

  it('is not signed, and takes events; once it is adopted, sealing continues from there, and an event records it', async () => {
    const { admin, early, late } = await restored();
    const before = await databaseHealth(admin);
    expect(before.state).toBe('degraded');
    expect(before.error).toMatch(/the database ends at size \d+, and a checkpoint of size \d+ was signed/);
    expect((await command('doctor')).output).toMatch(/error +last-checkpoint +The database is an older copy/);
    expect((await command('verify')).output).toContain('tail_truncated');
    await withClient(database.url, (client) => addEvents(client, 5));
    expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBeLessThan(300);

    const shown = await adopt('--reason', 'backup of Tuesday');
    expect(shown.code).toBe(1);
    expect(shown.output).toContain('Nothing was changed');
    const [, signed] = /signed last +size (\d+)/.exec(shown.output) ?? [];
    expect(Number(signed)).toBeGreaterThanOrEqual(late);
    expect(shown.output).toContain(`the database  size ${early}, root`);
    expect(shown.output).toContain(`with index ${early} to ${Number(signed) - 1} are abandoned`);
    expect((await databaseHealth(admin)).state).toBe('degraded');

    const adopted = await adopt('--reason', 'backup of Tuesday', '--by', 'dana', '--yes');
    expect(adopted.code).toBe(0);
    expect(adopted.output).toContain('Adopted.');
    await eventually(async () => (await databaseHealth(admin)).error === '');
    const size = await seal(3);
    expect(size).toBeGreaterThan(early);
    expect(await admin.events('type=audit_ledger_inconsistent')).toHaveLength(1);
    const [event] = await admin.events('type=audit_ledger_adopted');
    expect(event).toMatchObject({
      actor: { type: 'admin', id: 'dana' },
      reason: 'backup of Tuesday',
      severity: 'critical',
      details: { oldSize: Number(signed), newSize: early },
    });
    const [leaf] = await database.sql('SELECT index FROM audit_leaf WHERE event_id = $1', [event?.id]);
    expect(Number(leaf?.index)).toBeGreaterThanOrEqual(early);
    const kept = (await readdir(dirname(keyFile))).filter((name) =>
      name.startsWith(`${basename(keyFile)}.last.before-`),
    );
    expect(kept).toHaveLength(1);
    expect(await readFile(`${dirname(keyFile)}/${kept[0]}`, 'utf8')).toContain(`\n${signed}\n`);

    const again = await adopt('--reason', 'once more', '--yes');
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).toContain('it continues every signed and published checkpoint');
    expect(await admin.events('type=audit_ledger_adopted')).toHaveLength(1);
  });

  it('is not adopted where it contradicts itself', async () => {
    const { admin } = await restored();
    await database.superuserSql(`SET session_replication_role = replica;
       UPDATE audit_tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1)
        WHERE level = 0 AND index = (SELECT max(index) FROM audit_tile WHERE level = 0)`);
    const refused = await adopt('--reason', 'backup of Tuesday', '--yes');
    expect(refused.code).toBe(2);
    expect(refused.output).toContain('its tiles do not have the root');
    expect(await admin.events('type=audit_ledger_adopted')).toHaveLength(0);
  });
});
