// When it gets a message, asks a loaded ledger for pages of events, with the product's own query on one connection.
import { performance } from 'node:perf_hooks';
import { Catalogue } from '../../dist/src/audit/nest-free.js';
import { AuditQuery } from 'nestjs-audit-ledger/monitoring';
import { resolveMonitoringOptions } from '../../dist/src/monitoring/monitoring-options.js';
import { LedgerReader } from '../../dist/src/monitoring/store/ledger-reader.service.js';
import { SHAPES } from '../ledger/shapes.mjs';
import { percentile } from '../statistics.mjs';

const WARM_UP_DRAWS = 20;
const EXPLAIN = 'EXPLAIN (ANALYZE, BUFFERS, SERIALIZE TEXT, TIMING OFF, FORMAT JSON)';

const reader = new LedgerReader(
  resolveMonitoringOptions({
    ...{ connectionUrl: process.env.BENCH_DATABASE_URL, authorize: () => false, maxReadConnections: 1 },
  }),
);
const audit = new AuditQuery(reader, new Catalogue(), { monthsWithin: () => undefined }); // the ledger has no archives

/** Stands for each row of a measured query: AuditQuery counts the rows, because the count decides whether it continues to search. */
const ROW = { metadata: {}, details: {}, id: '00000000-0000-7000-8000-000000000000', index: null };

/** Set while the server measures the statements of a query instead of answering them. */
let inServer;
const readRows = reader.eventRows.bind(reader);
reader.eventRows = async (access, text, ...rest) => {
  if (inServer === undefined) return readRows(access, text, ...rest);
  const [row] = await readRows(access, `${EXPLAIN} ${text}`, ...rest);
  const [{ Plan: plan, ...times }] = row['QUERY PLAN'];
  inServer.ms += times['Planning Time'] + times['Execution Time'];
  inServer.blocks += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  return Array.from({ length: plan['Actual Rows'] }, () => ROW);
};

process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void (message.kind === 'run' ? run(message) : close()));

async function run(how) {
  const shapes = {};
  for (const [name, shape] of Object.entries(SHAPES)) shapes[name] = await measure(shape, how);
  process.send({ kind: 'run', shapes });
}

/** The server times half of the draws, and the client the other half. The two halves are different draws, so that no draw is read twice. */
async function measure(shape, { events, draws, patienceMs }) {
  const next = shape({ events, ask });
  for (let draw = 0; draw < WARM_UP_DRAWS; draw++) await ask(await next());
  const server = [];
  const client = [];
  const giveUpAt = performance.now() + patienceMs;
  while (client.length < draws && performance.now() < giveUpAt) {
    server.push(await timeInServer(await next()));
    client.push(await timeHere(await next()));
  }
  return {
    draws: server.length,
    server: percentiles(server.map(({ ms }) => ms)),
    blocks: Math.round(
      percentile(
        server.map(({ blocks }) => blocks),
        99,
      ),
    ),
    client: percentiles(client),
  };
}

async function ask({ access, query }) {
  return audit.find(access, query);
}

async function timeInServer({ access, query }) {
  const measured = { ms: 0, blocks: 0 };
  inServer = measured;
  try {
    await audit.find(access, query);
    return measured;
  } finally {
    inServer = undefined;
  }
}

async function timeHere(question) {
  const startedMs = performance.now();
  await ask(question);
  return performance.now() - startedMs;
}

function percentiles(times) {
  return { p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) };
}

async function close() {
  await reader.onApplicationShutdown();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
