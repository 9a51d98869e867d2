// `npm run bench` measures how much an audit costs, on its own PostgreSQL with default durability.
import { performance } from 'node:perf_hooks';
import { BenchCluster } from './cluster/bench-cluster.mjs';
import { removeContenders } from './contenders/contender-process.mjs';
import { buildFigures } from './figures.mjs';
import { describeMachine, describeVersions } from './measure/machine.mjs';
import { readOptions } from './options.mjs';
import { MEASURES } from './parts.mjs';
import { writeResult } from './results.mjs';
import { FULL, QUICK } from './schedule.mjs';

const startedAtMs = performance.now();
const log = (line) => console.log(`${((performance.now() - startedAtMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

try {
  const options = readOptions(process.argv.slice(2));
  if (options) await main(options);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

async function main(options) {
  if (process.platform !== 'linux') throw new Error('Cannot measure CPU time here: it is read from /proc. Use Linux.');
  const cluster = await BenchCluster.start(options.against);
  const stop = (signal) => {
    void removeContenders()
      .then(() => cluster.remove())
      .finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await measure(cluster, options);
  } finally {
    await removeContenders();
    await cluster.remove();
  }
}

async function measure(cluster, { quick, against, parts }) {
  const schedule = quick ? QUICK : FULL;
  const measuredAt = new Date().toISOString();
  const machine = await describeMachine(cluster.dataFolder);
  const versions = await describeVersions(cluster.version);
  console.log(JSON.stringify({ machine, versions, schedule }, undefined, 2));
  const measured = {};
  for (const part of parts) {
    log(part);
    measured[part] = await MEASURES[part]({ cluster, schedule, parts: measured, log });
    if (!quick && !against) await writeResult(part, { measuredAt, machine, versions, figures: measured[part] });
    for (const { measure: name, seen } of buildFigures(part, measured[part]))
      console.log(`${seen.padStart(28)}  ${name}`);
  }
}
