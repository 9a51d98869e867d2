import { loadLedger } from './load-ledger.mjs';

/** The ledgers that were loaded, by cluster. */
const loaded = new WeakMap();

/**
 * A ledger of at least this many events, in a database that the parts which look at one share; it goes with the cluster.
 *
 * @returns its database, how many events it has, and how long they took to load, in milliseconds
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
