/*
 * Follows docs/guides/five-minutes.md: runs the commands of its blocks, in their order, with the packed library in place of
 * the published one, on fresh applications of each version of the Nest CLI. Needs the built package, and the registry or
 * npm's cache.
 *
 *   node test/compat/five-minutes.mjs [11] [12]
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { packLibrary } from '../../scripts/pack.mjs';
import { startTestCluster } from '../support/cluster.mjs';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = 'docs/guides/five-minutes.md';
const PAGE_ADDRESS = 'postgres://postgres:secret@localhost:5432/postgres';
const PAGE_URL = 'http://localhost:3000';
const START = 'npm start';
const GIVE_UP_AFTER_MS = 120_000;

const run = promisify(execFile);
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['12', '11'];
const page = await readFile(join(ROOT, PAGE), 'utf8');
/** The commands of each block, and the outputs that the page shows. */
const blocks = Array.from(page.matchAll(/```bash\n([^]*?)```/g), ([, block]) => block.trim());
const shown = Array.from(page.matchAll(/```text\n([^]*?)```/g), ([, block]) => block.trim());
if (blocks.length !== 6 || shown.length !== 3) fail(`${PAGE} has other blocks than this script knows.`);

const from = performance.now();
const [packed, cluster] = await Promise.all([packLibrary(), startTestCluster()]);
try {
  const ends = await Promise.allSettled(versions.map((version) => follow(version)));
  const errors = ends.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (errors.length > 0) fail(errors.join('\n\n'));
  console.log(`all in ${secondsSince(from)} s`);
} finally {
  await cluster.remove();
  await rm(packed.folder, { recursive: true, force: true, maxRetries: 3 });
}

async function follow(version) {
  const folder = join(packed.folder, `nest-${version}`);
  const shop = join(folder, 'shop');
  const [address, port] = await Promise.all([createDatabase(`five_minutes_${version}`), freePort()]);
  const url = `http://localhost:${port}`;
  const env = {
    ...process.env,
    PORT: String(port),
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_yes: 'true',
    PATH: `${await programs(folder)}${delimiter}${process.env.PATH}`,
  };
  delete env.DATABASE_URL;
  delete env.AUDIT_DATABASE_URL;
  const [create, migrate, start, request, verify, tamper] = blocks.map((block) =>
    block
      .replaceAll('@nestjs/cli@12', `@nestjs/cli@${version}`)
      .replaceAll('npm install nestjs-audit-ledger', `npm install ${packed.tarball}`)
      .replaceAll(PAGE_ADDRESS, address)
      .replaceAll(PAGE_URL, url),
  );
  if (start !== START) fail(`${PAGE} starts the application by another command than ${START}.`);

  await step(version, create, folder, env);
  await step(version, migrate, shop, env);
  const app = startApplication(shop, env);
  try {
    await until(version, 'the application answers', app, async () => (await fetch(url)).ok);
    expectLike(version, shown[0], await step(version, request, shop, env));
    await until(version, 'the events are sealed', app, async () => {
      const { stdout } = await run('npx', ['nestjs-audit-ledger', 'query', '--json'], { cwd: shop, env });
      const { items } = JSON.parse(stdout);
      return items.length > 0 && items.every(({ index }) => index !== undefined);
    });
    expectLike(version, shown[1], await step(version, verify, shop, env));
    const [change, ...check] = tamper.split('\n');
    await step(version, change, shop, env);
    expectLike(version, shown[2], await step(version, check.join('\n'), shop, env, 1));

    const again = await step(version, create.split('\n').at(-1), shop, env);
    if (!again.includes('Nothing to be done.')) fail(`Nest ${version}: a second nest add changes something:\n${again}`);
    await step(version, 'npm test && npm run test:e2e', shop, env);
  } finally {
    await app.stop();
  }
}

/** Runs commands as a reader does, in bash; fails unless they end with this code. Returns what they print. */
async function step(version, commands, cwd, env, expected = 0) {
  const began = performance.now();
  await mkdir(cwd, { recursive: true });
  const { code, output } = await new Promise((done) => {
    const options = { cwd, env, timeout: 5 * GIVE_UP_AFTER_MS, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile('bash', ['--norc', '-euo', 'pipefail', '-c', commands], options, (_error, stdout, stderr) =>
      done({ code: child.exitCode, output: stdout + stderr }),
    );
  });
  const [first] = commands.split('\n');
  if (code !== expected) fail(`Nest ${version}: ${first} … ended with ${code}, not ${expected}:\n${output}`);
  console.log(`Nest ${version}: ${first.slice(0, 70)}: ${secondsSince(began)} s`);
  return output;
}

/** In a group of its own, so that the Nest CLI's child ends with it. */
function startApplication(cwd, env) {
  const child = spawn('npm', ['start'], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const stop = async () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    await ended;
  };
  const app = { output: '', isRunning: true, stop };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (app.output += text));
  child.on('close', () => (app.isRunning = false));
  return app;
}

async function until(version, what, app, isSo) {
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  while (!(await isSo().catch(() => false))) {
    if (!app.isRunning || Date.now() > giveUpAt)
      fail(`Nest ${version}: not seen that ${what}:\n${app.output.slice(-2_000)}`);
    await pause(100);
  }
}

/** Compares output with what the page shows, where each number, time and id may be another. */
function expectLike(version, wanted, output) {
  const lines = output.split('\n').map(general);
  for (const line of wanted.split('\n').map(general)) {
    if (!lines.includes(line)) fail(`Nest ${version}: ${PAGE} shows\n${line}\nbut the command prints\n${output}`);
  }
}

function general(line) {
  return line
    .trimEnd()
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/(127\.0\.0\.1|::1)/g, 'ADDRESS')
    .replace(/\d+ sealed events?/g, 'N sealed events')
    .replace(/\d+/g, 'N')
    .replace(/ {2,}/g, ' ');
}

async function createDatabase(name) {
  const client = new pg.Client({ connectionString: cluster.superuserUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  } finally {
    await client.end();
  }
  return Object.assign(new URL(cluster.superuserUrl), { pathname: `/${name}` }).href;
}

/** A folder with a psql of its own, for machines without one. It knows an address and the option -c. */
async function programs(folder) {
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

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function secondsSince(moment) {
  return ((performance.now() - moment) / 1_000).toFixed(1);
}

function fail(message) {
  throw new Error(message);
}
