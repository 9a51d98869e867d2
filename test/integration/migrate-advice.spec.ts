import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrateLedger, type MigrateLedgerOptions } from '../../src/modules/monitoring/store/schema/migrate-ledger.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let stranger: string;

const asStranger = (): string => {
  const url = new URL(database.url);
  [url.username, url.password] = [stranger, 'secret'];
  return url.href;
};
const asSuperuser = (statement: string) => runSql(database.superuserUrl, statement);
const migrate = (options: Partial<MigrateLedgerOptions> = {}) =>
  migrateLedger({ connectionUrl: database.url, ...options });

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  stranger = `stranger_${database.name}`;
  await asSuperuser(`CREATE ROLE "${stranger}" LOGIN PASSWORD 'secret'`);
});

afterEach(async () => {
  await asSuperuser(`DROP OWNED BY "${stranger}"`);
  await asSuperuser(`DROP ROLE "${stranger}"`);
  await database.drop();
});

describe('a migration that its login may not run says what to do:', () => {
  it('join the roles of the ledger, by the advice of the server', async () => {
    await asSuperuser(`CREATE SCHEMA theirs AUTHORIZATION "${stranger}"`);
    await expect(migrate({ connectionUrl: asStranger(), schema: 'theirs' })).rejects.toThrow(
      `Run as a superuser: GRANT audit_writer, audit_sequencer, audit_reader, audit_keeper TO ${stranger};`,
    );
  });

  it('make tables in the schema', async () => {
    await asSuperuser('CREATE SCHEMA theirs');
    await expect(migrate({ connectionUrl: asStranger(), schema: 'theirs' })).rejects.toThrow(
      'GRANT USAGE, CREATE ON SCHEMA "theirs" TO',
    );
  });

  it('make a schema in the database', async () => {
    await expect(migrate({ connectionUrl: asStranger(), schema: 'theirs' })).rejects.toThrow(
      `GRANT CREATE ON DATABASE "${database.name}" TO`,
    );
  });

  it('pass on the roles that another one made', async () => {
    await asSuperuser(`ALTER ROLE "${stranger}" CREATEROLE`);
    await expect(migrate({ adminUrl: asStranger() })).rejects.toThrow(
      /roles?.*(ADMIN OPTION|GRANT CREATE ON DATABASE)/,
    );
  });

  it('name a role that may make roles', async () => {
    await expect(migrate({ adminUrl: asStranger() })).rejects.toThrow(/by --admin-url/);
  });

  it('name the schema where something else has a name of the ledger', async () => {
    await runSql(database.url, 'CREATE SCHEMA theirs; CREATE TABLE theirs.audit_leaf (id int)');
    await expect(migrate({ schema: 'theirs' })).rejects.toThrow('Name another schema for the ledger by --schema.');
  });

  it('act for the owner of the ledger', async () => {
    await migrate({ adminUrl: database.superuserUrl });
    await expect(migrate({ schema: 'audit' })).rejects.toThrow('An owner of its own holds this ledger');
  });
});

describe('a second ledger', () => {
  it('is not made by accident beside that of an owner of its own, and is by the name of its schema', async () => {
    await migrate({ adminUrl: database.superuserUrl });
    await expect(migrate()).rejects.toThrow('this database has one in the schema audit.');
    expect((await migrate({ schema: 'public' })).ran).not.toEqual([]);
  });
});

describe('a dry run', () => {
  it('prints a script that does what a migration does', async () => {
    const wishes = { adminUrl: database.superuserUrl, dryRun: true };
    const { statements, ran } = await migrate(wishes);
    await asSuperuser(['BEGIN', ...statements, 'COMMIT'].map((text) => text.trim().replace(/;$/, '')).join(';\n'));
    expect(await runSql(database.superuserUrl, 'SELECT name FROM audit.audit_migration')).toEqual(
      ran.map((name) => ({ name })),
    );
    expect(await migrate(wishes)).toEqual({ ran: [], statements: [], did: [], rooms: [] });
  });
});
