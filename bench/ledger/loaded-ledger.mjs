import { loadLedger } from './load-ledger.mjs';

const loaded = new WeakMap();

/** The parts that only read share the ledger's database, which is removed with the cluster. */
export async function loadedLedger(cluster, events, log) {
  const ledger = loaded.get(cluster) ?? { database: await cluster.createDatabase(), events: 0, tookMs: 0 };
  if (ledger.events < events) {
    ledger.tookMs += await loadLedger(cluster, ledger.database, { from: ledger.events, to: events }, log);
    ledger.events = events;
    loaded.set(cluster, ledger);
  }
  return ledger;
}
