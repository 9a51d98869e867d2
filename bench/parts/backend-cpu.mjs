import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { catalogueFactRules } from '../../dist/src/audit/index.js';
import { insertBatch } from '../../dist/src/modules/monitoring/store/insert-batch.js';
import { sealEvents } from '../../dist/src/modules/monitoring/store/seal-row.js';
import { makeFacts } from '../contenders/typical-event.mjs';

const BATCH_SIZES = [25, 500];
const NANOSECONDS_A_MICROSECOND = 1_000;

export async function measureBackend(cluster, { rounds, backendRows: rows }) {
  const database = await cluster.createDatabase();
  const client = new pg.Client({ connectionString: cluster.urlOf(database) });
  await client.connect();
  try {
    const measured = BATCH_SIZES.map((batch) => ({ batch, cpuMicros: [], walBytes: [] }));
    for (const { batch } of measured) await insertRowsBy(client, insertBatch, batch, rows / 10); // the first statements also parse and plan
    for (let round = 0; round < rounds; round++) {
      for (const { batch, cpuMicros, walBytes } of measured) {
        await cluster.checkpoint();
        const cost = await costOf(client, () => insertRowsBy(client, insertBatch, batch, rows));
        cpuMicros.push(cost.cpuMicros / rows);
        walBytes.push(cost.walBytes / rows);
      }
    }
    return measured;
  } finally {
    await client.end();
    await cluster.drop(database);
  }
}

export async function insertRowsBy(client, statementOf, batch, rows) {
  const rules = catalogueFactRules();
  for (let stored = 0; stored < rows; stored += batch) {
    const events = Array.from({ length: Math.min(batch, rows - stored) }, makeEvent);
    await client.query(statementOf(sealEvents(events, () => rules)));
  }
}

export function makeEvent() {
  const { actor, request, resource, details } = makeFacts();
  const { tenantId, ...user } = actor;
  return {
    id: uuidv7(),
    schemaVersion: 2,
    occurredAt: new Date().toISOString(),
    type: 'order_created',
    action: 'order_creation',
    outcome: 'success',
    category: 'order',
    severity: 'info',
    actor: { type: 'user', ...user },
    tenantId,
    resource,
    request: { id: user.sessionId, ...request },
    details,
    metadata: {},
  };
}

export async function costOf(client, work) {
  const before = await readCounters(client);
  await work();
  const after = await readCounters(client);
  return { cpuMicros: after.cpuMicros - before.cpuMicros, walBytes: after.walBytes - before.walBytes };
}

async function readCounters(client) {
  const { rows } = await client.query(`SELECT pg_backend_pid() AS pid, pg_current_wal_insert_lsn() - '0/0' AS bytes`);
  const [{ pid, bytes }] = rows;
  const [nanoseconds] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ', 1); // the first number is the time on a processor
  return { cpuMicros: Number(nanoseconds) / NANOSECONDS_A_MICROSECOND, walBytes: Number(bytes) };
}
