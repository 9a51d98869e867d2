import { expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditAggregator } from '../../src/audit/index.js';
import { run } from '../../src/cli/run-command.js';
import { createAuditMigrations, AuditQuery } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../src/monitoring/store/schema/check-protection.js';
import {
  ApiClient,
  eventually,
  closeAfterTests,
  keptApp,
  runSql,
  settled,
  tempFolder,
  testDatabase,
  withClient,
} from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

/** A database can set these in all sessions. Each may change a text, a time, a number, the lookup of names, or a wait. */
const SETTINGS: Readonly<Record<string, string>> = {
  array_nulls: 'off',
  backslash_quote: 'off',
  bytea_output: 'escape',
  client_encoding: 'LATIN1',
  client_min_messages: 'debug5',
  DateStyle: 'German, DMY',
  default_transaction_deferrable: 'on',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  exit_on_error: 'on',
  extra_float_digits: '-15',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '1ms',
  IntervalStyle: 'sql_standard',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  lock_timeout: '1ms',
  plan_cache_mode: 'force_generic_plan',
  quote_all_identifiers: 'on',
  row_security: 'off',
  search_path: 'decoy, public, pg_catalog',
  standard_conforming_strings: 'off',
  statement_timeout: '1ms',
  TimeZone: 'Pacific/Apia',
  transaction_timeout: '250ms',
  transform_null_equals: 'on',
  xmlbinary: 'hex',
  xmloption: 'document',
};

/** The application's own sessions need these settings to run a statement; the library does not open those sessions. */
const WAITS = /_timeout$|_read_only$/;

/** The application owns the ledger, and roles of other specs may both add and seal. */
const TEST_LOGINS = /^(The ledger belongs to|These logins add events)/;

let known: readonly string[] = [];
const applicationUrl = (url = database.url): string => {
  const options = known.filter((name) => WAITS.test(name)).map((name) => `-c ${name}=0`);
  return `${url}?options=${encodeURIComponent([...options, '-c role=none'].join(' '))}`;
};
const change = (statement: string) => runSql(applicationUrl(), statement);
const query = () => scene.app.get(AuditQuery).find({ scope: 'all' }, { limit: 50, order: 'asc' });

const tables = { 'public.rate': {} };
const database = await testDatabase();
await database.superuserSql(`CREATE TABLE rate (id int PRIMARY KEY, price float8, at timestamptz, took interval, data bytea, kind regclass);
     ALTER TABLE rate OWNER TO app;
     CREATE SCHEMA decoy; GRANT USAGE ON SCHEMA decoy TO PUBLIC;
     CREATE FUNCTION decoy.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'decoy' $$;
     CREATE FUNCTION decoy.encode(bytea, text) RETURNS text LANGUAGE sql AS $$ SELECT 'decoy' $$;
     CREATE FUNCTION decoy.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2000-01-01Z'::timestamptz $$;
     CREATE FUNCTION decoy.pg_try_advisory_lock(int, int) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$`);
const rows = await database.superuserSql('SELECT name FROM pg_settings');
known = Object.keys(SETTINGS).filter((name) => rows.some((row) => row.name === name));
const migrated = await testDatabase({ empty: true });
for (const { superuserUrl, name: target } of [database, migrated]) {
  await withClient(superuserUrl, async (client) => {
    for (const name of known) {
      const set = name === 'search_path' ? SETTINGS[name] : `'${SETTINGS[name]}'`;
      await client.query(`ALTER DATABASE ${target} SET "${name}" = ${set}`);
    }
  });
}
await captureTables(applicationUrl(), tables);
const scene = await closeAfterTests(
  startRowChanges(database, { tables }, {}, [TypeOrmModule.forRoot({ type: 'postgres', url: applicationUrl() })]),
);

const without = await testDatabase();
await without.superuserSql(`ALTER DATABASE ${without.name} SET session_replication_role = 'Replica'`);
const spillDir = await tempFolder('audit-spill-');
const other = await testDatabase();
const misdirected = await keptApp(startLedgerApp(other.url, { monitoring: { readUrl: without.url } }));
const untriggered = await keptApp(startLedgerApp(without.url, { audit: { spillDir } }));

