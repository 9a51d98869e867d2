// Makes each small wrong change of test/long/mutants in a copy of the tree, and runs the specs that must notice the change. Prints which
// test noticed it, which changes lived, and the score; exits with 1 below 90 %. A change is killed if a test fails or the specs do not end.
// All share one build, in which only the changed file is rebuilt, and one PostgreSQL. A change of a migration gets its own PostgreSQL.
//
//     npm run test:long -- mutants                makes all changes
//     node scripts/test-mutants.mjs spill verify  makes those of an area, or with a word in their name; needs a build
//
// Of the specs that a change names, only those that `npm test` runs must notice it.
import { Buffer } from 'node:buffer';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { promisify } from 'node:util';
import { transform } from '@swc/core';
import { PROJECTS, projectsOf } from '../test/projects.mjs';

const LISTS = 'test/long/mutants';
const COPIED = [
  'src',
  'test',
  'migrations',
  'scripts',
  'viewer',
  'docs',
  'dist',
  'package.json',
  'tsconfig.json',
  'jest.config.js',
];
const LEAST_SCORE = 0.9;
const MOST_MS = 300_000;
/** Longer than in jest.config.js, so that a busy machine does not kill a mutant by a time-out. */
const MOST_TEST_MS = 200_000;
const MOST_BASELINE_MS = 3_600_000;
/** If all specs match, the server is not started. */
const PURE = /^src\//;
/** These files decide the content of the template for the test databases. */
const MIGRATING = /^(migrations|src\/database)\/|\.sql$|\/ledger-sql\.ts$/;
const INLINED = 'src/modules/monitoring/store/sql/sql.generated.ts';
const NO_SETUP = ['--globalSetup=', '--globalTeardown='];

const words = process.argv.slice(2);
const mutants = (await readMutants()).filter(
  ({ area, name }) => words.length === 0 || words.some((word) => area === word || name.includes(word)),
);
if (mutants.length === 0)
  throw new Error(`Cannot find a mutant by ${words.join(' ')}: give an area or a word of a name.`);
const tree = await copyTree();
const server = mutants.some(needsServer) ? await startServer(tree) : undefined;
try {
  await expectPassing(tree, [...new Set(mutants.flatMap(({ specs }) => specs))]);
  const lived = [];
  for (const [nth, mutant] of mutants.entries()) {
    const startedAt = performance.now();
    const run = await tryMutant(tree, mutant);
    const { isPassed } = run;
    if (isPassed) lived.push(mutant);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    process.stdout.write(
      `${nth + 1}/${mutants.length} ${isPassed ? 'LIVED ' : 'killed'} ${mutant.area}: ${mutant.name} ` +
        `(${seconds} s${isPassed ? '' : `; ${noticedBy(run)}`})\n`,
    );
  }
  report(mutants.length, lived);
} finally {
  await server?.remove();
  await rm(tree, { recursive: true });
}

function needsServer({ specs }) {
  return !specs.every((spec) => PURE.test(spec));
}

async function startServer(folder) {
  const { startTestCluster } = await import(pathToFileURL(join(folder, 'test/support/cluster.mjs')).href);
  return startTestCluster();
}

/** If no test failed, the specs did not run, which proves nothing. */
function noticedBy({ isEnded, output }) {
  if (!isEnded) return 'it did not end';
  const test = /^ +● (.*)$/m.exec(output)?.[1];
  if (test !== undefined) return test;
  process.stdout.write(output);
  throw new Error(
    'Cannot try a mutant: the specs failed before a test did. Build first, and repair what the mutant breaks.',
  );
}

function isOfTest(spec) {
  const folders = projectsOf('test').flatMap((name) => PROJECTS[name].folders);
  return folders.some((folder) => spec.startsWith(`${folder}/`));
}

