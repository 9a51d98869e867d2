import { describe, expect, it } from '@jest/globals';
import { chmod, chown, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { chooseUser } from '../../../src/shop/database/embedded/system-user.js';
import { startEmbeddedPostgres } from '../../../src/shop/database/embedded/start-embedded-postgres.js';
import { type CommandRun, eventually, runBuilt, runCommand, runSql, kept } from '../../support/index.js';
import { makeFolder } from '../../support/installed-servers.js';
import { makeCertificate, makeCertificateBy, type TestCertificate } from '../../support/make-certificate.js';

let folder = '';
let serverFolder = '';
let port = '';
let password = '';

async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}, input = '') {
  const filled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]));
  const place = { cwd: folder, env: { HOME: folder, ...filled } };
  return runBuilt(args.map(fill), place, input.replaceAll('PASSWORD', password));
}

/** The tables of tests exist before the server runs, so `{port}` and `{password}` stand for the server's values. */
function fill(text: string): string {
  return text.replaceAll('{port}', port).replaceAll('{password}', encodeURIComponent(password));
}

/** PostgreSQL refuses a key file that other users may read. */
async function writeSecret(file: string, text: string): Promise<string> {
  const path = join(serverFolder, file);
  await writeFile(path, text, { mode: 0o600 });
  const user = await chooseUser(join(serverFolder, 'none'));
  if (user) await chown(path, user.uid, user.gid);
  return path;
}

async function writeServerCertificate(name: string, made: TestCertificate): Promise<readonly [string, string]> {
  return [await writeSecret(`${name}.pem`, made.certificate), await writeSecret(`${name}.key`, made.key)];
}

const authority = makeCertificate('authority');
const other = makeCertificate('other authority');

function realDataSource(more: string): string {
  return dataSource(more, (options) => `new DataSource(${options})`);
}

/** TypeORM makes no data source without the driver of its database, so this object has only the settings. */
function dataSource(
  more: string,
  made = (options: string) => `Object.assign(Object.create(DataSource.prototype), { options: ${options} })`,
): string {
  const options = `{ type: 'postgres', host: 'localhost', port: Number(process.env.DB_PORT), username: 'app', database: 'app', ${more} }`;
  return `
import { readFileSync } from 'node:fs';
import { DataSource } from 'typeorm';
export default ${made(options)};
`;
}

function asCommonJs(text: string): string {
  return text
    .replace(/import (.+) from (.+);/g, 'const $1 = require($2);')
    .replace('export default', `Object.defineProperty(exports, '__esModule', { value: true }); exports.default =`);
}

const PARTS = ['--host', 'localhost', '--port', '{port}', '--user', 'app', '--database', 'app'];
const PASSWORD = ['--password-file', 'password'];
const VERIFIED = ['--ssl-mode', 'verify-full', '--ssl-root-cert', 'ca.pem'];

serverFolder = await makeFolder('audit-tls-');
// Within the repository, so that its packages are found.
await mkdir('node_modules/.cache', { recursive: true });
folder = await mkdtemp(resolve('node_modules/.cache/connection-'));
const [certificate, key] = await writeServerCertificate('server', makeCertificateBy(authority, 'localhost'));
const server = await kept(
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
  'not.pem': 'nothing',
  password: `${password}\n`,
  'wrong-password': 'wrong\n',
  pgpass: `other:*:*:*:no\nlocalhost:${port}:*:app:${password.replace(/[\\:]/g, String.raw`\$&`)}\n`,
  'open-pgpass': 'localhost:*:*:*:no\n',
  'data-source.mjs': realDataSource(
    `ssl: { ca: readFileSync('ca.pem', 'utf8') }, password: async () => readFileSync('password', 'utf8').trim()`,
  ),
  'compiled.cjs': asCommonJs(
    realDataSource(
      `ssl: { ca: readFileSync('ca.pem', 'utf8') }, password: () => readFileSync('password', 'utf8').trim()`,
    ),
  ),
  'strict.mjs': dataSource(`ssl: { servername: 'x' }`),
};
for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
await chmod(join(folder, 'open-pgpass'), 0o644);
await runSql(server.superuserUrl, 'GRANT audit_sequencer, audit_keeper TO app');
const made = await command(['migrate', ...PARTS, ...PASSWORD, ...VERIFIED]);
expect([made.code, made.errors]).toEqual([0, expect.stringMatching(/^Warning: the application’s login owns/)]);
expect(made.output).toMatch(/^Migrated: /);
const URL_OF_SERVER = 'postgresql://app:{password}@localhost:{port}/app';
const URL_OF_QUERY = 'postgresql://app:{password}@/app?host=localhost&port={port}';
const VARIABLES = { PGHOST: 'localhost', PGPORT: '{port}', PGUSER: 'app', PGDATABASE: 'app' };

