import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { selectSystemUser, runProgram } from '../../src/shop/database/embedded/system-user.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { runSql } from './sql.js';

export interface InstalledServer {
  readonly superuserUrl: string;
  stop(): Promise<void>;
}

const ROOT = '/usr/lib/postgresql';

export function postgresPrograms(): string | undefined {
  const versions = tryToList(ROOT).toSorted((one, other) => Number(other) - Number(one));
  return versions
    .map((version) => join(ROOT, version, 'bin'))
    .find((folder) => ['initdb', 'pg_dump', 'postgres'].every((name) => tryToList(folder).includes(name)));
}

export function pgbouncerProgram(): string | undefined {
  return programIn('pgbouncer', [...pathFolders(), '/usr/sbin']);
}

function pathFolders(): readonly string[] {
  return (process.env.PATH ?? '').split(delimiter);
}

function programIn(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find((path) => tryToList(join(path, '..')).includes(name));
}

/** CI must not skip tests: `scripts/install-test-servers.sh` has installed the programs, and a test without its program fails. */
export function isLeftOut(what: string, program: string | undefined): boolean {
  if (program !== undefined || process.env.CI !== undefined) return false;
  process.stderr.write(`Left out: this machine has no ${what}. Install it with scripts/install-test-servers.sh.\n`);
  return true;
}

export async function startInstalledServer(): Promise<InstalledServer> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('No PostgreSQL is installed: run scripts/install-test-servers.sh.');
  const folder = await makeFolder('audit-installed-');
  const data = join(folder, 'data');
  const user = await selectSystemUser(data);
  const made = ['-D', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const { code, output } = await runProgram(join(programs, 'initdb'), made, user);
  if (code !== 0) throw new Error(`Cannot make a cluster: ${output}`);
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', fsync: 'off' };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const stop = await startProgram(join(programs, 'postgres'), ['-D', data, ...args], user);
  const superuserUrl = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  await eventually(() => runSql(superuserUrl, 'SELECT 1').catch(() => false));
  return {
    superuserUrl,
    async stop() {
      await stop('SIGINT');
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** The database's user must be able to use the folder, too. */
export async function makeFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o755);
  const user = await selectSystemUser(join(folder, 'none'));
  if (user) await chown(folder, user.uid, user.gid);
  return folder;
}

type User = Awaited<ReturnType<typeof selectSystemUser>>;

export async function startProgram(
  program: string,
  args: readonly string[],
  user: User,
): Promise<(signal: NodeJS.Signals) => Promise<void>> {
  await stat(program);
  const child: ChildProcess = spawn(program, args, {
    ...(user && { uid: user.uid, gid: user.gid }),
    cwd: '/',
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  return async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
}

function tryToList(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
