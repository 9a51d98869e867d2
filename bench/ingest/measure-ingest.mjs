// What JetStream in front of the ledger takes: node bench/ingest/measure-ingest.mjs. Three servers of NATS, PostgreSQL, the application and the worker share
// this machine. Writes bench/results/ingest.json.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { catalogueFactRules } from '../../dist/src/audit/index.js';
import { hashEnvelope, writeEnvelope } from '../../dist/src/modules/monitoring/ingest/envelope.js';
import { sealEvents } from '../../dist/src/modules/monitoring/store/seal-row.js';
import { BenchCluster } from '../cluster/bench-cluster.mjs';
import { readProcessCpuMicros } from '../measure/process-cpu.mjs';
import { makeEvent } from '../parts/backend-cpu.mjs';
import { startNats } from './nats-servers.mjs';

const ORIGIN = 'bench.example/log';
const ENVELOPE_EVENTS = 100;
const WINDOW_MS = 8_000;
const PER_SECOND = 5_000;
const CALLERS = 256;

const nats = await startNats();
const cluster = await BenchCluster.start();
const folder = await mkdtemp(join(tmpdir(), 'bench-ingest-'));
const processes = [];
try {
  const database = await cluster.createDatabase();
  const connectionUrl = cluster.urlOf(database);
  const ingest = { jetstream: { servers: nats.servers, stream: 'AUDIT', tls: false, worker: false } };
  const options = {
    connectionUrl,
    origin: ORIGIN,
    signingKeyFile: join(folder, 'key'),
    spillDir: join(folder, 'spill'),
    ingest,
  };
  const natsBefore = await cpuOf(nats.pids);
  const alone = await publishAlone();
  const aloneNatsMicros = ((await cpuOf(nats.pids)) - natsBefore) / alone.events;
  const writer = await startWriter(options);
  let worker = await startWorker(connectionUrl, ingest);
  let expected = await count(database);
  const add = async (call) => {
    const answer = await writer.run(call);
    expected += answer.events;
    return answer;
  };
  await add({ run: 'flood', windowMs: 2_000, rate: CALLERS });
  await untilStored(database, expected);
  const cpu = async () => ({
    nats: await cpuOf(nats.pids),
    writer: await cpuOf([writer.pid]),
    worker: await cpuOf([worker.pid]),
  });
  const cpuBefore = await cpu();
  const startedMs = performance.now();
  const flood = await add({ run: 'flood', windowMs: WINDOW_MS, rate: CALLERS });
  await untilStored(database, expected);
  const endToEnd = flood.events / ((performance.now() - startedMs) / 1_000);
  const cpuAfter = await cpu();
  const micros = (name) => Number(((cpuAfter[name] - cpuBefore[name]) / flood.events).toFixed(1));
  const paced = await add({ run: 'pace', windowMs: WINDOW_MS, rate: PER_SECOND });
  await untilStored(database, expected);
  worker.kill('SIGTERM');
  await once(worker, 'exit');
  const atDrain = expected;
  const backlog = await add({ run: 'flood', windowMs: WINDOW_MS, rate: CALLERS });
  worker = await startWorker(connectionUrl, ingest);
  while ((await count(database)) === atDrain) await pause(5);
  const drainFromMs = performance.now();
  await untilStored(database, expected);
  const drained = backlog.events / ((performance.now() - drainFromMs) / 1_000);
  const result = {
    measuredAt: new Date().toISOString(),
    loadAverage: loadavg()[0],
    machine: { cpus: cpus().length, model: cpus()[0].model, node: process.version, nats: '2.9.10, three servers' },
    jetStreamAloneEventsPerSecond: Math.round(alone.perSecond),
    cpuMicrosPerEvent: {
      natsAlone: Number(aloneNatsMicros.toFixed(1)),
      ...{ nats: micros('nats'), application: micros('writer'), worker: micros('worker') },
    },
    acceptedEventsPerSecond: Math.round(flood.events / (flood.ms / 1_000)),
    endToEndEventsPerSecond: Math.round(endToEnd),
    acceptMsAt5000PerSecond: { p50: paced.p50, p99: paced.p99, reached: Math.round(paced.events / (paced.ms / 1_000)) },
    backlogEvents: backlog.events,
    drainEventsPerSecond: Math.round(drained),
    drainToEndToEnd: Number((drained / endToEnd).toFixed(2)),
    statuses: backlog.statuses,
  };
  console.log(JSON.stringify(result, undefined, 2));
  await writeFile(new URL('../results/ingest.json', import.meta.url), `${JSON.stringify(result, undefined, 2)}\n`);
} finally {
  for (const child of processes) child.kill('SIGKILL');
  await nats.stop();
  await cluster.remove();
  await rm(folder, { recursive: true, force: true });
}

/** Envelopes of 100 events, some in flight, as fast as the servers acknowledge them. */
async function publishAlone() {
  const rules = catalogueFactRules();
  const envelope = writeEnvelope(
    ORIGIN,
    sealEvents(Array.from({ length: ENVELOPE_EVENTS }, makeEvent), () => rules),
  );
  const connection = await connect({ servers: nats.servers });
  const client = jetstream(connection);
  const manager = await jetstreamManager(connection, { checkAPI: false });
  await whenReady(() => manager.streams.add({ name: 'ALONE', subjects: ['ALONE.>'], num_replicas: 3, discard: 'new' }));
  const startedMs = performance.now();
  let envelopes = 0;
  const publish = async () => {
    for (; performance.now() - startedMs < WINDOW_MS; envelopes++) {
      await client.publish('ALONE.envelopes', envelope, { msgID: `${hashEnvelope(envelope)}-${Math.random()}` });
    }
  };
  await Promise.all(Array.from({ length: 4 }, publish));
  const seconds = (performance.now() - startedMs) / 1_000;
  await manager.streams.delete('ALONE');
  await connection.close();
  const events = envelopes * ENVELOPE_EVENTS;
  return { events, perSecond: events / seconds };
}

async function startWriter(options) {
  const child = spawn(process.execPath, [new URL('writer.mjs', import.meta.url).pathname, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  processes.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    pid: child.pid,
    async run(call) {
      child.stdin.write(`${JSON.stringify(call)}\n`);
      return JSON.parse((await lines.next()).value);
    },
  };
}

async function startWorker(url, ingest) {
  const file = join(folder, 'ingest.json');
  await writeFile(file, JSON.stringify(ingest));
  const script = new URL('../../dist/src/cli/main.js', import.meta.url).pathname;
  const args = [script, 'worker', '--file', file, '--database-url', url];
  const child = spawn(process.execPath, args, {
    stdio: 'ignore',
    env: { ...process.env, AUDIT_LEDGER_ORIGIN: ORIGIN },
  });
  processes.push(child);
  return child;
}

async function count(database) {
  const rows = await cluster.query(database, 'SELECT count(*)::int AS events FROM audit_event');
  return rows[0].events;
}

/** Resolves when the ledger has so many events. */
async function untilStored(database, events) {
  while ((await count(database)) < events) await pause(50);
}

/** The servers have to elect a leader first. */
async function whenReady(work) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return await work();
    } catch {
      await pause(200);
    }
  }
  return work();
}

/** Of processes, all three servers of NATS for example, in microseconds. */
async function cpuOf(pids) {
  const each = await Promise.all(pids.map((pid) => readProcessCpuMicros(pid)));
  return each.reduce((sum, micros) => sum + micros, 0);
}