describe('a command that connects', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>, string?]>([
    ['host and others, a password file, a verified certificate', [...PARTS, ...PASSWORD, ...VERIFIED], {}],
    [
      'the password from the standard input',
      [...PARTS, '--password-file', '-', '--ssl-mode', 'require'],
      {},
      'PASSWORD\n',
    ],
    [
      'a client certificate',
      [...PARTS, ...PASSWORD, ...VERIFIED, '--ssl-cert', 'client.pem', '--ssl-key', 'client.key'],
      {},
    ],
    [
      'an authority that is checked without the name',
      [...PARTS, ...PASSWORD, '--ssl-mode', 'verify-ca', '--ssl-root-cert', 'ca.pem'],
      {},
    ],
    ['no TLS', [...PARTS, ...PASSWORD, '--ssl-mode', 'disable'], {}],
    ['a URL, and TLS by options', ['--database-url', URL_OF_SERVER, ...VERIFIED], {}],
    [
      'a URL of the environment, and TLS by variables',
      [],
      { AUDIT_DATABASE_URL: URL_OF_SERVER, PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'ca.pem' },
    ],
    ['a URL with its host in the query', ['--database-url', URL_OF_QUERY, ...VERIFIED], {}],
    ['variables alone', [], { ...VARIABLES, PGPASSWORD: '{password}', PGSSLMODE: 'require' }],
    [
      'variables alone, and psql’s file of passwords',
      [],
      { ...VARIABLES, PGPASSFILE: 'pgpass', PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'ca.pem' },
    ],
    ['options over variables', PARTS, { PGHOST: '127.0.0.1', PGPORT: '1', PGUSER: 'nobody', PGPASSFILE: 'pgpass' }],
    ['the data source of the application', ['--data-source', 'data-source.mjs'], { DB_PORT: '{port}' }],
    ['that of an application in CommonJS', ['--data-source', 'compiled.cjs'], { DB_PORT: '{port}' }],
  ])('takes %s', async (...[, args, env, input]) => {
    // As a rest parameter: Jest takes one that a row lacks for its callback.
    const { PGPASSWORD, ...others } = env;
    const plain = PGPASSWORD === undefined ? others : { ...others, PGPASSWORD: password };
    expect(await command(['hold', 'list', ...args], plain, input)).toEqual({
      code: 0,
      output: 'No legal hold was ever placed.\n',
      errors: '',
    });
  });

  it('encrypts, by the certificate that is given', async () => {
    const { ledgerUrl } = await import('../../../src/cli/connection/database-url.js');
    const url = await ledgerUrl({
      databaseUrl: server.url.replace('127.0.0.1', 'localhost'),
      sslRootCert: join(folder, 'ca.pem'),
      sslCert: join(folder, 'client.pem'),
      sslKey: join(folder, 'client.key'),
    });
    const statement = 'SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    expect(await runSql(String(url), statement)).toEqual([{ ssl: true, client_dn: '/CN=app' }]);
  });

  it.each<[readonly string[], Readonly<Record<string, string>>, string]>([
    [['--database-url', URL_OF_SERVER, '--host', 'x'], {}, 'remove --host, or the URL'],
    [['--data-source', 'strict.mjs'], {}, 'its option ssl has settings that the command does not support: servername'],
    [[...PARTS, '--ssl-mode', 'prefer'], {}, '--ssl-mode is prefer, which may connect without encryption: set disable'],
    [[], { ...VARIABLES, PGSSLMODE: 'allow' }, 'PGSSLMODE is allow, which may connect without encryption: set disable'],
    [[...PARTS, '--ssl-mode', 'disable', '--ssl-root-cert', 'ca.pem'], {}, 'leave out --ssl-root-cert'],
    [[...PARTS, '--ssl-root-cert', 'not.pem'], {}, '--ssl-root-cert not.pem contains no certificate in PEM'],
    [[...PARTS, ...PASSWORD, '--ssl-root-cert', 'other.pem'], {}, 'Correct sslmode and sslrootcert'],
    [[...PARTS, '--password-file', 'wrong-password'], {}, 'Correct user and password'],
    [[...PARTS, '--schema', 'nowhere', ...PASSWORD], {}, 'with --schema'],
    [PARTS, { PGPASSFILE: 'open-pgpass' }, 'others can read the passwords of PGPASSFILE open-pgpass: run chmod 600'],
    [[], {}, 'no ledger is named: give --database-url, --host and --database, or --data-source'],
  ])('says what to do for %j with %j', async (args, env, seen) => {
    const given = Object.entries({ DB_PORT: '{port}', ...env }).map(([name, value]) => [name, fill(value)]);
    const place = { cwd: folder, env: Object.fromEntries(given) as Record<string, string> };
    const { code, output, errors } = await runCommand(['hold', 'list', ...args.map(fill)], place);
    expect([code, output, errors]).toEqual([2, '', expect.stringContaining(seen)]);
    expect(errors).not.toMatch(/ENOENT|EISDIR|EACCES|at .*\.js:/);
    expect(errors).not.toContain(password);
  });

  it('looks for no password file where the user has neither a name nor a home', async () => {
    const env = { PGHOST: '127.0.0.1', PGPORT: port, PGDATABASE: 'app', PGUSER: 'app', PGSSLMODE: 'require' };
    const nameless = process.getuid?.() === 0 ? { uid: 54_321 } : {};
    const { code, errors } = await runBuilt(['hold', 'list'], { cwd: '/', env, ...nameless });
    expect([code, errors]).toEqual([2, expect.stringContaining('Correct user and password')]);
  });

  it('lets doctor compare the entities of the data source, and find the ledger by it', async () => {
    const args = ['doctor', '--json', '--data-source', 'data-source.mjs'];
    const { code, output, errors } = await command(args, { DB_PORT: '{port}' });
    expect([code, errors]).toEqual([1, '']);
    const { checks } = JSON.parse(output) as { checks: readonly { name: string; status: string }[] };
    expect(checks).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'migrations', status: 'ok' })]));
    const missing = await command(['doctor', '--data-source', 'missing.mjs'], { AUDIT_DATABASE_URL: URL_OF_SERVER });
    expect([missing.code, missing.errors]).toEqual([2, expect.stringContaining('Cannot load missing.mjs')]);
  });

  it('refuses a certificate of another host, unless only the authority is checked', async () => {
    await writeServerCertificate('server', makeCertificateBy(authority, 'db.example')); // in place of the first one
    await runSql(server.superuserUrl, 'SELECT pg_reload_conf()');
    let refused: CommandRun | undefined;
    await eventually(async () => {
      refused = await command(['hold', 'list', ...PARTS, ...PASSWORD, ...VERIFIED]);
      return refused.code === 2;
    });
    expect(refused?.errors).toMatch(/does not match certificate's altnames.*Correct sslmode and sslrootcert/);
    const byAuthority = ['--ssl-mode', 'verify-ca', '--ssl-root-cert', 'ca.pem'];
    expect(await command(['hold', 'list', ...PARTS, ...PASSWORD, ...byAuthority])).toMatchObject({ code: 0 });
  });
});