async function readMutants() {
  const files = (await readdir(LISTS)).filter((file) => file.endsWith('.json')).toSorted();
  const lists = await Promise.all(
    files.map(async (file) => {
      const list = JSON.parse(await readFile(join(LISTS, file), 'utf8'));
      return list.map((mutant) => ({
        area: file.replace('.json', ''),
        ...mutant,
        specs: mutant.specs.filter(isOfTest),
      }));
    }),
  );
  return lists.flat();
}

async function copyTree() {
  const folder = await mkdtemp(join(tmpdir(), 'audit-mutants-'));
  await Promise.all(COPIED.map((path) => cp(path, join(folder, path), { recursive: true, verbatimSymlinks: true })));
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A spec that fails without a mutant notices nothing. */
async function expectPassing(folder, specs) {
  process.stdout.write(`Running ${specs.length} specs as they are.\n`);
  const { isPassed, output } = await runSpecs(folder, { specs, mostMs: MOST_BASELINE_MS });
  if (isPassed) return;
  process.stdout.write(output);
  throw new Error('Cannot try the mutants: the specs fail without them. Repair what fails first.');
}

async function tryMutant(folder, { file, from, to, specs, tests }) {
  if (specs.length === 0) return { isPassed: true }; // no spec of `npm test` must notice this mutant
  const path = join(folder, file);
  const original = await readFile(path, 'utf8');
  if (original.split(from).length !== 2) throw new Error(`Cannot make a mutant: ${file} has not once: ${from}`);
  const source = file.endsWith('.sql') ? INLINED : file;
  const built = join(folder, 'dist', source.replace(/\.ts$/, '.js'));
  const kept = await Promise.all([path, join(folder, source), built].map(async (each) => [each, await readFile(each)]));
  try {
    await writeFile(
      path,
      original.replace(from, () => to),
    );
    if (source !== file) await runScript(folder, 'generate-sql.mjs');
    await writeFile(built, await build(source, await readFile(join(folder, source), 'utf8')));
    return await runSpecs(folder, { specs, tests, mostMs: MOST_MS, hasOwnServer: MIGRATING.test(file) });
  } finally {
    for (const [each, content] of kept) await writeFile(each, content);
  }
}

function runScript(folder, script) {
  return promisify(execFile)(process.execPath, [join(folder, 'scripts', script)]);
}

async function build(filename, source) {
  const { code } = await transform(source, {
    filename,
    swcrc: false,
    configFile: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'es6' },
  });
  return code;
}

function runSpecs(folder, { specs, tests, mostMs, hasOwnServer = false }) {
  const args = [
    'node_modules/jest/bin/jest.js',
    '--bail',
    `--testTimeout=${MOST_TEST_MS}`,
    '--testEnvironment=./test/support/stop-at-first-failure.mjs',
  ];
  args.push('--runTestsByPath', ...specs);
  if (tests !== undefined) args.push('--testNamePattern', tests);
  const env = { ...process.env, CI: 'true', PATIENCE_MS: '20000' };
  if (!hasOwnServer) {
    args.push(...NO_SETUP);
    Object.assign(env, { TEST_PG_URL: server?.url, TEST_PG_SUPERUSER_URL: server?.superuserUrl });
  }
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: folder, env });
    const pieces = [];
    child.stdout.on('data', (piece) => pieces.push(piece));
    child.stderr.on('data', (piece) => pieces.push(piece));
    let isEnded = true;
    const timer = setTimeout(() => {
      isEnded = false;
      child.kill('SIGTERM');
    }, mostMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ isPassed: code === 0, isEnded, output: Buffer.concat(pieces).toString() });
    });
  });
}

function report(all, lived) {
  const score = (all - lived.length) / all;
  process.stdout.write(`\n${all - lived.length} of ${all} mutants were killed: ${(score * 100).toFixed(1)} %.\n`);
  for (const { area, name, file } of lived) process.stdout.write(`  lived: ${area}: ${name} (${file})\n`);
  if (score < LEAST_SCORE) process.exitCode = 1;
}
