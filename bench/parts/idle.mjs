import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcessCpuMicros } from '../measure/process-cpu.mjs';
import { finish, startHttpContender } from './measure-rounds.mjs';

const NAMES = ['bare', 'durable'];
const MINUTE_MS = 60_000;

/** Measures what the ledger adds to the start of an application, and to an application that nobody uses. */
export async function idle({ cluster, schedule }) {
  const measured = Object.fromEntries(
    NAMES.map((name) => [name, { startMs: [], startCpuMs: [], rssMiB: [], cpuMs: [], transactions: [], sessions: [] }]),
  );
  for (let round = 0; round < schedule.idle.rounds; round++) {
    const contenders = [];
    for (const name of NAMES) {
      const startedAtMs = performance.now();
      const contender = await startHttpContender(cluster, name, 'express');
      measured[name].startMs.push(performance.now() - startedAtMs);
      measured[name].startCpuMs.push((await readProcessCpuMicros(contender.pid)) / 1_000);
      contenders.push(contender);
    }
    for (const contender of contenders) contender.thaw();
    await delay(schedule.idle.settleMs);
    const before = await Promise.all(contenders.map((each) => readState(cluster, each)));
    await delay(schedule.idle.windowMs);
    const after = await Promise.all(contenders.map((each) => readState(cluster, each)));
    for (const [nth, contender] of contenders.entries()) {
      const perMinute = (name) => ((after[nth][name] - before[nth][name]) * MINUTE_MS) / schedule.idle.windowMs;
      const mine = measured[contender.name];
      mine.rssMiB.push(after[nth].rssMiB);
      mine.sessions.push(after[nth].sessions);
      mine.cpuMs.push(perMinute('cpuMs'));
      mine.transactions.push(perMinute('transactions'));
      await finish(cluster, contender);
    }
  }
  return measured;
}

/** An idle ledger uses no explicit transactions, so each of its statements is a transaction. */
const STATE = `
  SELECT xact_commit + xact_rollback AS transactions,
         (SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name LIKE 'nestjs-audit-ledger%') AS sessions
    FROM pg_stat_database WHERE datname = current_database()`;

async function readState(cluster, { database, pid }) {
  const [{ transactions, sessions }] = await cluster.query(database, STATE);
  const [, rss] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return {
    transactions: Number(transactions),
    sessions: Number(sessions),
    rssMiB: Number(rss) / 1_024,
    cpuMs: (await readProcessCpuMicros(pid)) / 1_000,
  };
}
