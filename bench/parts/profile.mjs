import { ContenderProcess } from '../contenders/contender-process.mjs';
import { runClosedLoad } from '../load/closed-load.mjs';
import { groupShares, selfTimes } from '../measure/read-profile.mjs';
import { CONNECTIONS } from '../schedule.mjs';
import { ORDER_REQUEST } from './measure-rounds.mjs';

/** Where the durable contender's time goes, on both web frameworks: the shares of groups of functions. */
export async function profile({ cluster, schedule }) {
  const shares = {};
  for (const adapter of ['express', 'fastify']) {
    shares[adapter] = groupShares(await profileContender(cluster, schedule, 'durable', adapter));
  }
  return shares;
}

/** The functions of one contender under full load, warmed up, with their self times, the largest first. */
export async function profileContender(cluster, { profileMs, firstWarmUpMs }, name, adapter) {
  const contender = await ContenderProcess.start(cluster, { name, args: [name, adapter] });
  const { edges } = await runClosedLoad({
    port: contender.port,
    request: ORDER_REQUEST,
    connections: CONNECTIONS,
    warmUpMs: firstWarmUpMs,
    windowMs: profileMs,
    onEdge: async () => (await contender.ask('profile')).taken,
  });
  await contender.close();
  await contender.forget();
  return selfTimes(edges[1]);
}
