import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditAggregator, AuditModule } from '../../src/audit/index.js';
import {
  createAuditMigrations,
  migrateLedger,
  MonitoringModule,
  type LedgerEvent,
} from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { addressInSchema } from '../../src/monitoring/store/sessions/ledger-address.js';
import { READER } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSessions } from '../../src/monitoring/store/sessions/ledger-sessions.js';
import { eventually, freshKeyFile, listen, type ListeningApp, tempFolder, testDatabase } from '../support/index.js';
import { type CommandRun, runCommand } from '../support/run-command.js';
import { TESTS_KEY } from '../support/writers.js';
import { withTiming } from '../support/with-timing.js';

/** The name is wrong wherever it is not quoted: in SQL, in an address or as a setting. */
const HOSTILE = String.raw`Audit Log", "public" \ %41+$1ß`;
const NAMES = createAuditMigrations('audit').map((Migration) => new Migration().name);

withTiming({ questionMs: 1_000 }); // as in production: commands run while nothing is sealed

const schemas = ['audit', 'at_once', 'beside', 'by_typeorm', HOSTILE];
const database = await testDatabase({ empty: true, schemas });
// Some tables of the application have names of the ledger's tables.
await database.sql('CREATE TABLE public.note (text text)');
await database.sql('CREATE TABLE public.audit_event (id int PRIMARY KEY, what text)');
await database.sql('CREATE TABLE public.audit_leaf (id int PRIMARY KEY)');

const tablesIn = async (schema: string): Promise<unknown[]> => {
  const rows = await database.sql(
    `SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident($1)) AND relkind IN ('r', 'p')
        AND NOT relispartition ORDER BY 1`,
    [schema],
  );
  return rows.map(({ relname }) => relname);
};

async function startApplication(schema: string, signingKeyFile: string): Promise<ListeningApp> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: database.url, poolSize: 1 }),
      AuditModule.forRoot({ spillDir: await tempFolder('audit-spill-') }),
      MonitoringModule.forRootAsync({
        useFactory: () => ({
          connectionUrl: database.url,
          schema,
          authorize: () => ({ scope: 'all' }),
          signingKeyFile,
        }),
      }),
    ],
  })
  class SchemaFixtureModule {}
  return listen(SchemaFixtureModule, 'express');
}