it('a database with unusual settings has a ledger that records, captures, reconciles, verifies and is read', async () => {
  const audit = scene.app.get(AuditAggregator);
  await scene.app.get(DataSource).transaction((transaction) => audit.record('order_create', {}, { transaction }));
  await audit.record('order_create', { resource: { type: 'order', id: '7' } });
  await change(`INSERT INTO rate VALUES (1, 0.1 + 0.2, now(), '1 day 2 hours', decode('00ff', 'hex'), 'rate')`);
  await change('UPDATE rate SET price = price * 3');
  await eventually(async () => (await query()).items.filter(({ category }) => category === 'data_change').length === 2);
  const { items } = await query();
  expect(
    items
      .map(({ type }) => type)
      .filter((type) => /^(order|row)_/.test(type))
      .toSorted(),
  ).toEqual(['order_create', 'order_create', 'row_inserted', 'row_updated']);
  expect(items.find(({ type }) => type === 'row_updated')?.changes?.after).toMatchObject({
    price: 0.8999999999999999,
    took: 'P1DT2H',
    data: '\\x00ff',
    kind: 'public.rate',
  });
  const reconciled = await run(['capture', 'reconcile', '--database-url', database.url]);
  expect(reconciled).toMatchObject({ exitCode: 0 });
  const verified = await run(['verify', '--database-url', database.url, '--json']);
  expect(verified).toMatchObject({ exitCode: 0 });
  const { unprotected = [] } = JSON.parse(verified.output ?? '') as { readonly unprotected?: readonly string[] }; // of --json
  expect(unprotected.filter((each) => !TEST_LOGINS.test(each))).toEqual([]);
});

it('the migrations of an application make the same ledger in such a database', async () => {
  const migrations = createAuditMigrations('public');
  const source = await new DataSource({ type: 'postgres', url: applicationUrl(migrated.url), migrations }).initialize();
  await source.runMigrations();
  await source.destroy();
  const { unprotected = [] } = await verifyLedger({ database: migrated.url });
  expect(unprotected.filter((each) => !TEST_LOGINS.test(each))).toEqual([]);
});

it('an address that ends idle sessions and transactions does not end a verification', async () => {
  const limits = ['idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout'];
  const first = '100ms'; // a server before 17 knows no transaction_timeout, so that it is pinned by the first statement
  const options = limits
    .filter((name) => known.includes(name))
    .map((name) => `-c ${name}=${name === 'transaction_timeout' ? first : '1ms'}`);
  const address = `${database.url}?options=${encodeURIComponent(options.join(' '))}`;
  expect(await run(['verify', '--database-url', address])).toMatchObject({ exitCode: 0 });
});

it('sessions that begin without triggers store no event, which could not be sealed: events wait in the spill', async () => {
  const { providers } = await untriggered.app
    .get(AuditAggregator)
    .record('order_create', { resource: { type: 'order', id: '7' } });
  expect(providers.database).toEqual({
    status: 'spilled',
    error: expect.stringMatching(/begins without triggers.*ALTER … RESET session_replication_role/),
  });
  expect(await findUnprotected(without.url)).toContainEqual(
    expect.stringContaining('Sessions of everybody begin without triggers'),
  );
  await without.superuserSql(`ALTER DATABASE ${without.name} RESET session_replication_role`);
  await eventually(async () => (await settled(without)) > 0);
  expect(await verifyLedger({ database: without.url })).toMatchObject({ verdict: 'sound' });
});

it('a readUrl that leads to another database is named in the state', async () => {
  const { body } = await new ApiClient(misdirected.url).send<{ parts: { name: string; message: string }[] }>(
    'GET',
    '/audit/state',
  );
  expect(body.parts.find(({ name }) => name === 'replica')?.message).toContain('it leads to another ledger');
});
