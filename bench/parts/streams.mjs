import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { readChildrenCpuMicros, readMainThreadCpuMicros } from '../measure/process-cpu.mjs';
import { percentile } from '../statistics.mjs';
import { checkNothingLost } from './check-nothing-lost.mjs';
import { measureWindow, startHttpContender } from './measure-rounds.mjs';
import {
  checkReceived,
  countSent,
  makeLedger,
  openStreamScene,
  poll,
  settingsOf,
  startContender,
  takeReport,
  waitUntilSent,
} from './stream-scene.mjs';

/** So that a contender leads again after it was frozen, and sends. */
const HURRIED = { warmUpMs: 0, windowMs: 100 };

const LAG_PER_SECOND = 1_000;

/** What streams cost those who record events, how fast they send a backlog, and how late they are at a steady rate. */
export async function streams({ cluster, schedule, log }) {
  const scene = await openStreamScene(cluster, schedule.streams);
  try {
    log(`a backlog of ${schedule.streams.backlog.toLocaleString('en-US')} events`);
    const backlog = await measureBacklog(scene);
    log(`${LAG_PER_SECOND} events a second`);
    const lag = await measureLag(scene);
    log('ingest, with three streams and without');
    const ingest = await compareIngest(scene, schedule, {
      way: 'record',
      start: startRecorder,
      measure: measureRecorder,
    });
    log('an HTTP route, with three streams and without');
    const http = await compareIngest(scene, schedule, { way: 'route', start: startRoute, measure: measureRoute });
    return { waiting: schedule.streams.waiting, ingest, http, backlog, lag };
  } finally {
    await scene.receiver.close();
    await scene.receiver.forget();
    await cluster.drop(scene.home);
  }
}

/** Events a second of one stream with a full backlog: to a webhook, and to a file; each round a new stream. */
async function measureBacklog({ cluster, sizes, receiver, streamOf, live }) {
  const events = sizes.backlog;
  const ledger = await makeLedger(cluster, events);
  const measured = { events, webhook: { eventsPerSecond: [], cpu: [] }, file: { eventsPerSecond: [], cpu: [] } };
  for (let round = 0; round < sizes.backlogRounds; round++) {
    for (const way of ['webhook', 'file']) {
      await cluster.checkpoint();
      const name = `backlog-${way}-${round}`;
      const destination = way === 'webhook' ? live : { type: 'file', path: join(ledger.directory, name) };
      const sender = await startContender(cluster, {
        ...{ ...ledger, name, script: 'pace-events.mjs', streams: [streamOf(name, destination)] },
      });
      const { eventsPerSecond, cpu } = await timeDrain(sender, name, events);
      measured[way].eventsPerSecond.push(eventsPerSecond);
      measured[way].cpu.push(cpu);
      await sender.close();
      if (way === 'webhook') await checkReceived(receiver, name, events);
      await sender.forget();
    }
  }
  await ledger.forget();
  return measured;
}

/** From its first batches on, until it is at the end. */
async function timeDrain({ cluster, database, pid }, name, events) {
  const look = async () => {
    const [row] = await cluster.query(
      database,
      `SELECT position::int, sent_events::int AS sent FROM audit_stream WHERE name = '${name}'`,
    );
    const postgres = await readChildrenCpuMicros(await cluster.serverPid());
    return { sent: row?.sent ?? 0, postgres, main: await readMainThreadCpuMicros(pid), atMs: performance.now() };
  };
  const until = async (isThere) =>
    poll(async () => {
      const seen = await look();
      return isThere(seen) && seen;
    });
  const first = await until(({ sent }) => sent > 0);
  const last = await until(({ sent }) => sent >= events);
  const sent = last.sent - first.sent;
  return {
    eventsPerSecond: (sent * 1_000) / (last.atMs - first.atMs),
    cpu: { main: (last.main - first.main) / sent, postgres: (last.postgres - first.postgres) / sent },
  };
}

