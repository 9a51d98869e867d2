import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/**
 * Resolves when the table has one row for each answered request, because a benchmark that loses rows measures nothing.
 *
 * @throws Error if there are too many rows, or if a row is still missing after a minute
 */
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
