import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import { command as contextKey } from '../../src/rooms/row-changes/commands/capture-context-key.command.js';
import { migrateLedger } from '../../src/monitoring/index.js';
import {
  createTestDatabase,
  kept,
  makeSequencer,
  makeSigner,
  runSql,
  tempFolder,
  testDatabase,
} from '../support/index.js';

const database = await testDatabase();
const folder = await tempFolder('audit-context-key-');
const file = join(folder, 'keys', 'context.key');

const run = (...args: string[]) => contextKey.run([...args, '--database-url', database.url]);

async function problemOf(keyFile: string): Promise<unknown> {
  const { Client } = auditedPg(pg, { keyFile });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TEMPORARY TABLE seen AS SELECT NULL AS problem');
  await AuditContext.run({ actor: { type: 'user', id: 'alice' } }, () =>
    client.query('UPDATE seen SET problem = coalesce(audit_context_problem(), audit_context() #>> $1)', ['{actor,id}']),
  );
  const { rows } = await client.query<{ problem: unknown }>('SELECT problem FROM seen');
  await client.end();
  return rows[0]?.problem;
}

it('stores the key of a file, which it makes, and lists and removes it', async () => {
  expect((await run('list')).output).toContain('No key is stored');
  expect(await run('add', 'first', '--key-file', file)).toEqual({
    exitCode: 0,
    output: `Made the key file ${file}.\nStored the key first.\n`,
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await problemOf(file)).toBe('alice');
  const key = await readFile(file, 'utf8');
  expect((await run('add', 'first', '--key-file', file)).errors).toContain('a key named first exists already');
  expect(await readFile(file, 'utf8')).toBe(key);
  const second = join(folder, 'second.key');
  await run('add', 'second', '--key-file', second, '--login', 'somebody', '--login', 'else');
  expect(await problemOf(second)).toBe('forged');
  expect((await run('list')).output).toMatch(
    /^first {2}added .*Z {2}every login\nsecond {2}added .*Z {2}somebody, else\n$/,
  );
  expect((await run('remove', 'first')).output).toContain('Removed the key first.');
  expect(await problemOf(file)).toBe('forged');
  expect((await run('remove', 'first')).errors).toContain(
    'no key is named first; capture context-key list shows the keys',
  );
});

const { sequencer } = makeSequencer(database.url, await makeSigner());
await kept(sequencer);

async function events(): Promise<readonly object[]> {
  await sequencer.run();
  return database.superuserSql(`SELECT type, actor_id AS "by", details::jsonb - 'fingerprint' AS details, details->>'fingerprint' ~ '^[0-9a-f]{64}$' AS fingerprint
       FROM audit_event WHERE type LIKE 'audit_context_key_%' ORDER BY id`);
}

it('records who added and removed a key, and nothing where it did neither', async () => {
  await database.superuserSql('TRUNCATE audit_context_key');
  const before = (await events()).length;
  await run('add', 'mine', '--key-file', file, '--login', 'app', '--by', 'ada');
  await run('add', 'mine', '--key-file', file, '--by', 'ada');
  await run('list');
  await run('remove', 'mine', '--by', 'bob');
  await run('remove', 'mine', '--by', 'bob');
  expect((await events()).slice(before)).toEqual([
    {
      type: 'audit_context_key_added',
      by: 'ada',
      details: { keyId: 'mine', logins: ['app'], login: 'app' },
      fingerprint: true,
    },
    { type: 'audit_context_key_removed', by: 'bob', details: { keyId: 'mine', login: 'app' }, fingerprint: null },
  ]);
});

it('stores it as a superuser for a ledger that belongs to audit_owner', async () => {
  const login = `service_${randomBytes(6).toString('hex')}`;
  const separate = await createTestDatabase({ empty: true });
  const url = Object.assign(new URL(separate.url), { username: login, password: 'secret' }).href;
  await migrateLedger({ connectionUrl: url, adminUrl: separate.superuserUrl, with: ['row-changes'] });
  const list = (...more: string[]) => contextKey.run(['list', '--database-url', url, ...more]);
  const asAdmin = ['--admin-url', separate.superuserUrl];
  expect(await contextKey.run(['add', 'first', '--key-file', file, '--database-url', url, ...asAdmin])).toMatchObject({
    output: 'Stored the key first.\n',
  });
  expect((await list(...asAdmin)).output).toMatch(/^first {2}/);
  const refused = await contextKey.run([
    'add',
    'second',
    '--key-file',
    file,
    '--database-url',
    url,
    '--schema',
    'audit',
  ]);
  expect(refused).toMatchObject({ exitCode: 2, errors: expect.stringContaining('name a superuser with --admin-url') });
  await runSql(separate.superuserUrl, `DROP OWNED BY ${login}`);
  await separate.drop();
  await database.superuserSql(`DROP ROLE ${login}`);
});

it('stores it as a superuser for a ledger that belongs to the login of the application', async () => {
  const asAdmin = ['--admin-url', database.superuserUrl];
  expect(await run('add', 'by-admin', '--key-file', file, ...asAdmin)).toMatchObject({
    exitCode: 0,
    output: 'Stored the key by-admin.\n',
  });
  expect(await run('remove', 'by-admin', ...asAdmin)).toMatchObject({ exitCode: 0 });
});
