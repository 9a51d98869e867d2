/*
 * Installs the packed library into fresh applications, checks their types, and has each record and read. Needs the built
 * package, and the registry or npm's cache.
 *
 *   node test/long/compat/run.mjs [--lowest] [name of an application …]
 *
 * With --lowest, the applications' own packages are the oldest ones that they may be, not the newest.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs, promisify } from 'node:util';
import { makeLedgerRoles } from '../../support/ledger-roles.mjs';
import { createDatabase, forEachApplication, secondsSince } from './application.mjs';

const HERE = import.meta.dirname;
const STEP_TIMEOUT_MS = 180_000;
const COMMAND = 'node_modules/.bin/nestjs-audit-ledger';

/** Stands for the address of a role that may make roles. */
const ADMIN = 'the administrator';

const README = await readFile(join(HERE, '../../../README.md'), 'utf8');

/** The commands run after the types were checked and the source was built. */
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
  clients: await stepsOfClients(),
  readme: [
    ['bash', '-euc', inReadme(/^npx nestjs-audit-ledger migrate.*$/m)],
    ['node', 'dist/check.js', inReadme(/`(curl [^`]+)`/), inReadme(/`(npx nestjs-audit-ledger query[^`]+)`/)],
    [COMMAND, 'verify', '--schema', 'audit'],
  ],
};

/** The ledgers that the application's login, which may make no roles, migrates by itself. An administrator makes their roles before. */
const SCHEMAS = { 'nest-11-commonjs': 'public', 'nest-12-modules': 'Audit Log', readme: 'audit' };

/** Prisma's command line wants an engine from the network, which it does not need to generate. */
const GENERATORS = { clients: 'PRISMA_SCHEMA_ENGINE_BINARY=/bin/true npx prisma generate' };

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { lowest: { type: 'boolean', default: false } },
});
const names = positionals.length > 0 ? positionals : Object.keys(APPLICATIONS);
const run = promisify(execFile);
await forEachApplication(names, checkApplication);

async function checkApplication(name, { packed, cluster }) {
  const folder = join(packed.folder, name);
  await mkdir(folder);
  await cp(join(HERE, name), folder, { recursive: true });
  if (name !== 'clients') await cp(join(HERE, 'check-ledger.ts'), join(folder, 'src/check-ledger.ts'));
  if (name === 'readme') await writeReadmeCode(packed, join(folder, 'src'));
  if (flags.lowest) await pinLowest(join(folder, 'package.json'));
  const { pathname } = new URL(await createDatabase(cluster, name.replaceAll('-', '_'), 'app'));
  const admin = Object.assign(new URL(cluster.superuserUrl), { pathname }).href;
  const env = { ...process.env, DATABASE_URL: Object.assign(new URL(cluster.url), { pathname }).href };
  if (SCHEMAS[name]) await makeLedgerRoles(admin, env.DATABASE_URL, SCHEMAS[name]);
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
      ? inReadme(/^npm install \S+\.tgz ([^#\n]*)/m)
          .trim()
          .split(' ')
      : [];
  await step('npm', 'install', ...settings, '--strict-peer-deps', packed.tarball, ...peers);
  if (GENERATORS[name]) await step('bash', '-euc', GENERATORS[name]);
  await step('node', join(HERE, 'check-types.mjs'));
  for (const each of APPLICATIONS[name]) {
    await step(...each.map((part) => (part === ADMIN ? admin : part)));
  }
}

/** The steps of the guides, and then one run for each client. */
async function stepsOfClients() {
  const inTable = 'CREATE TABLE purchase_order (id text PRIMARY KEY, total int NOT NULL)';
  const clients = await readdir(join(HERE, 'clients/src/clients'));
  return [
    [COMMAND, 'migrate', '--schema', 'audit', '--with', 'row-changes', '--admin-url', ADMIN],
    ['bash', '-euc', 'mkdir -p .data; openssl rand -base64 32 > .data/writer.key; chmod 600 .data/writer.key'], // as the first start makes it
    [COMMAND, 'capture', 'context-key', 'add', '2026', '--admin-url', ADMIN],
    ['bash', '-euc', `echo '${inTable}' > table.sql; node dist/check.js sql table.sql`],
    [
      'bash',
      '-euc',
      `${COMMAND} capture tables > tables.json; ${COMMAND} capture generate --tables tables.json --sql > capture.sql`,
    ],
    ['node', 'dist/check.js', 'sql', 'capture.sql'],
    ...clients.map((file) => ['node', 'dist/check.js', file.replace('.ts', '')]),
    [COMMAND, 'verify', '--schema', 'audit'],
  ];
}

async function writeReadmeCode(packed, source) {
  const readme = await readFile(join(packed.stage, 'README.md'), 'utf8');
  for (const [, file, code] of readme.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g))
    await writeFile(join(source, file), code);
}

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
