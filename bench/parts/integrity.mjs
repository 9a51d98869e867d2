import { ContenderProcess } from '../contenders/contender-process.mjs';

export async function integrity({ cluster, schedule }) {
  const { events } = schedule.integrity;
  const contender = await ContenderProcess.start(cluster, { name: 'check-log', script: 'check-log.mjs' });
  await contender.ask('run', { work: 'fill', events });
  await cluster.checkpoint();
  const { sealingMs } = await contender.ask('run', { work: 'seal', events });
  await contender.close();
  await contender.forget();
  return { events, sealed: (events * 1_000) / sealingMs };
}
