import { ContenderProcess } from '../contenders/contender-process.mjs';

const WAYS = {
  read: { work: 'read' },
  'verify-1': { work: 'verify', threads: 1 },
  'verify-2': { work: 'verify', threads: 2 },
};

/** Events a second that the sequencer seals, and that are verified, against merely reading and hashing the same rows. */
export async function integrity({
  cluster,
  schedule: {
    integrity: { events, rounds },
  },
}) {
  const contender = await ContenderProcess.start(cluster, { name: 'check-log', script: 'check-log.mjs' });
  const perSecond = ({ tookMs }) => (events * 1_000) / tookMs;
  await contender.ask('run', { work: 'fill', events });
  await cluster.checkpoint();
  const sealed = perSecond(await contender.ask('run', { work: 'seal', events }));
  const measured = Object.fromEntries(Object.keys(WAYS).map((name) => [name, []]));
  let peakMiB = 0;
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(WAYS)) {
      const run = await contender.ask('run', way);
      peakMiB = Math.max(peakMiB, run.peakMiB);
      if (round > 0) measured[name].push(perSecond(run)); // the first one warms up
    }
  }
  await contender.close();
  await contender.forget();
  return { events, sealed, ...measured, peakMiB };
}
