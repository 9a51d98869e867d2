import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { migrateLedger, type MigrateLedgerOptions } from '../../src/monitoring/store/schema/migrate-ledger.js';
import { runCommand } from '../support/run-command.js';
import { createTestDatabase, type TestDatabase } from '../support/index.js';

let database: TestDatabase;
let foreignLockHolder: string;

const asSuperuser = (statement: string) => database.superuserSql(statement);
const migrate = (options: Partial<MigrateLedgerOptions> = {}) =>
  migrateLedger({ connectionUrl: database.url, ...options });

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  foreignLockHolder = `stranger_${database.name}`;
  await asSuperuser(`CREATE ROLE "${foreignLockHolder}" LOGIN PASSWORD 'secret'`);
});

afterEach(async () => {
  await asSuperuser(`DROP OWNED BY "${foreignLockHolder}"`);
  await asSuperuser(`DROP ROLE "${foreignLockHolder}"`);
  await database.drop();
});

it('extensions come to the ledger that the database has, and a second ledger only by the name of its schema', async () => {
  await migrate({ schema: 'audit' });
  expect(await migrate({ with: ['row-changes'] })).toMatchObject({ extensions: ['row-changes'] });
  expect(await database.superuserSql(`SELECT to_regclass('public.audit_event') AS second`)).toEqual([{ second: null }]);
  expect((await migrate({ schema: 'public' })).ran).not.toEqual([]);
});

it('a database whose encoding cannot store every text is refused, and named by doctor', async () => {
  const name = `${database.name}_euc`;
  const settings = `TEMPLATE template0 OWNER app ENCODING 'EUC_JP' LOCALE_PROVIDER libc LOCALE 'C'`;
  await asSuperuser(`CREATE DATABASE ${name} ${settings}`);
  const connectionUrl = Object.assign(new URL(database.url), { pathname: name }).href;
  await expect(migrate({ connectionUrl })).rejects.toThrow(/a database of encoding EUC_JP.*ENCODING 'UTF8' TEMPLATE/s);
  const { output } = await runCommand(['doctor'], { cwd: tmpdir(), env: { DATABASE_URL: connectionUrl } });
  expect(output).toContain('The encoding of the database is EUC_JP');
  await asSuperuser(`DROP DATABASE ${name}`);
});

it('a dry run prints a script that does what a migration does', async () => {
  const request = { adminUrl: database.superuserUrl, dryRun: true };
  const { statements, ran } = await migrate(request);
  await asSuperuser(['BEGIN', ...statements, 'COMMIT'].map((text) => text.trim().replace(/;$/, '')).join(';\n'));
  expect(await database.superuserSql('SELECT name FROM audit.audit_migration')).toEqual(ran.map((name) => ({ name })));
  expect(await migrate(request)).toEqual({ ran: [], statements: [], did: [], extensions: [] });
});
