import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AUDIT_EXTENSIONS, listObjectNames, type AuditExtension } from '../../migrations/audit-migrations.js';
import { AuditAggregator, type JsonObject } from '../../src/audit/index.js';
import { AuditPrivacy, createAuditMigrations, AuditQuery, Retention } from '../../src/monitoring/index.js';
import { findUnprotected } from '../../src/monitoring/store/schema/check-protection.js';
import { addressInSchema } from '../../src/monitoring/store/sessions/ledger-address.js';
import { eventually, freshKeyFile, type ListeningApp, runSql, tempFolder, withClient } from '../support/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { type CommandRun, runCommand } from '../support/run-command.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { addEventsAt } from '../support/retention-scene.js';

const ALONE = [
  ...['act', 'checkpoint', 'consumer', 'consumer_parked', 'cosignature', 'erased', 'erasure', 'erasure_list', 'event'],
  ...['head', 'inbox', 'leaf', 'legal_hold', 'once', 'parked', 'publication', 'retired_range', 'retirement'],
  ...['signing_key', 'tile'],
].map((name) => `audit_${name}`);
const PERSON = { type: 'user', id: 'u-ada', name: 'Ada' } as const;

const OF_ROW_CHANGES = [['context-key', 'list'], ['retry'], ['reconcile']] as const;

let database: TestDatabase;
let address: string;
let folder: string;
let env: NodeJS.ProcessEnv;

async function open(): Promise<void> {
  database = await createTestDatabase({ empty: true });
  address = addressInSchema(database.url, 'audit');
  folder = await tempFolder('audit-extensions-');
  const files = { AUDIT_SIGNING_KEY_FILE: freshKeyFile(), AUDIT_ARCHIVE_DIR: join(folder, 'archives') };
  env = { DATABASE_URL: database.url, AUDIT_RETENTION_DAYS: '30', ...files };
}
const close = () => database.drop();

const command = (...args: readonly string[]): Promise<CommandRun> =>
  runCommand([...args, '--schema', 'audit'], { cwd: folder, env });

