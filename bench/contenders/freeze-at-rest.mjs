import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

const OPEN = (database) => `
  SELECT state FROM pg_stat_activity
   WHERE datname = '${database}' AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL`;

/**
 * Freezes a contender between two of its transactions. If a frozen contender were in a transaction, the server could not remove newer row
 * versions. Everything that is measured afterwards in the same database would then search through these versions.
 *
 * @throws Error if the contender is in a transaction at every attempt for a minute
 */
export async function freezeAtRest(cluster, contender) {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    contender.freeze();
    let open = await cluster.query(contender.database, OPEN(contender.database));
    while (open.some(({ state }) => state === 'active')) {
      await delay(5); // the server may still run a statement, even if the contender is frozen
      open = await cluster.query(contender.database, OPEN(contender.database));
      if (performance.now() > giveUpAtMs) break;
    }
    if (open.length === 0) return;
    if (performance.now() > giveUpAtMs)
      throw new Error(`The contender ${contender.name} always has an open transaction.`);
    contender.thaw();
    await delay(20);
  }
}
