import { describe, expect, it } from '@jest/globals';
import { chown, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { selectSystemUser } from '../../../src/shop/database/embedded/system-user.js';
import { startEmbeddedPostgres } from '../../../src/shop/database/embedded/start-embedded-postgres.js';
import { type CommandRun, eventually, runBuilt, runCommand, runSql, closeAfterTests } from '../../support/index.js';
import { makeFolder } from '../../support/installed-servers.js';
import { makeLedgerRoles } from '../../support/make-ledger-roles.js';
import { makeCertificate, makeCertificateBy, type TestCertificate } from '../../support/make-certificate.js';

let folder = '';
let serverFolder = '';
let port = '';
let password = '';

async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const filled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]));
  const place = { cwd: folder, env: { HOME: folder, ...filled } };
  return runBuilt(args.map(fill), place);
}

/** The tables of tests exist before the server runs, so `{port}` and `{password}` stand for the server's values. */
function fill(text: string): string {
  return text.replaceAll('{port}', port).replaceAll('{password}', encodeURIComponent(password));
}

/** PostgreSQL refuses a key file that other users may read. */
async function writeSecret(file: string, text: string): Promise<string> {
  const path = join(serverFolder, file);
  await writeFile(path, text, { mode: 0o600 });
  const user = await selectSystemUser(join(serverFolder, 'none'));
  if (user) await chown(path, user.uid, user.gid);
  return path;
}

async function writeServerCertificate(name: string, made: TestCertificate): Promise<readonly [string, string]> {
  return [await writeSecret(`${name}.pem`, made.certificate), await writeSecret(`${name}.key`, made.key)];
}

const authority = makeCertificate('authority');
const other = makeCertificate('other authority');

const DATA_SOURCE = `
import { readFileSync } from 'node:fs';
import { DataSource } from 'typeorm';
export default new DataSource({
  type: 'postgres', host: 'localhost', port: Number(process.env.DB_PORT), username: 'app', database: 'app',
  ssl: { ca: readFileSync('ca.pem', 'utf8') }, password: async () => readFileSync('password', 'utf8').trim(),
});
`;

serverFolder = await makeFolder('audit-tls-');
// Within the repository, so that its packages are found.
await mkdir('node_modules/.cache', { recursive: true });
folder = await mkdtemp(resolve('node_modules/.cache/connection-'));
const [certificate, key] = await writeServerCertificate('server', makeCertificateBy(authority, 'localhost'));
const server = await closeAfterTests(
  startEmbeddedPostgres({
    dir: join(serverFolder, 'pg'),
    serverSettings: {
      ssl: 'on',
      ssl_cert_file: certificate,
      ssl_key_file: key,
      ssl_ca_file: await writeSecret('authority.pem', authority.certificate),
      fsync: 'off',
    },
    log: () => undefined,
  }),
);
const url = new URL(server.url);
({ port } = url);
password = decodeURIComponent(url.password);
const client = makeCertificateBy(authority, 'app');
const files: Readonly<Record<string, string>> = {
  'ca.pem': authority.certificate,
  'other.pem': other.certificate,
  'client.pem': client.certificate,
  'client.key': client.key,
  password: `${password}\n`,
  pgpass: `other:*:*:*:no\nlocalhost:${port}:*:app:${password.replace(/[\\:]/g, String.raw`\$&`)}\n`,
  'data-source.mjs': DATA_SOURCE,
};
for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
await makeLedgerRoles(server.superuserUrl, server.url);
const URL_OF_SERVER = 'postgresql://app:{password}@localhost:{port}/app';
const VERIFIED = `${URL_OF_SERVER}?sslmode=verify-full&sslrootcert=ca.pem`;
const made = await command(['migrate', '--database-url', VERIFIED]);
expect([made.code, made.errors]).toEqual([0, expect.stringMatching(/^Warning: the application’s login owns/)]);
expect(made.output).toMatch(/^Migrated: /m);
const VARIABLES = { PGHOST: 'localhost', PGPORT: '{port}', PGUSER: 'app', PGDATABASE: 'app' };

describe('a command that connects', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['a URL', ['--database-url', VERIFIED], {}],
    ['a client certificate', ['--database-url', `${VERIFIED}&sslcert=client.pem&sslkey=client.key`], {}],
    ['a URL of the environment', [], { AUDIT_DATABASE_URL: VERIFIED }],
    [
      'a URL with its host in the query',
      ['--database-url', 'postgresql://app:{password}@/app?host=localhost&port={port}'],
      {},
    ],
    ['variables alone', [], { ...VARIABLES, PGPASSWORD: '{password}', PGSSLMODE: 'no-verify' }],
    [
      'variables alone, and psql’s file of passwords',
      [],
      { ...VARIABLES, PGPASSFILE: 'pgpass', PGSSLMODE: 'require', NODE_EXTRA_CA_CERTS: 'ca.pem' },
    ],
    [
      'a URL without a password, and psql’s file of passwords',
      ['--database-url', VERIFIED.replace(':{password}', '')],
      { PGPASSFILE: 'pgpass' },
    ],
  ])('takes %s', async (...[, args, env]) => {
    const { PGPASSWORD, ...others } = env;
    const plain = PGPASSWORD === undefined ? others : { ...others, PGPASSWORD: password };
    expect(await command(['hold', 'list', ...args], plain)).toEqual({
      code: 0,
      output: 'No legal hold was ever placed.\n',
      errors: expect.stringMatching(/^$|^[^\n]+pgpass support is deprecated/), // pg's own warning
    });
  });

  it.each<[readonly string[], string]>([
    [
      ['--database-url', `${URL_OF_SERVER}?sslmode=verify-full&sslrootcert=other.pem`],
      'Correct sslmode and sslrootcert',
    ],
    [['--database-url', VERIFIED.replace('{password}', 'wrong')], 'Correct user and password'],
    [['--database-url', VERIFIED, '--schema', 'nowhere'], 'with --schema'],
    [[], 'no ledger is named: give --database-url, or set AUDIT_DATABASE_URL'],
  ])('says what to do for %j', async (args, seen) => {
    const { code, output, errors } = await runCommand(['hold', 'list', ...args.map(fill)], { cwd: folder, env: {} });
    expect([code, output, errors]).toEqual([2, '', expect.stringContaining(seen)]);
    expect(errors).not.toMatch(/ENOENT|EISDIR|EACCES|at .*\.js:/);
    expect(errors).not.toContain(password);
  });

  it('lets doctor compare the entities of the data source', async () => {
    const env = { AUDIT_DATABASE_URL: VERIFIED, DB_PORT: '{port}' };
    const { code, output, errors } = await command(['doctor', '--json', '--data-source', 'data-source.mjs'], env);
    expect([code, errors]).toEqual([1, '']);
    const { checks } = JSON.parse(output) as { checks: readonly { name: string; status: string }[] };
    expect(checks).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'migrations', status: 'ok' })]));
    const missing = await command(['doctor', '--data-source', 'missing.mjs'], env);
    expect([missing.code, missing.errors]).toEqual([2, expect.stringContaining('Cannot load missing.mjs')]);
  });

  it('refuses a certificate of another host', async () => {
    await writeServerCertificate('server', makeCertificateBy(authority, 'db.example')); // in place of the first one
    await runSql(server.superuserUrl, 'SELECT pg_reload_conf()');
    let refused: CommandRun | undefined;
    await eventually(async () => {
      refused = await command(['hold', 'list', '--database-url', VERIFIED]);
      return refused.code === 2;
    });
    expect(refused?.errors).toMatch(/does not match certificate's altnames.*Correct sslmode and sslrootcert/);
  });
});
