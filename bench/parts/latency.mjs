import { CONTENDERS } from '../contenders/contenders.mjs';
import { runFixedRateLoad } from '../load/fixed-rate-load.mjs';
import { CONNECTIONS } from '../schedule.mjs';
import { median, percentile } from '../statistics.mjs';
import { checkNothingLost } from './check-nothing-lost.mjs';
import { finish, measureWindow, ORDER_REQUEST, startHttpContender } from './measure-rounds.mjs';

const MAX_PROBE_MS = 1_500;

/** Latencies at half of the rate that the durable contender takes at most, of it and of the bare route, on Express. */
export async function latency({ cluster, schedule, parts }) {
  const contenders = await Promise.all(['bare', 'durable'].map((name) => startHttpContender(cluster, name, 'express')));
  const maximum = await maximumOf(cluster, schedule, contenders[1], parts);
  const requestsPerSecond = maximum / 2;
  const measured = { requestsPerSecond, bare: { p50Ms: [], p99Ms: [] }, durable: { p50Ms: [], p99Ms: [] } };
  for (let round = 0; round < schedule.rounds; round++) {
    for (const contender of contenders) {
      const latenciesMs = await measureLatencies(cluster, schedule, contender, requestsPerSecond);
      measured[contender.name].p50Ms.push(percentile(latenciesMs, 50));
      measured[contender.name].p99Ms.push(percentile(latenciesMs, 99));
    }
  }
  for (const contender of contenders) await finish(cluster, contender);
  return measured;
}

async function maximumOf(cluster, schedule, durable, { express }) {
  const window = { warmUpMs: schedule.firstWarmUpMs, windowMs: Math.min(schedule.latencyMs, MAX_PROBE_MS) };
  const probed = await measureWindow(cluster, durable, window);
  return express ? median(express.durable.requestsPerSecond) : probed.requestsPerSecond;
}

async function measureLatencies(cluster, schedule, contender, requestsPerSecond) {
  await cluster.checkpoint();
  contender.thaw();
  const { latenciesMs, all } = await runFixedRateLoad({
    port: contender.port,
    request: ORDER_REQUEST,
    connections: CONNECTIONS,
    requestsPerSecond,
    warmUpMs: schedule.warmUpMs,
    windowMs: schedule.latencyMs,
  });
  contender.answered += all;
  const { table } = CONTENDERS[contender.name];
  if (table) await checkNothingLost(cluster, contender, table);
  contender.freeze();
  return latenciesMs;
}
