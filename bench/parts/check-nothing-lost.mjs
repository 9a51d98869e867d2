import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/** Waits until every answered request has its row, and each event is sealed. */
export async function settle(cluster, contender, table) {
  if (table === undefined) return;
  await checkNothingLost(cluster, contender, table);
  if (table !== 'audit_event') return;
  while ((await cluster.countSealed(contender.database, contender.answered)) < contender.answered) await delay(20);
}

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
