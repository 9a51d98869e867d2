import { ContenderProcess } from '../contenders/contender-process.mjs';
import { measureBackend } from './backend-cpu.mjs';
import { checkNothingLost } from './check-nothing-lost.mjs';

const TABLES = {
  record: 'audit_event',
  unnest: 'team_audit',
  save: 'team_audit',
};

export async function record({ cluster, schedule }) {
  const contenders = await Promise.all(Object.keys(TABLES).map((name) => start(cluster, name)));
  const measured = Object.fromEntries(contenders.map(({ name }) => [name, { rowsPerSecond: [] }]));
  for (let round = 0; round < schedule.rounds; round++) {
    for (const contender of contenders) {
      await cluster.checkpoint();
      contender.thaw();
      const warmUpMs = round === 0 ? schedule.firstWarmUpMs : schedule.warmUpMs;
      const run = await contender.ask('run', { warmUpMs, windowMs: schedule.recordMs });
      contender.answered += run.all;
      await checkNothingLost(cluster, contender, TABLES[contender.name]);
      contender.freeze();
      measured[contender.name].rowsPerSecond.push((run.inWindow * 1_000) / run.windowMs);
    }
  }
  for (const contender of contenders) {
    await contender.close();
    await checkNothingLost(cluster, contender, TABLES[contender.name]);
    measured[contender.name].rows = contender.answered;
    await contender.forget();
  }
  measured.record.backend = await measureBackend(cluster, schedule);
  return measured;
}

async function start(cluster, name) {
  const contender = await ContenderProcess.start(cluster, { name, script: 'store-rows.mjs', args: [name] });
  contender.answered = 0;
  contender.freeze();
  return contender;
}
