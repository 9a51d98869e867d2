import { loadLedger } from './load-ledger.mjs';

/** The ledgers that are already loaded, by cluster. */
const loaded = new WeakMap();

/**
 * Returns a ledger with at least this many events. The parts that only read share its database, which is removed with the cluster.
 *
 * @returns the ledger's database, its number of events, and how long loading took, in milliseconds
 */
export async function loadedLedger(cluster, events, log) {
  const ledger = loaded.get(cluster) ?? { database: await cluster.createDatabase(), events: 0, tookMs: 0 };
  if (ledger.events < events) {
    ledger.tookMs += await loadLedger(cluster, ledger.database, { from: ledger.events, to: events }, log);
    ledger.events = events;
    loaded.set(cluster, ledger);
  }
  return ledger;
}
