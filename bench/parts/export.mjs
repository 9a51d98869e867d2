import { createFirstIdAt } from '../../dist/src/monitoring/store/id-time.js';
import { ContenderProcess } from '../contenders/contender-process.mjs';
import { loadedLedger } from '../ledger/loaded-ledger.mjs';
import { loadedSpan } from '../ledger/load-ledger.mjs';

const WAYS = ['copy', 'jsonl', 'csv', 'ocsf', 'cloudevents'];
/** An export of fewer events would end before Node compiles the code. */
const EVENTS = 200_000;

/** The export is compared with a bare `COPY … TO STDOUT` of the same rows. */
export async function exported({ cluster, schedule, log }) {
  const { database, events: loaded } = await loadedLedger(cluster, schedule.ledger.events[0], log);
  const { fromMs, toMs } = loadedSpan();
  const span = { fromMs: Math.floor(toMs - (toMs - fromMs) * Math.min(EVENTS / loaded, 1)), toMs };
  const [first, end] = [span.fromMs, span.toMs].map((ms) => createFirstIdAt(new Date(ms)));
  const [{ count }] = await cluster.query(
    database,
    `SELECT count(*) FROM audit_event WHERE id >= '${first}' AND id < '${end}'`,
  );
  const measured = {
    events: Number(count),
    ...Object.fromEntries(WAYS.map((way) => [way, { eventsPerSecond: [], bytes: 0, peakMiB: 0 }])),
  };
  const contenders = [];
  for (const way of WAYS) {
    contenders.push(
      await ContenderProcess.start(cluster, {
        ...{ name: way, script: 'export-ledger.mjs', args: [way], shared: database },
      }),
    );
  }
  for (let round = 0; round <= schedule.export.rounds; round++) {
    for (const contender of contenders) {
      const { tookMs, bytes, peakMiB } = await contender.ask('run', span);
      const way = measured[contender.name];
      if (round > 0) way.eventsPerSecond.push((measured.events * 1_000) / tookMs); // the first round only warms up
      Object.assign(way, { bytes, peakMiB });
    }
  }
  for (const contender of contenders) {
    await contender.close();
    await contender.forget();
  }
  return measured;
}
