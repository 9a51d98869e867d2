import { ContenderProcess } from '../contenders/contender-process.mjs';

export async function event({ cluster, schedule }) {
  const contender = await ContenderProcess.start(cluster, { name: 'event', script: 'build-events.mjs' });
  const windowMs = schedule.eventMs;
  await contender.ask('run', { windowMs });
  const cpuMicros = [];
  for (let round = 0; round < schedule.rounds; round++) {
    cpuMicros.push((await contender.ask('run', { windowMs })).microsPerEvent);
  }
  await contender.close();
  await contender.forget();
  return { cpuMicros };
}
