/*
 * Runs by name the tests that `npm test` omits:
 *
 *   npm run test:long -- --list          lists all parts, with their minutes on two cores
 *   npm run test:long -- browser faults  runs the named parts
 *   npm run test:long                    runs all parts
 *
 * Needs a build, which `npm run test:long` makes. Parts that install something need the npm registry.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { startPostgres } from './start-postgres.mjs';

/** The parts. A part has its minutes, what it tests, and its commands. `args` are the arguments after the part's name and a colon. */
const PARTS = {
  whole: part(6, 'npm test on both web frameworks, with all cases of each property', [
    buildScript('test'),
    { TEST_WHOLE: 'true' },
  ]),
  sweeps: part(1, 'integration specs that take long', buildScript('sweeps')),
  commands: part(4, 'commands, guides and the demonstration as processes', buildScript('commands')),
  browser: part(2, 'the viewer in Chromium', buildScript('browser')),
  faults: part(
    9,
    'kills of the application and of PostgreSQL under load, 20 moments each',
    buildScript('faults', '--maxWorkers=4'),
  ),
  servers: part(
    25,
    'real receivers of streams, replicas, JetStream (installs them: Debian or Ubuntu)',
    ['bash', 'scripts/install-test-servers.sh'],
    ['bash', 'scripts/install-stream-servers.sh'],
    buildScript('servers'),
  ),
  ...Object.fromEntries(
    [20, 22, 26].map((version) => [`node-${version}`, part(8, `npm test on Node ${version}`, onNode(version))]),
  ),
  ...Object.fromEntries(
    [15, 16, 17].map((major) => [`postgres-${major}`, part(6, `npm test on PostgreSQL ${major}`, onPostgres(major))]),
  ),
  compat: part(8, 'the packed library in applications of Nest 11 and 12, with the newest packages', [
    'node',
    'test/long/compat/run.mjs',
  ]),
  lowest: part(8, 'the same with the oldest packages', ['node', 'test/long/compat/run.mjs', '--lowest']),
  'five-minutes': part(5, 'the guide for new users, on fresh applications', [
    'node',
    'test/long/compat/five-minutes.mjs',
  ]),
  'nest-add': part(15, 'nest add, in applications of nine kinds', ['node', 'test/long/compat/nest-add.mjs']),
  site: part(1, 'the documentation as a site, without a dead link', ['npm', 'run', 'docs:build']),
  pictures: part(1, 'pictures of the viewer, in .data/screenshots', buildScript('pictures')),
};

const asked = process.argv.slice(2);
if (asked.includes('--list')) {
  for (const [name, { minutes, description }] of Object.entries(PARTS)) {
    console.log(`${name.padEnd(14)} ${String(minutes).padStart(3)} min  ${description}`);
  }
  process.exit(0);
}
const unknown = asked.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) {
  console.error(`Cannot run ${unknown.join(', ')}: no such part. List them: npm run test:long -- --list`);
  process.exit(2);
}
// All workers use the same seed. To repeat a run, set FAULT_SEED to the printed seed.
process.env.FAULT_SEED ??= String(Date.now() % 1_000_000);
console.log(`FAULT_SEED=${process.env.FAULT_SEED}`);
const results = [];
for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
  console.log(`\n== ${name}`);
  const from = performance.now();
  const isPassed = await runPart(PARTS[name]);
  results.push({
    part: name,
    result: isPassed ? 'passed' : 'FAILED',
    minutes: ((performance.now() - from) / 60_000).toFixed(1),
  });
}
console.table(results);
if (results.some(({ result }) => result === 'FAILED')) process.exitCode = 1;

function part(minutes, description, ...steps) {
  return { minutes, description, steps };
}

function buildScript(command, ...args) {
  return [process.execPath, 'scripts/test.mjs', command, ...args];
}

function onNode(version) {
  return ['npx', '-y', '-p', `node@${version}`, 'node', 'scripts/test.mjs', 'test'];
}

/** Omits the comparison with a dump, because the dump is from PostgreSQL 18. */
function onPostgres(major) {
  return async () => {
    const server = await startPostgres(major);
    const command = buildScript('test', '--testPathIgnorePatterns=test/integration/schema');
    return runCommand(command, { TEST_POSTGRES_URL: server.url }).finally(server.stop);
  };
}

async function runPart({ steps }) {
  for (const step of steps) {
    if (typeof step === 'function') {
      if (!(await step())) return false;
    } else {
      const [command, env] = Array.isArray(step[0]) ? step : [step, {}];
      if (!(await runCommand(command, env))) return false;
    }
  }
  return true;
}

async function runCommand([program, ...args], env = {}) {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = await once(child, 'exit');
  return code === 0;
}
