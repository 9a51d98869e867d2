import { ContenderProcess } from '../contenders/contender-process.mjs';

const WAYS = {
  read: { work: 'read' },
  'verify-2': { work: 'verify', threads: 2 },
};

const FILLERS = 2;

/** Filling indexes that a verification does not use would take most of the time. */
const DROP_INDEXES = `
  DO $$ DECLARE name regclass; BEGIN
    FOR name IN SELECT indexrelid FROM pg_index WHERE indrelid = 'audit_event'::regclass AND NOT indisunique LOOP
      EXECUTE format('DROP INDEX %s', name);
    END LOOP;
  END $$`;

/** All events are sealed as an application seals them. */
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

/** A separate process for each measurement makes the memory of each measurable. */
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