/** From when an event was due to be recorded to when the receiver answered its batch, at a fixed rate. */
async function measureLag({ cluster, sizes, receiver, streamOf, live }) {
  const measured = { perSecond: LAG_PER_SECOND, p50Ms: [], p99Ms: [], longestMs: [] };
  const contender = await startContender(cluster, {
    ...{ name: 'lag', script: 'pace-events.mjs', streams: [streamOf('lag', live)] },
  });
  for (let round = -1; round < sizes.lagRounds; round++) {
    const windowMs = round < 0 ? 2_000 : sizes.lagMs;
    const { due } = await contender.ask('run', { perSecond: LAG_PER_SECOND, windowMs });
    await waitUntilSent(contender, ['lag']);
    const { batches } = await takeReport(receiver, 'lag');
    if (round < 0) continue; // the warm-up
    const dueMs = new Map(due);
    const lags = batches.flatMap(({ ids, atMs }) =>
      ids.filter((id) => dueMs.has(id)).map((id) => atMs - dueMs.get(id)),
    );
    if (lags.length !== due.length) throw new Error(`The receiver got ${lags.length} of ${due.length} events.`);
    measured.p50Ms.push(percentile(lags, 50));
    measured.p99Ms.push(percentile(lags, 99));
    measured.longestMs.push(Math.max(...lags));
  }
  await contender.close();
  await contender.forget();
  return measured;
}

/** One that records with no stream, and one with three, of which one has a dead destination and events that wait for it; in turn. */
async function compareIngest(scene, schedule, { way, start, measure }) {
  const { cluster, sizes, receiver } = scene;
  const contenders = [];
  for (const name of ['none', 'three']) {
    const ledger = await makeLedger(cluster, sizes.waiting);
    const all = name === 'none' ? [] : threeStreams(scene, way, ledger);
    const contender = await start(cluster, { ...ledger, name, streams: all });
    const sending = all.slice(0, LIVING).map((stream) => stream.name);
    Object.assign(contender, { ledger, answered: sizes.waiting, sending, rates: [], sent: [] });
    await waitUntilSent(contender, sending);
    contender.freeze();
    contenders.push(contender);
  }
  for (let round = 0; round < schedule.rounds; round++) {
    for (const contender of contenders) {
      // It may have lost its lead while it was frozen: it leads again once it has sent something.
      await measure(contender, HURRIED);
      await waitUntilSent(contender, contender.sending);
      const { windowMs } = sizes;
      const { perSecond, sent } = await measure(contender, { warmUpMs: schedule.warmUpMs, windowMs });
      contender.rates.push(perSecond);
      contender.sent.push(sent);
      await waitUntilSent(contender, contender.sending);
      contender.freeze();
    }
  }
  for (const contender of contenders) {
    await contender.close();
    await checkNothingLost(cluster, contender, 'audit_event');
    const [live] = contender.sending;
    if (live) await checkReceived(receiver, live, contender.answered);
    await contender.forget();
    await contender.ledger.forget();
  }
  const [none, three] = contenders;
  return { none: none.rates, three: three.rates, sentPerSecond: three.sent };
}

/** How many of the three have a destination that answers. */
const LIVING = 2;

function threeStreams({ streamOf, live, dead }, way, { directory }) {
  return [
    streamOf(`${way}-live`, live),
    streamOf(`${way}-file`, { type: 'file', path: join(directory, 'events') }),
    streamOf(`${way}-dead`, dead),
  ];
}

/** `record()` without HTTP. */
const startRecorder = (cluster, settings) =>
  startContender(cluster, { ...settings, script: 'store-rows.mjs', args: ['record'] });

async function measureRecorder(contender, { warmUpMs, windowMs }) {
  await contender.cluster.checkpoint();
  contender.thaw();
  const before = await countSent(contender);
  const run = await contender.ask('run', { warmUpMs, windowMs });
  const sent = (await countSent(contender)) - before;
  contender.answered += run.all;
  return { perSecond: (run.inWindow * 1_000) / run.windowMs, sent: (sent * 1_000) / (run.windowMs + warmUpMs) };
}

/** The route of the HTTP parts, durable, on Express. */
const startRoute = async (cluster, settings) => {
  const contender = await startHttpContender(cluster, 'durable', 'express', settingsOf(settings));
  contender.thaw();
  return contender;
};

async function measureRoute(contender, { warmUpMs, windowMs }) {
  contender.thaw();
  const before = await countSent(contender);
  const { requestsPerSecond } = await measureWindow(contender.cluster, contender, { warmUpMs, windowMs });
  const sent = (await countSent(contender)) - before;
  contender.thaw();
  return { perSecond: requestsPerSecond, sent: (sent * 1_000) / (windowMs + warmUpMs) };
}
