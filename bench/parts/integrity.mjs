import { ContenderProcess } from '../contenders/contender-process.mjs';

const BATCHES = [25, 500];
/** As many as come in about half a second. */
const TOGETHER = 5_000;

/** Events a second that the sequencer seals, when it alone works; and what it costs an event, by the size of the statements that added them. */
export async function integrity({
  cluster,
  schedule: {
    rounds,
    integrity: { events },
  },
}) {
  const contender = await start(cluster);
  await contender.ask('run', { work: 'fill', events });
  await cluster.checkpoint();
  const { sealingMs } = await contender.ask('run', { work: 'seal', events });
  await end(contender);
  const costs = BATCHES.map((batch) => ({ batch, postgres: [], main: [], walBytes: [], idleMicros: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { batch, ...cost } of costs) {
      const sealing = await start(cluster);
      await cluster.checkpoint();
      const found = await sealing.ask('run', {
        work: 'costOfSealing',
        events: 4 * TOGETHER,
        batch,
        together: TOGETHER,
      });
      for (const [name, values] of Object.entries(cost)) values.push(found[name]);
      await end(sealing);
    }
  }
  return { events, sealed: (events * 1_000) / sealingMs, costs };
}

function start(cluster) {
  return ContenderProcess.start(cluster, { name: 'check-log', script: 'check-log.mjs' });
}

async function end(contender) {
  await contender.close();
  await contender.forget();
}
