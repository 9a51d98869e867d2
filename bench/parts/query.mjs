import { ContenderProcess } from '../contenders/contender-process.mjs';
import { loadedLedger } from '../ledger/loaded-ledger.mjs';
import { warmLedger } from '../ledger/warm-ledger.mjs';

export async function query({ cluster, schedule, log }) {
  const measured = [];
  for (const events of schedule.ledger.events) {
    const { database, tookMs } = await loadedLedger(cluster, events, log);
    const [{ bytes }] = await cluster.query(database, 'SELECT pg_database_size(current_database()) AS bytes');
    log(`${events.toLocaleString('en-US')} events, ${Math.round(Number(bytes) / 2 ** 20)} MiB: asking`);
    await warmLedger(cluster, database);
    const contender = await ContenderProcess.start(cluster, {
      ...{ name: 'ask-ledger', script: 'ask-ledger.mjs', shared: database },
    });
    const { shapes } = await contender.ask('run', { events, ...schedule.query });
    await contender.close();
    await contender.forget();
    measured.push({ events, loadSeconds: tookMs / 1_000, bytes: Number(bytes), shapes });
  }
  return measured;
}