async function command(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandRun> {
  const cwd = await tempFolder('audit-command-'); // so that no file .env is found
  return runCommand(args, { cwd, env: { DATABASE_URL: database.url, AUDIT_WRITER_KEY: TESTS_KEY, ...env } });
}

describe('a ledger in a schema', () => {
  it('of a hostile name records, joins transactions, seals, reads and verifies, beside tables of the same names', async () => {
    const schema = HOSTILE;
    expect(await command(['migrate', '--schema', schema])).toEqual({
      code: 0,
      output: expect.stringContaining(`Migrated: ${NAMES.join(', ')}\n`) as unknown,
      errors: expect.stringContaining('the application’s login owns the ledger') as unknown,
    });
    const key = freshKeyFile();
    const { app, url } = await startApplication(schema, key);
    const audit = app.get(AuditAggregator);
    const source = app.get(DataSource);
    const recorded = await audit.record('order_creation', { actor: { type: 'user', id: 'u-1' } });
    expect(recorded.providers.database).toMatchObject({ status: 'recorded' });
    const kept = await source.transaction(async (manager) => {
      await manager.query(`INSERT INTO note VALUES ('kept')`);
      return audit.record('order_payment', {}, { transaction: manager });
    });
    expect(kept.providers.database).toMatchObject({ status: 'joined' });
    const undone = source.transaction(async (manager) => {
      await audit.record('order_cancelled', {}, { transaction: manager });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');

    for (const id of [recorded.eventId, kept.eventId]) {
      const event = await eventually(async () => {
        const found = (await (await fetch(`${url}/audit/events/${id}`)).json()) as LedgerEvent;
        return found.index === undefined ? undefined : found;
      });
      expect(event.id).toBe(id);
    }
    const page = (await (await fetch(`${url}/audit/events`)).json()) as { items: LedgerEvent[] };
    expect(page.items.map(({ type }) => type)).not.toContain('order_cancelled');
    await app.close();

    expect(await verifyLedger({ database: addressInSchema(database.url, schema) })).toMatchObject({
      verdict: 'sound',
      findings: [],
    });
    expect(await command(['verify', '--schema', schema])).toMatchObject({ code: 0 });
    expect(await command(['checkpoint', '--schema', schema, '--verify'])).toMatchObject({ code: 0, errors: '' });
    const adopt = await command(['adopt', '--schema', schema, '--reason', 'test'], { AUDIT_SIGNING_KEY_FILE: key });
    expect(adopt).toMatchObject({ code: 0, errors: '' });
    const others = [
      ['retention', 'plan'],
      ['hold', 'list'],
      ['subject-report', '--subject', 'u-1'],
      ['export', '--output', 'events.jsonl'],
    ];
    const env = { AUDIT_SIGNING_KEY_FILE: key, AUDIT_RETENTION_DAYS: '90' };
    const ends = await Promise.all(others.map(async (args) => command([...args, '--schema', schema], env)));
    expect(ends.map(({ code, errors }) => [code, errors])).toEqual(others.map(() => [0, '']));
    expect(await database.sql('SELECT * FROM public.audit_event')).toEqual([]);
  });

  it("is made by the application's own TypeORM, which migrateLedger leaves to it, and removed by it", async () => {
    const schema = 'by_typeorm';
    const source = new DataSource({ type: 'postgres', url: database.url, migrations: createAuditMigrations(schema) });
    await source.initialize();
    try {
      expect((await source.runMigrations()).map(({ name }) => name)).toEqual(NAMES);
      expect(await source.runMigrations()).toEqual([]);
      expect(await tablesIn(schema)).toEqual(expect.arrayContaining(['audit_event', 'audit_leaf']));
      expect(await command(['migrate', '--schema', schema])).toEqual({
        code: 2,
        output: '',
        errors: expect.stringContaining("the application's own migrations created it") as unknown,
      });
      for (let left = NAMES.length; left > 0; left--) await source.undoLastMigration();
      expect(await tablesIn(schema)).toEqual([]);
      expect(await tablesIn('public')).toEqual(['audit_event', 'audit_leaf', 'migrations', 'note']);
    } finally {
      await source.destroy();
    }
  });
});

const READ_ONLY = { default_transaction_read_only: 'on' };

it("a connection that only reads keeps to the settings of its address, the schema's among them, and changes nothing", async () => {
  await database.sql('CREATE SCHEMA audit_x');
  const address = new URL(database.url);
  address.searchParams.set('options', '-c search_path=audit_x -c jit=off');
  const limits = { lockTimeoutMs: 5_000, statementTimeoutMs: 5_000, queryTimeoutMs: 5_000 };
  const sessions = new LedgerSessions(address.href, { ...READER, settings: READ_ONLY }, limits);
  const text = `SELECT current_schema() AS schema, current_setting('jit') AS jit`;
  expect((await sessions.query({ text })).rows).toEqual([{ schema: 'audit_x', jit: 'off' }]);
  await expect(sessions.query({ text: 'CREATE TABLE t (id int)' })).rejects.toThrow('read-only transaction');
  await sessions.end();
  await sessions.end(); // as of an application that is closed twice
});

describe('migrateLedger', () => {
  const migrate = (schema = 'audit') => migrateLedger({ connectionUrl: database.url, schema });

  it('changes nothing in a dry run, and tells what it would', async () => {
    const { ran, statements } = await migrateLedger({ connectionUrl: database.url, schema: 'audit', dryRun: true });
    expect(ran).toEqual(NAMES);
    expect(statements.join('\n')).toContain('CREATE TABLE audit_event (');
    expect(await database.sql(`SELECT to_regnamespace('audit') AS schema`)).toEqual([{ schema: null }]);
    expect(await command(['migrate', '--schema', 'audit', '--dry-run'])).toMatchObject({
      code: 0,
      output: expect.stringContaining(`-- Undone: ${NAMES.join(', ')}`) as unknown,
    });
  });

  it('keeps nothing of a migration that fails, and runs each once that succeeds', async () => {
    await database.sql('CREATE SCHEMA audit');
    await database.sql('CREATE TABLE audit.audit_erased (id int)'); // which it makes after many others
    await expect(migrate()).rejects.toThrow(
      `Cannot migrate the schema audit: ${String(NAMES[0])} failed with relation "audit_erased" already exists (42P07).`,
    );
    expect(await tablesIn('audit')).toEqual(['audit_erased']);
    await database.sql('DROP SCHEMA audit CASCADE');
    expect((await migrate()).ran).toEqual(NAMES);
    expect(await migrate()).toEqual({ ran: [], statements: [], did: [], extensions: [] });
    expect(await database.sql('SELECT name FROM audit.audit_migration ORDER BY ran_at')).toEqual(
      NAMES.map((name) => ({ name })),
    );
  });

  it('runs in several processes at once as in one', async () => {
    const all = await Promise.all([...Array.from({ length: 3 }, () => migrate('at_once')), migrate('beside')]);
    expect(all.slice(0, 3).flatMap(({ ran }) => ran)).toHaveLength(NAMES.length);
    expect(all[3]?.ran).toEqual(NAMES);
  });

  it.each([
    [['migrate', '--database-url', ''], {}, '--database-url is not a PostgreSQL address'],
    [['hold', 'list'], { AUDIT_DATABASE_URL: 's3cret' }, 'AUDIT_DATABASE_URL is not a PostgreSQL address'],
    [['checkpoint'], {}, 'give their schema'],
    [['adopt', '--reason', 'x', '--schema', ''], {}, '--schema is not the name of a schema'],
    [
      ['subject-report', '--subject', 'u', '--database-url', 'postgresql://127.0.0.1:1/x'],
      {},
      'Cannot use the ledger:',
    ],
  ])('by the command, and others, say what is wrong with the address: %j', async (args, env, said) => {
    const { code, errors } = await command(args, env);
    expect([code, errors]).toEqual([2, expect.stringContaining(said)]);
    expect(errors).not.toContain('s3cret');
  });
});
