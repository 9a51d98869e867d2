import { CONTENDERS, getKind } from '../contenders/contenders.mjs';
import { runFixedRateLoad } from '../load/fixed-rate-load.mjs';
import { CONNECTIONS } from '../schedule.mjs';
import { percentile } from '../statistics.mjs';
import { settle } from './check-nothing-lost.mjs';
import { finish, namesWith, ORDER_REQUEST, startHttpContender } from './measure-rounds.mjs';

const SLICE_MS = 1_000;
const PERCENTS = [50, 90, 99];

/** Measures every contender at the same rates. They take turns of one second, so that what slows the machine slows all of them. */
export async function latency({ cluster, schedule }) {
  const names = namesWith(cluster, ['bare', 'insert', 'save', 'durable', 'web']);
  const contenders = await Promise.all(names.map((name) => startHttpContender(cluster, name, 'express')));
  const measured = {};
  for (const rate of schedule.latency.rates) {
    const figures = Object.fromEntries(names.map((name) => [name, { p50Ms: [], p90Ms: [], p99Ms: [], gapMs: [] }]));
    for (let round = 0; round < schedule.latency.rounds; round++) await measureRound(contenders, rate, figures);
    measured[rate] = figures;
  }
  for (const contender of contenders) await finish(cluster, contender);
  return measured;

  async function measureRound(contenders, rate, figures) {
    await cluster.checkpoint();
    const seen = contenders.map(() => ({ latenciesMs: [], gapMs: 0 }));
    for (let slice = 0; slice < schedule.latency.slices; slice++) {
      for (const [nth, contender] of contenders.entries()) {
        const { latenciesMs, gapMs } = await measureSlice(contender, rate);
        seen[nth].latenciesMs.push(...latenciesMs);
        seen[nth].gapMs = Math.max(seen[nth].gapMs, gapMs);
      }
    }
    for (const [nth, { name }] of contenders.entries()) {
      for (const percent of PERCENTS) figures[name][`p${percent}Ms`].push(percentile(seen[nth].latenciesMs, percent));
      figures[name].gapMs.push(seen[nth].gapMs);
    }
  }

  async function measureSlice(contender, requestsPerSecond) {
    contender.thaw();
    await contender.ask('gap'); // the measurement of the gap starts now
    const { latenciesMs, all } = await runFixedRateLoad({
      port: contender.port,
      request: ORDER_REQUEST,
      connections: CONNECTIONS,
      requestsPerSecond,
      warmUpMs: schedule.warmUpMs,
      windowMs: SLICE_MS,
    });
    const { gapMs } = await contender.ask('gap');
    contender.answered += all;
    await settle(cluster, contender, CONTENDERS[getKind(contender.name)].table);
    contender.freeze();
    return { latenciesMs, gapMs };
  }
}
