import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { packLibrary } from '../../../scripts/pack.mjs';
import { startTestCluster } from '../../support/cluster.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const AT_ONCE = 2;
const GIVE_UP_AFTER_MS = 120_000;
const run = promisify(execFile);

/** Two applications run at a time. Errors are thrown only after all applications have ended. */
export async function forEachApplication(names, work) {
  const from = performance.now();
  const [packed, cluster] = await Promise.all([packLibrary(), startTestCluster()]);
  try {
    const waiting = [...names];
    const failures = [];
    const runNext = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
        await work(name, { packed, cluster }).catch((error) => failures.push(`${name}: ${error.message}`));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, runNext));
    if (failures.length > 0) fail(failures.join('\n\n'));
    console.log(`all in ${secondsSince(from)} s`);
  } finally {
    await cluster.remove();
    await rm(packed.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

export class Application {
  #output = '';
  #child;
  #ended;

  constructor(name, folder, port, bin) {
    this.name = name;
    this.folder = folder;
    this.url = `http://localhost:${port}`;
    this.env = {
      ...process.env,
      PORT: String(port),
      port: String(port), // as the second application of a monorepo reads it
      npm_config_prefer_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_yes: 'true',
      PATH: `${bin}${delimiter}${process.env.PATH}`,
    };
    delete this.env.DATABASE_URL;
    delete this.env.AUDIT_DATABASE_URL;
    delete this.env.CI; // pnpm would refuse to change its lockfile
  }

  static async in(folder, name, bin) {
    return new Application(name, folder, await freePort(), bin);
  }

  async step(commands, { cwd = this.folder, expected = 0 } = {}) {
    const began = performance.now();
    await mkdir(cwd, { recursive: true });
    const { code, output } = await new Promise((done) => {
      const options = { cwd, env: this.env, timeout: 5 * GIVE_UP_AFTER_MS, maxBuffer: 16 * 1024 * 1024 };
      const args = ['--norc', '-euo', 'pipefail', '-c', commands];
      const child = execFile('bash', args, options, (_error, stdout, stderr) =>
        done({ code: child.exitCode, output: stdout + stderr }),
      );
    });
    const [first] = commands.split('\n');
    if (code !== expected) fail(`${first} … ended with ${code}, not ${expected}:\n${output}`);
    console.log(`${this.name}: ${first.slice(0, 90)}: ${secondsSince(began)} s`);
    return output;
  }

  /** In a group of its own, so that the Nest CLI's child ends with it. */
  start(command) {
    const options = { cwd: this.folder, env: this.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] };
    const child = spawn('bash', ['--norc', '-c', command], options);
    this.#child = child;
    this.#ended = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.#output += text));
  }

  async until(what, isSo) {
    const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
    while (!(await isSo().catch(() => false))) {
      if (this.#child.exitCode !== null || Date.now() > giveUpAt)
        fail(`not seen that ${what}:\n${this.#output.slice(-2_000)}`);
      await pause(100);
    }
  }

  async events() {
    const query = ['nestjs-audit-ledger', 'query', '--json'];
    const { stdout } = await run('npx', query, { cwd: this.folder, env: this.env });
    return JSON.parse(stdout).items;
  }

  /** `verify` records no event of its own. */
  async untilSealed() {
    await this.until('the events are sealed', async () => {
      const { stdout } = await run('npx', ['nestjs-audit-ledger', 'verify'], { cwd: this.folder, env: this.env });
      return / has [1-9].* 0 wait to be sealed/.test(stdout);
    });
  }

  async stop() {
    if (this.#child === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGTERM');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    await this.#ended;
  }
}

export async function createDatabase(cluster, name, owner = 'postgres') {
  const client = new pg.Client({ connectionString: cluster.superuserUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0 OWNER ${owner}`);
  } finally {
    await client.end();
  }
  return Object.assign(new URL(cluster.superuserUrl), { pathname: `/${name}` }).href;
}

/** Some machines have no psql. The substitute knows an address and the option -c. */
export async function programs(folder) {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const hasPsql = await run('psql', ['--version']).then(
    () => true,
    () => false,
  );
  if (hasPsql) return bin;
  const source = `#!${process.execPath}
import(${JSON.stringify(pathToFileURL(join(ROOT, 'node_modules/pg/esm/index.mjs')).href)}).then(async ({ default: pg }) => {
  const [connectionString, ...options] = process.argv.slice(2);
  const client = new pg.Client({ connectionString });
  await client.connect();
  for (const text of options.filter((option) => option !== '-c')) await client.query(text);
  await client.end();
});
`;
  await writeFile(join(bin, 'psql'), source, { mode: 0o755 });
  return bin;
}

export function secondsSince(moment) {
  return ((performance.now() - moment) / 1_000).toFixed(1);
}

export function fail(message) {
  throw new Error(message);
}

export async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
