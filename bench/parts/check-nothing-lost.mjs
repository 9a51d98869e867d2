import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/** A benchmark that loses rows measures nothing. */
export async function checkNothingLost(cluster, { name, database, answered }, table, patienceMs = PATIENCE_MS) {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    const rows = await cluster.countRows(database, table);
    if (rows === answered) return;
    if (rows > answered || performance.now() > giveUpAtMs) {
      throw new Error(`The contender ${name} answered ${answered} requests, and ${table} has ${rows} rows.`);
    }
    await delay(50);
  }
}
