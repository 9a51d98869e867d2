// The benchmark: npm run bench. Measures what an audit costs, on a PostgreSQL of its own with default durability.
import { performance } from 'node:perf_hooks';
import { BenchCluster } from './cluster/bench-cluster.mjs';
import { removeContenders } from './contenders/contender-process.mjs';
import { describeMachine, describeVersions } from './measure/machine.mjs';
import { ON_REQUEST, PARTS, readOptions, USAGE } from './options.mjs';
import { writePage } from './page/write-page.mjs';
import { MEASURES } from './parts/parts.mjs';
import { printMarks, printPart, printProfile } from './print.mjs';
import { checkMergeable, mergeResult, writeResult } from './results.mjs';
import { estimateMs, FULL, QUICK, withEvents } from './schedule.mjs';
import { profileContender } from './parts/profile.mjs';

const startedAtMs = performance.now();
const log = (line) => console.log(`${((performance.now() - startedAtMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

async function main(options) {
  if (options.help) return console.log(USAGE);
  if (options.docs) return writePage(options);
  if (process.platform !== 'linux') throw new Error('Cannot measure CPU time here: it is read from /proc. Use Linux.');
  const schedule = withEvents(options.quick ? QUICK : FULL, options.events);
  const cluster = await BenchCluster.start();
  const stop = (signal) => {
    void removeContenders()
      .then(() => cluster.remove())
      .finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    if (options.profile) await showProfile(cluster, schedule, options);
    else await measure(cluster, schedule, options);
  } finally {
    await removeContenders();
    await cluster.remove();
  }
}

async function showProfile(cluster, schedule, { profile, adapter }) {
  printProfile(await profileContender(cluster, schedule, profile, adapter));
}

async function measure(cluster, schedule, { parts: names, nodes, events }) {
  const startedAt = new Date().toISOString();
  const machine = await describeMachine(cluster.folder);
  const versions = await describeVersions(cluster.version);
  console.log(JSON.stringify({ machine, versions }, undefined, 2));
  const isWhole = PARTS.every((name) => ON_REQUEST.includes(name) || names.includes(name));
  const isOfOtherSize = events !== undefined; // only shown: it belongs to no result
  if (schedule.mode !== 'quick' && !isOfOtherSize && !isWhole) await checkMergeable({ machine, versions, schedule });
  const planned = Math.round(estimateMs(schedule, names) / 1_000);
  log(`${schedule.mode} run of ${names.join(', ')}: ${schedule.rounds} rounds, about ${planned} s`);
  log(`windows in ms: ${JSON.stringify(schedule)}`);
  const parts = {};
  for (const name of names) {
    log(name);
    parts[name] = await MEASURES[name]({ cluster, schedule, parts, majors: nodes, log });
    printPart(name, parts[name]);
  }
  const result = { startedAt, machine, versions, schedule, parts };
  printMarks(result);
  if (schedule.mode === 'quick' || isOfOtherSize) return;
  if (isWhole) await writeResult(result);
  else await mergeResult(result);
  await writePage({ check: false });
}