/** The command runs in a process of its own, since the application loads another copy of the library. */
function ofApplication(command: string, extensions: string): string {
  const target = `${resolve('test/support/doctor-target.mjs')}#shop`;
  const options = JSON.stringify({ connectionUrl: address });
  const args = ['dist/src/cli/main.js', command, target, '--schema', 'audit'];
  const env = { ...process.env, DATABASE_URL: database.url, DOCTOR_EXTENSIONS: extensions, DOCTOR_OPTIONS: options };
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

async function tables(): Promise<readonly unknown[]> {
  const rows =
    await database.sql(`SELECT relname FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname NOT IN ('audit_migration', 'migrations') ORDER BY relname COLLATE "C"`);
  return rows.map(({ relname }) => relname);
}

/** The test's login owns the ledger, and other tests make logins meanwhile, also with rights of the server. */
const foundIn = async (): Promise<readonly string[]> =>
  (await findUnprotected(address)).filter((said) => !/^(The ledger belongs to|These logins add events)/.test(said));

describe('a ledger alone', () => {
  let running: ListeningApp;

  beforeAll(async () => {
    await open();
    expect(await command('migrate')).toMatchObject({ code: 0, output: expect.stringContaining('none; --with') });
    await withClient(address, (client) => addEventsAt(client, '2026-01-10T12:00:00.000Z', 20, { actor: PERSON }));
    const files = { signingKeyFile: env.AUDIT_SIGNING_KEY_FILE ?? '', archiveDir: env.AUDIT_ARCHIVE_DIR ?? '' };
    const monitoring = { ...files, retention: { days: 30 } };
    running = await startLedgerApp(address, { audit: { spillDir: join(folder, 'spill') }, monitoring });
  });
  afterAll(async () => {
    await running.app.close();
    await close();
  });

  it('has its tables, and nothing of an extension', async () => {
    expect(await tables()).toEqual(ALONE);
    const functions = await database.sql(`SELECT proname FROM pg_proc WHERE pronamespace = 'audit'::regnamespace`);
    const extensionParts = new Set(AUDIT_EXTENSIONS.flatMap((extension) => listObjectNames(extension)));
    expect(functions.filter(({ proname }) => extensionParts.has(String(proname)))).toEqual([]);
  });

  it('records, seals, shows, exports, holds, retires, erases, and is sound', async () => {
    const { app } = running;
    const recorded = await app.get(AuditAggregator).record('order_creation', { actor: PERSON });
    const { items } = await eventually(async () => {
      const page = await app.get(AuditQuery).find({ scope: 'all' }, { action: 'order_creation' });
      return page.items[0]?.index !== undefined && page;
    });
    expect(items[0]).toMatchObject({ id: recorded.eventId });
    expect(await command('export', '--output', 'events.jsonl')).toMatchObject({ code: 0 });
    const hold = ['hold', 'place', 'actorId=u-bob', '--reason', 'a claim'];
    expect(await command(...hold)).toMatchObject({ code: 0, errors: '' });
    expect(await app.get(Retention).run()).toMatchObject({ retired: [{ kind: 'month', events: 20 }], problems: [] });
    const privacy = app.get(AuditPrivacy);
    const { id } = await privacy.erase({ id: PERSON.id }, { by: { type: 'admin', id: 'a-1' }, reason: 'asked for it' });
    const done = await eventually(async () => {
      const erasure = await privacy.find(id);
      return erasure?.state === 'done' && erasure;
    });
    expect(done).toMatchObject({ counts: { archived: 20 }, remnants: { events: 21 } });
    // The act that completes the erasure is sealed after it.
    await eventually(async () => {
      const { database: health } = await app.get(AuditAggregator).health();
      return (health?.store?.sealing as JsonObject | undefined)?.waitingSeconds === 0;
    });
    expect(await foundIn()).toEqual([]);
    expect(await command('verify')).toMatchObject({ code: 0 });
    expect((await command('migrate', '--repair', '--dry-run')).output).toMatch(/^Nothing to repair/);
    expect((await command('doctor')).output).toMatch(/ok\s+extensions\s+No optional module has tables/);
    expect(ofApplication('doctor', 'jetstream')).toMatch(/error\s+extensions\s[^]*migrate --with jetstream/);
    const migrated = ofApplication('migrate', 'row-changes,jetstream');
    expect(migrated).toContain('Optional modules with tables: row-changes, jetstream.');
    expect((await command('doctor')).output).toMatch(/ok\s+extensions/);
  });
});

describe('a ledger with extensions', () => {
  beforeEach(open);
  afterEach(close);
  const onlyIn = (...extensions: readonly AuditExtension[]) =>
    [...ALONE, ...extensions.flatMap((extension) => listObjectNames(extension, ['tables']))].toSorted();

  it('gets the tables of one extension after the other, is sound, and names each table that is missing', async () => {
    await command('migrate');
    // Neither its own statements nor those of an erasure use a table of another role.
    const planted = `
      CREATE FUNCTION pg_temp.misuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'as %', current_user; END $$;
      CREATE TRIGGER misuse BEFORE DELETE ON audit_row_image EXECUTE FUNCTION pg_temp.misuse();
      GRANT ALL ON audit_row_image TO PUBLIC; SELECT audit_erase('{}')`;
    for (const [made, dropped] of [
      ['CREATE TABLE audit.audit_row_image (event_id uuid)', 'DROP TABLE audit.audit_row_image'],
      ['CREATE TEMP TABLE audit_row_image (event_id uuid)', ''],
    ])
      await runSql(addressInSchema(database.superuserUrl, 'audit'), `${made}; ${planted}; ${dropped}`);
    for (const [nth, extension] of AUDIT_EXTENSIONS.entries()) {
      expect(await command('migrate', '--with', extension)).toMatchObject({
        code: 0,
        output: expect.stringMatching(`Optional modules with tables: .*${extension}`),
      });
      expect(await tables()).toEqual(onlyIn(...AUDIT_EXTENSIONS.slice(0, nth + 1)));
      expect(await foundIn()).toEqual([]);
      expect((await command('migrate', '--repair')).output).toMatch(/^Nothing to repair/);
      expect((await command('migrate')).output).toMatch(/^Nothing to do/);
      for (const args of extension === 'row-changes' ? OF_ROW_CHANGES : [])
        expect(await command('capture', ...args)).toMatchObject({ code: 0, errors: '' });
    }
    await runSql(address, `DROP TABLE audit_row_salt CASCADE`);
    expect(await foundIn()).toContainEqual(expect.stringContaining('The table audit_row_salt is missing'));
    await runSql(address, `DROP TABLE ${listObjectNames('jetstream', ['tables']).join(', ')} CASCADE`);
    for (const table of listObjectNames('jetstream', ['tables']))
      expect(await foundIn()).toContainEqual(expect.stringContaining(`The table ${table} is missing`));
    expect(await command('migrate', '--repair')).toMatchObject({ code: 2 });
  });

  it("comes and goes by the application's own TypeORM, in any order of the extensions", async () => {
    const run = async (
      extensions: readonly AuditExtension[],
      work: (source: DataSource) => Promise<unknown>,
    ): Promise<void> => {
      const migrations = createAuditMigrations('audit', { with: extensions });
      const source = await new DataSource({ type: 'postgres', url: database.url, migrations }).initialize();
      await work(source).finally(() => source.destroy());
    };
    await run(['jetstream'], (source) => source.runMigrations());
    await run(['jetstream', 'row-changes'], (source) => source.runMigrations());
    expect(await tables()).toEqual(onlyIn('jetstream', 'row-changes'));
    expect(await foundIn()).toEqual([]);
    await run(['jetstream', 'row-changes'], (source) => source.undoLastMigration());
    expect(await tables()).toEqual(onlyIn('jetstream'));
    await run(['jetstream'], (source) => source.undoLastMigration());
    expect(await tables()).toEqual(ALONE);
  });
});
