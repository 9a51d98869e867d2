import { CONTENDERS } from '../contenders/contenders.mjs';
import { runFixedRateLoad } from '../load/fixed-rate-load.mjs';
import { CONNECTIONS } from '../schedule.mjs';
import { median, percentile } from '../statistics.mjs';
import { checkNothingLost } from './check-nothing-lost.mjs';
import { finish, measureWindow, ORDER_REQUEST, startHttpContender } from './measure-rounds.mjs';

const MAX_PROBE_MS = 1_500;
const SLICE_MS = 1_000;

const NAMES = ['bare', 'insert', 'durable'];

/** The request rate is half of the durable contender's maximum. */
export async function latency(given) {
  return { ...(await measureAdapter(given, 'express')), fastify: await measureAdapter(given, 'fastify') };
}

/** The contenders take turns of one second, so that anything that slows the machine slows all of them. */
async function measureAdapter({ cluster, schedule, parts }, adapter) {
  const contenders = await Promise.all(NAMES.map((name) => startHttpContender(cluster, name, adapter)));
  const maximum = await maximumOf(cluster, schedule, contenders.at(-1), parts[adapter]);
  const requestsPerSecond = maximum / 2;
  const measured = { requestsPerSecond, ...Object.fromEntries(NAMES.map((name) => [name, emptyTimes()])) };
  const sliceMs = Math.min(SLICE_MS, schedule.latencyMs);
  for (let round = 0; round < schedule.rounds; round++) {
    await cluster.checkpoint();
    const seen = Object.fromEntries(NAMES.map((name) => [name, { latenciesMs: [], foundMs: [], gapMs: 0 }]));
    for (let slice = 0; slice < schedule.latencyMs / sliceMs; slice++) {
      for (const contender of contenders) {
        const { latenciesMs, foundMs, gapMs } = await measureSlice(cluster, schedule, contender, {
          requestsPerSecond,
          sliceMs,
        });
        const mine = seen[contender.name];
        mine.latenciesMs.push(...latenciesMs);
        mine.foundMs.push(...foundMs);
        mine.gapMs = Math.max(mine.gapMs, gapMs);
      }
    }
    for (const [name, { latenciesMs, foundMs, gapMs }] of Object.entries(seen)) {
      const { p50Ms, p99Ms, p999Ms, found99Ms, gapMs: gaps } = measured[name];
      p50Ms.push(percentile(latenciesMs, 50));
      p99Ms.push(percentile(latenciesMs, 99));
      p999Ms.push(percentile(latenciesMs, 99.9));
      gaps.push(gapMs);
      if (foundMs.length > 0) found99Ms.push(percentile(foundMs, 99));
    }
  }
  for (const contender of contenders) await finish(cluster, contender);
  return measured;
}

function emptyTimes() {
  return { p50Ms: [], p99Ms: [], p999Ms: [], found99Ms: [], gapMs: [] };
}

async function maximumOf(cluster, schedule, durable, part) {
  const window = { warmUpMs: schedule.firstWarmUpMs, windowMs: Math.min(schedule.latencyMs, MAX_PROBE_MS) };
  const probed = await measureWindow(cluster, durable, window);
  return part ? median(part.durable.requestsPerSecond) : probed.requestsPerSecond;
}

async function measureSlice(cluster, schedule, contender, { requestsPerSecond, sliceMs }) {
  contender.thaw();
  await contender.ask('gap'); // the measurement of the gap starts now
  const finding = contender.name === 'durable' ? contender.ask('find', { windowMs: sliceMs }) : { foundMs: [] };
  const { latenciesMs, all } = await runFixedRateLoad({
    port: contender.port,
    request: ORDER_REQUEST,
    connections: CONNECTIONS,
    requestsPerSecond,
    warmUpMs: schedule.warmUpMs,
    windowMs: sliceMs,
  });
  const { gapMs } = await contender.ask('gap');
  const { foundMs } = await finding;
  contender.answered += all + foundMs.length;
  const { table } = CONTENDERS[contender.name];
  if (table) await checkNothingLost(cluster, contender, table);
  contender.freeze();
  return { latenciesMs, foundMs, gapMs };
}
