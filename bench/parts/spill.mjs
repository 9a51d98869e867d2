import { ORDER_REQUEST } from './measure-rounds.mjs';
import { ContenderProcess } from '../contenders/contender-process.mjs';
import { runClosedLoad } from '../load/closed-load.mjs';
import { CONNECTIONS } from '../schedule.mjs';
import { checkNothingLost } from './check-nothing-lost.mjs';

const REPLAY_PATIENCE_MS = 120_000;

export async function spill({ cluster, schedule }) {
  const contender = await ContenderProcess.start(cluster, { name: 'durable', args: ['durable', 'express'] });
  contender.answered = 0;
  const up = await measure(contender, schedule, schedule.firstWarmUpMs);
  await checkNothingLost(cluster, contender, 'audit_event');
  await cluster.stopServer();
  const down = await measure(contender, schedule, schedule.warmUpMs);
  await cluster.startServer();
  await checkNothingLost(cluster, contender, 'audit_event', REPLAY_PATIENCE_MS);
  const upAgain = await measure(contender, schedule, schedule.warmUpMs);
  await checkNothingLost(cluster, contender, 'audit_event');
  await contender.close();
  await contender.forget();
  return { up, down, upAgain };
}

async function measure(contender, { rounds, warmUpMs, spillMs }, firstWarmUpMs) {
  const requestsPerSecond = [];
  for (let round = 0; round < rounds; round++) {
    const load = await runClosedLoad({
      port: contender.port,
      request: ORDER_REQUEST,
      connections: CONNECTIONS,
      warmUpMs: round === 0 ? firstWarmUpMs : warmUpMs,
      windowMs: spillMs,
    });
    contender.answered += load.all;
    requestsPerSecond.push((load.inWindow * 1_000) / load.windowMs);
  }
  return requestsPerSecond;
}
