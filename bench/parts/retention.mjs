import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { addressWith } from '../../dist/src/modules/monitoring/store/ledger-address.js';
import { KEEPER } from '../../dist/src/modules/monitoring/store/ledger-roles.js';
import { ContenderProcess } from '../contenders/contender-process.mjs';
import { loadedLedger } from '../ledger/loaded-ledger.mjs';
import { loadedSpan } from '../ledger/load-ledger.mjs';
import { watchLocks } from '../ledger/watch-locks.mjs';

const SEAL_EVERY_MS = 200;
const MOST_CALLS = 20;

/** For how long writers are held up while a month of a loaded ledger is taken out and dropped, and without that. */
export async function retention({ cluster, schedule, log }) {
  const { database } = await loadedLedger(cluster, schedule.ledger.events.at(-1), log);
  const retirement = await announceFirstMonth(cluster, database);
  await cluster.checkpoint();
  const writer = await ContenderProcess.start(cluster, {
    ...{ name: 'keep-writing', script: 'keep-writing.mjs', shared: database },
  });
  const stopSealing = sealAll(cluster, database);
  const calm = await whileWriting(writer, schedule, () => delay(schedule.retention.calmMs));
  const stopWatching = await watchLocks(cluster.urlOf(database, { superuser: true }), writer.name);
  let calls;
  const dropping = await whileWriting(writer, schedule, async () => {
    await delay(schedule.retention.calmMs / 4);
    calls = await retireMonth(cluster, database, retirement);
    await delay(schedule.retention.calmMs / 4);
  });
  const locks = await stopWatching();
  await stopSealing();
  await writer.close();
  await writer.forget();
  return { ...retirement, calm, dropping, ...locks, calls };
}

/** The oldest month, retired by a policy, and as far as being dropped: archived and announced, for the benchmark's sake. */
async function announceFirstMonth(cluster, database) {
  const id = randomUUID();
  const { fromMs } = loadedSpan();
  const month = `audit_event_${new Date(fromMs).toISOString().slice(0, 7).replace('-', '_')}`;
  const [{ planned }] = await cluster.query(
    database,
    `SELECT audit_retirement_plan('${id}', '${month}', '{"days": 300}', now(), NULL) AS planned`,
  );
  if (!planned) throw new Error(`Cannot measure the retention: nothing of ${month} is due.`);
  const [{ events }] = await cluster.query(
    database,
    `UPDATE audit_retirement SET state = 'announced', event_id = id, entry = '' WHERE id = '${id}' RETURNING events`,
  );
  const [{ bytes }] = await cluster.query(database, `SELECT pg_total_relation_size('${month}') AS bytes`);
  return { id, month, events: Number(events), bytes: Number(bytes) };
}

async function whileWriting(writer, { retention: { writers, batchEvents } }, work) {
  await writer.ask('start', { writers, batchEvents });
  await work();
  return writer.ask('stop');
}

/** In the sequencer's place: takes what waits for its place off the queue. */
function sealAll(cluster, database) {
  let isSealing = true;
  const sealing = (async () => {
    while (isSealing) {
      await cluster.query(database, 'DELETE FROM audit_unsequenced');
      await delay(SEAL_EVERY_MS);
    }
  })();
  return async () => {
    isSealing = false;
    await sealing;
  };
}

/** Calls as the keeper does until the month is gone. Returns what each call answered, and how long it took. */
async function retireMonth(cluster, database, { id }) {
  const client = new pg.Client({ connectionString: addressWith(cluster.urlOf(database), KEEPER.settings) });
  await client.connect();
  const calls = [];
  try {
    while (calls.at(-1)?.answer !== 'retired') {
      if (calls.length === MOST_CALLS) throw new Error(`Cannot drop the month: ${JSON.stringify(calls)}.`);
      const startedMs = performance.now();
      const { rows } = await client.query('SELECT audit_retire_month($1) AS answer', [id]);
      calls.push({ answer: rows[0].answer, tookMs: performance.now() - startedMs });
    }
  } finally {
    await client.end();
  }
  return calls;
}
