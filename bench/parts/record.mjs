import { performance } from 'node:perf_hooks';
import { ContenderProcess } from '../contenders/contender-process.mjs';
import { getKind, nameBefore } from '../contenders/contenders.mjs';
import { readFamilyCpuMicros } from '../measure/process-cpu.mjs';
import { settle } from './check-nothing-lost.mjs';

const TABLES = {
  record: 'audit_event',
  unnest: 'team_audit',
  save: 'team_audit',
};

/** Each rate also counts until everything is stored and sealed, with the CPU time and the WAL of PostgreSQL up to that moment. */
export async function record({ cluster, schedule }) {
  const names = [...Object.keys(TABLES), ...(cluster.before ? [nameBefore('record')] : [])];
  const contenders = await Promise.all(names.map((name) => start(cluster, name)));
  const empty = () => ({ rowsPerSecond: [], sustainedPerSecond: [], serverMicros: [], walBytes: [] });
  const measured = Object.fromEntries(names.map((name) => [name, empty()]));
  for (let round = 0; round < schedule.rounds; round++) {
    for (const contender of contenders) {
      await cluster.checkpoint();
      contender.thaw();
      const warmUpMs = round === 0 ? schedule.firstWarmUpMs : schedule.warmUpMs;
      const before = await readServer(cluster);
      const run = await contender.ask('run', { warmUpMs, windowMs: schedule.recordMs });
      contender.answered += run.all;
      await settle(cluster, contender, TABLES[getKind(contender.name)]);
      const after = await readServer(cluster);
      contender.freeze();
      const mine = measured[contender.name];
      mine.rowsPerSecond.push((run.inWindow * 1_000) / run.windowMs);
      mine.sustainedPerSecond.push((run.all * 1_000) / (after.atMs - before.atMs));
      mine.serverMicros.push((after.cpuMicros - before.cpuMicros) / run.all);
      mine.walBytes.push((after.walBytes - before.walBytes) / run.all);
    }
  }
  for (const contender of contenders) {
    await contender.close();
    await settle(cluster, contender, TABLES[getKind(contender.name)]);
    measured[contender.name].rows = contender.answered;
    await contender.forget();
  }
  return measured;
}

async function readServer(cluster) {
  return {
    atMs: performance.now(),
    cpuMicros: await readFamilyCpuMicros(await cluster.serverPid()),
    walBytes: await cluster.walBytes(),
  };
}

async function start(cluster, name) {
  const isBefore = getKind(name) !== name;
  const given = { name, script: 'store-rows.mjs', args: [getKind(name)], isBefore };
  const contender = await ContenderProcess.start(cluster, given);
  contender.answered = 0;
  contender.freeze();
  return contender;
}
