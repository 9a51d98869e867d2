import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { SYSTEM_FOLDER } from '../../../src/shop/database/embedded/system-user.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../../src/shop/database/embedded/start-embedded-postgres.js';
import { eventually, tempFolder } from '../../support/index.js';

const SUPPORT = resolve('test/support');
const isRoot = process.getuid?.() === 0;

/** Undone in reverse order. */
const undo: (() => Promise<unknown>)[] = [];

const original = await tempFolder('embedded-postgres-');
await chmod(original, 0o755);
await (await startEmbeddedPostgres(optionsFor(original))).stop();

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

afterAll(async () => {
  // `rmdir` fails on a folder with content: such a folder does not belong to these tests.
  await rmdir(SYSTEM_FOLDER).catch(() => undefined);
});

async function copyCluster(): Promise<string> {
  const dir = await makeFolder();
  // Node's own copy does not keep the owner.
  const ended: unknown[] = await once(spawn('cp', ['-a', join(original, 'data'), dir]), 'close');
  expect(ended[0]).toBe(0);
  return dir;
}

async function makeFolder(): Promise<string> {
  const folder = await tempFolder('embedded-postgres-');
  await chmod(folder, 0o755);
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

function optionsFor(dir: string, changes: Partial<EmbeddedPostgresOptions> = {}): EmbeddedPostgresOptions {
  return { dir, serverSettings: { fsync: 'off' }, log: () => undefined, ...changes };
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

const remember = (url: string) => query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
const recall = (url: string) => query(url, 'SELECT answer FROM kept');

async function readPid(dir: string): Promise<number> {
  return Number((await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
}

/** A process that ended and was not collected by its parent counts as ended. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !status.includes(') Z');
}

interface Told {
  url?: string;
  code?: string;
  message?: string;
  lines: string[];
}

async function runApplication(
  options: Partial<EmbeddedPostgresOptions> & { dir: string },
  spawnOptions: SpawnOptions = {},
  script = join(SUPPORT, 'cluster-application.mjs'),
): Promise<{ child: ChildProcess; told: Told }> {
  const argument = JSON.stringify({ serverSettings: { fsync: 'off' }, ...options });
  const child = spawn(process.execPath, [script, argument], { stdio: ['pipe', 'pipe', 'inherit'], ...spawnOptions });
  undo.push(() => kill(child));
  if (child.stdout === null) throw new Error('Cannot read the application: it has no output. Pipe it.');
  for await (const line of createInterface(child.stdout)) {
    // The script writes this shape.
    return { child, told: JSON.parse(line) as Told };
  }
  throw new Error('Cannot read the application: it ended without a word. Read its error output.');
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
    const logs = [...lines, await readFile(join(dir, 'data', 'server.log'), 'utf8')].join('\n');
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

  it('completes a cluster whose role and database a crash cut short', async () => {
    const dir = await makeFolder();
    const first = await start(dir);
    await query(first.superuserUrl, 'DROP DATABASE app');
    await query(first.superuserUrl, 'DROP ROLE app');
    await first.stop();
    const second = await start(dir);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

it('After a crash, the embedded PostgreSQL recovers from a server that was killed itself', async () => {
  const dir = await copyCluster();
  const first = await start(dir);
  await remember(first.url);
  const pid = await readPid(dir);
  process.kill(pid, 'SIGKILL');
  await eventually(async () => !(await isAlive(pid)));
  const second = await start(dir);
  expect(second.url).toBe(first.url); // pools of other applications know it
  expect(await recall(second.url)).toEqual([{ answer: 42 }]);
  await first.stop();
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
    expect(lines.at(-1)).toContain('the application');
    expect(await isAlive(pid)).toBe(true);
    await end(child);
    await eventually(async () => !(await isAlive(pid)));
  });

  it('get one server when they start at the same time on an empty folder', async () => {
    const dir = await makeFolder();
    const servers = await Promise.all([start(dir), start(dir)]);
    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
  });
});

// Only root can start a process as another user.
describe(isRoot ? 'As root, the embedded PostgreSQL' : 'As root (skipped: this is not root)', () => {
  const asRoot = isRoot ? it : it.skip;

  asRoot('runs as another user, to whom the data belongs', async () => {
    const dir = await copyCluster();
    await start(dir);
    const { uid } = await stat(join(dir, 'data'));
    expect(uid).not.toBe(0);
    expect((await stat(`/proc/${await readPid(dir)}`)).uid).toBe(uid);
  });
});
