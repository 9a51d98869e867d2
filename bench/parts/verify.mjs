import { ContenderProcess } from '../contenders/contender-process.mjs';

const WAYS = {
  read: { work: 'read' },
  'verify-2': { work: 'verify', threads: 2 },
};

const FILLERS = 2;

/** Drops indexes that a verification does not use, because filling them would take most of the time. */
const DROP_INDEXES = `
  DO $$ DECLARE name regclass; BEGIN
    FOR name IN SELECT indexrelid FROM pg_index WHERE indrelid = 'audit_event'::regclass AND NOT indisunique LOOP
      EXECUTE format('DROP INDEX %s', name);
    END LOOP;
  END $$`;

/**
 * Measures how many events per second are verified, compared with only reading and hashing the same rows. The ledger's events are all
 * sealed as an application seals them. Also measures the memory of each process.
 */
export async function verify({ cluster, schedule, log }) {
  const database = await cluster.createDatabase();
  await cluster.query(database, DROP_INDEXES);
  const sealer = await ContenderProcess.start(cluster, { name: 'sealer', script: 'check-log.mjs', shared: database });
  const { events, rounds } = schedule.verify;
  await fill(cluster, database, events);
  const { verifierKeys } = await sealer.ask('run', { work: 'seal', events });
  await cluster.query(database, 'VACUUM (ANALYZE) audit_event');
  await cluster.query(database, 'VACUUM (ANALYZE) audit_leaf');
  await cluster.checkpoint();
  log(`${events.toLocaleString('en-US')} events are sealed: verifying`);
  const measured = { events, ...(await compare(cluster, database, { events, rounds, verifierKeys })) };
  await sealer.close();
  await sealer.forget();
  await cluster.drop(database);
  return measured;
}

async function fill(cluster, database, events) {
  const share = Math.ceil(events / FILLERS);
  const fillOne = async (count) => {
    const contender = await ContenderProcess.start(cluster, {
      name: 'filler',
      script: 'check-log.mjs',
      shared: database,
    });
    await contender.ask('run', { work: 'fill', events: count });
    await contender.close();
    await contender.forget();
  };
  await Promise.all(Array.from({ length: FILLERS }, (_, nth) => fillOne(Math.min(share, events - nth * share))));
}

/** Runs each measurement in a separate process, so that the memory of each can be measured. */
async function compare(cluster, database, { events, rounds, verifierKeys }) {
  const compared = Object.fromEntries(Object.keys(WAYS).map((name) => [name, { perSecond: [], peakMiB: 0 }]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries(WAYS)) {
      const contender = await ContenderProcess.start(cluster, { name, script: 'check-log.mjs', shared: database });
      const { tookMs, peakMiB } = await contender.ask('run', { ...way, verifierKeys });
      await contender.close();
      await contender.forget();
      compared[name].perSecond.push((events * 1_000) / tookMs);
      compared[name].peakMiB = Math.max(compared[name].peakMiB, peakMiB);
    }
  }
  return compared;
}
