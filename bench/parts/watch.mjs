import { ContenderProcess } from '../contenders/contender-process.mjs';
import { loadDay } from '../ledger/load-day.mjs';

/** What all shipped rules cost over a day of events: time, CPU and memory of the process that runs them, each round in a new one. */
export async function watch({ cluster, schedule, log }) {
  const { events, rounds } = schedule.watch;
  const database = await cluster.createDatabase();
  await loadDay(cluster, database, events);
  log(`a day of ${events.toLocaleString('en-US')} events: running the rules`);
  const measured = { events, rules: 0, alerts: 0, seconds: [], cpuSeconds: [], peakMiB: [] };
  for (let round = 0; round < rounds; round++) {
    await cluster.query(database, 'DELETE FROM audit_watch_group; DELETE FROM audit_watch');
    const before = await countAlerts(cluster, database);
    const contender = await ContenderProcess.start(cluster, {
      ...{ name: 'watch', script: 'watch-day.mjs', shared: database },
    });
    const { tookMs, cpuSeconds, peakMiB, rules } = await contender.ask('run');
    await contender.close();
    await contender.forget();
    const [{ place }] = await cluster.query(database, 'SELECT place::int FROM audit_watch');
    if (place !== events)
      throw new Error(`The rules looked at ${place} of ${events} events. What stopped them stands above.`);
    measured.rules = rules;
    measured.alerts = (await countAlerts(cluster, database)) - before;
    measured.seconds.push(tookMs / 1_000);
    measured.cpuSeconds.push(cpuSeconds);
    measured.peakMiB.push(peakMiB);
  }
  await cluster.drop(database);
  return measured;
}

async function countAlerts(cluster, database) {
  const [{ count }] = await cluster.query(
    database,
    `SELECT count(*)::int FROM audit_event WHERE type = 'alert_raised'`,
  );
  return count;
}
