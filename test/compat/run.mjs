/*
 * Installs the packed library into fresh applications, checks their types, and has each record and read. Needs the built
 * package, and the registry or npm's cache.
 *
 *   node test/compat/run.mjs [--lowest] [name of an application …]
 *
 * With --lowest, the applications' own packages are the oldest ones that they may be, not the newest.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import { packLibrary } from '../../scripts/pack.mjs';
import { startTestCluster } from '../support/cluster.mjs';

const HERE = import.meta.dirname;
const AT_ONCE = 2;
const STEP_TIMEOUT_MS = 180_000;
const COMMAND = 'node_modules/.bin/nestjs-audit-ledger';

/** Stands for the address of a role that may make roles. */
const ADMIN = 'the administrator';

const README = await readFile(join(HERE, '../../README.md'), 'utf8');

/** An application, and what is run in its folder after its types were checked and its source was built. */
const APPLICATIONS = {
  'nest-11-commonjs': [
    ['node_modules/.bin/jest', '--ci'],
    ['node', 'dist/check.js'],
    [COMMAND, 'coverage', 'dist/app.module.js#AppModule'],
    [COMMAND, 'verify'],
  ],
  'nest-12-modules': [
    [COMMAND, 'migrate', '--admin-url', ADMIN],
    ['node', 'dist/check.js', 'express'],
    [COMMAND, 'verify', '--schema', 'audit'],
    [COMMAND, 'migrate', '--schema', 'Audit Log'],
    ['node', 'dist/check.js', 'fastify'],
    [COMMAND, 'verify', '--schema', 'Audit Log'],
  ],
  'core-only': [
    ['node', 'dist/check.js'],
    [COMMAND, 'coverage', 'dist/app.module.js#AppModule'],
  ],
  readme: [
    ['bash', '-euc', inReadme(/^npx nestjs-audit-ledger migrate.*$/m)],
    ['node', 'dist/check.js', inReadme(/`(curl [^`]+)`/), inReadme(/`(npx nestjs-audit-ledger query[^`]+)`/)],
    [COMMAND, 'verify', '--schema', 'audit'],
  ],
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { lowest: { type: 'boolean', default: false } },
});
const names = positionals.length > 0 ? positionals : Object.keys(APPLICATIONS);
const run = promisify(execFile);
const startedAt = performance.now();
const [packed, cluster] = await Promise.all([packLibrary(), startTestCluster()]);
try {
  const waiting = [...names];
  const failures = [];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      await checkApplication(name).catch((error) => failures.push(`${name}: ${error.message}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
  console.log(`all in ${secondsSince(startedAt)} s`);
} finally {
  await cluster.remove();
  await rm(packed.folder, { recursive: true, force: true });
}

async function checkApplication(name) {
  const folder = join(packed.folder, name);
  await mkdir(folder);
  await cp(join(HERE, name), folder, { recursive: true });
  await cp(join(HERE, 'check-ledger.ts'), join(folder, 'src/check-ledger.ts'));
  if (name === 'readme') await writeReadmeCode(join(folder, 'src'));
  if (flags.lowest) await pinLowest(join(folder, 'package.json'));
  const env = { ...process.env, DATABASE_URL: await createDatabase(name.replaceAll('-', '_')) };
  const step = async (command, ...args) => {
    const from = performance.now();
    await run(command, args, { cwd: folder, env, timeout: STEP_TIMEOUT_MS, killSignal: 'SIGKILL' }).catch((error) => {
      throw new Error(`${[command, ...args].join(' ')} ended with ${error.code}:\n${error.stdout}\n${error.stderr}`);
    });
    console.log(`${name}: ${[command, ...args].join(' ')}: ${secondsSince(from)} s`);
  };
  const settings = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'];
  const peers =
    name === 'readme'
      ? inReadme(/^npm install nestjs-audit-ledger ([^#\n]*)/m)
          .trim()
          .split(' ')
      : [];
  await step('npm', 'install', ...settings, '--strict-peer-deps', packed.tarball, ...peers);
  await step('node', join(HERE, 'check-types.mjs'));
  for (const each of APPLICATIONS[name]) {
    await step(...each.map((part) => (part === ADMIN ? cluster.superuserUrl : part)));
  }
}

/** Each block of the packed README that names its file. */
async function writeReadmeCode(source) {
  const readme = await readFile(join(packed.stage, 'README.md'), 'utf8');
  for (const [, file, code] of readme.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g))
    await writeFile(join(source, file), code);
}

/** What the README says at this place, or in its first group. */
function inReadme(pattern) {
  const [whole, part = whole] = pattern.exec(README) ?? [];
  if (whole === undefined) throw new Error(`README.md does not have ${pattern}.`);
  return part;
}

async function pinLowest(file) {
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  for (const [name, range] of Object.entries(manifest.dependencies))
    manifest.dependencies[name] = range.replace('^', '');
  await writeFile(file, JSON.stringify(manifest));
}

async function createDatabase(name) {
  const client = new pg.Client({ connectionString: cluster.superuserUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0 OWNER app`);
  } finally {
    await client.end();
  }
  const url = new URL(cluster.url);
  url.pathname = `/${name}`;
  return url.href;
}

function secondsSince(from) {
  return ((performance.now() - from) / 1_000).toFixed(1);
}
