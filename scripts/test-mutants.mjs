// Makes each small wrong change of test/mutants in a copy of the tree, and runs the specs that must notice it. Prints which
// lived, and the score; ends with 1 below 90 %. A mutant is killed when a spec fails, also by not ending.
//
//     npm run test:mutants                 all of them
//     npm run test:mutants -- spill verify those of areas, or whose name holds the word
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { transform } from '@swc/core';

const LISTS = 'test/mutants';
const COPIED = [
  'src',
  'test',
  'migrations',
  'scripts',
  'docs',
  'dist',
  'package.json',
  'tsconfig.json',
  'jest.config.js',
];
const LEAST_SCORE = 0.9;
const MOST_MS = 300_000;
/** All specs that are named, without a mutant. */
const MOST_BASELINE_MS = 3_600_000;
/** Specs that need no PostgreSQL: it is not started for them. */
const PURE = /^src\//;

const words = process.argv.slice(2);
const mutants = (await readMutants()).filter(
  ({ area, name }) => words.length === 0 || words.some((word) => area === word || name.includes(word)),
);
const tree = await copyTree();
try {
  await expectPassing(tree, [...new Set(mutants.flatMap(({ specs }) => specs))]);
  const lived = [];
  for (const [nth, mutant] of mutants.entries()) {
    const isKilled = await tryMutant(tree, mutant);
    if (!isKilled) lived.push(mutant);
    process.stdout.write(
      `${nth + 1}/${mutants.length} ${isKilled ? 'killed' : 'LIVED '} ${mutant.area}: ${mutant.name}\n`,
    );
  }
  report(mutants.length, lived);
} finally {
  await rm(tree, { recursive: true });
}

async function readMutants() {
  const files = (await readdir(LISTS)).filter((file) => file.endsWith('.json')).toSorted();
  const lists = await Promise.all(
    files.map(async (file) => {
      const list = JSON.parse(await readFile(join(LISTS, file), 'utf8'));
      return list.map((mutant) => ({ area: file.replace('.json', ''), ...mutant }));
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

/** A spec that fails by itself notices nothing. */
async function expectPassing(folder, specs) {
  process.stdout.write(`Running ${specs.length} specs as they are.\n`);
  const { isPassed, output } = await runSpecs(folder, { specs, mostMs: MOST_BASELINE_MS });
  if (isPassed) return;
  process.stdout.write(output);
  throw new Error('Cannot try the mutants: the specs fail without them. Repair what fails first.');
}

async function tryMutant(folder, { file, from, to, specs, tests }) {
  const path = join(folder, file);
  const original = await readFile(path, 'utf8');
  if (original.split(from).length !== 2) throw new Error(`Cannot make a mutant: ${file} has not once: ${from}`);
  const built = join(folder, 'dist', file.replace(/\.ts$/, '.js'));
  const originalBuilt = await readFile(built, 'utf8');
  try {
    const mutated = original.replace(from, () => to);
    await writeFile(path, mutated);
    await writeFile(built, await build(file, mutated));
    return !(await runSpecs(folder, { specs, tests, mostMs: MOST_MS })).isPassed;
  } finally {
    await writeFile(path, original);
    await writeFile(built, originalBuilt);
  }
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

/** Those of a mutant end at the first that fails. */
function runSpecs(folder, { specs, tests, mostMs }) {
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  args.push('--bail', '--runTestsByPath', ...specs);
  if (tests !== undefined) args.push('--testNamePattern', tests);
  if (specs.every((spec) => PURE.test(spec))) args.push('--globalSetup=', '--globalTeardown=');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, CI: 'true' } });
    const pieces = [];
    child.stdout.on('data', (piece) => pieces.push(piece));
    child.stderr.on('data', (piece) => pieces.push(piece));
    const timer = setTimeout(() => child.kill('SIGTERM'), mostMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ isPassed: code === 0, output: Buffer.concat(pieces).toString() });
    });
  });
}

function report(all, lived) {
  const score = (all - lived.length) / all;
  process.stdout.write(`\n${all - lived.length} of ${all} mutants were killed: ${(score * 100).toFixed(1)} %.\n`);
  for (const { area, name, file } of lived) process.stdout.write(`  lived: ${area}: ${name} (${file})\n`);
  if (score < LEAST_SCORE) process.exitCode = 1;
}
