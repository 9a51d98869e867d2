import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ContenderProcess } from '../contenders/contender-process.mjs';
import { checkNothingLost } from './check-nothing-lost.mjs';

const REPLAY_PATIENCE_MS = 120_000;

/** The heap during and after many events, while nobody can write to the ledger for a while in the middle. */
export async function heap({ cluster, schedule }) {
  const { events, stallMs } = schedule.heap;
  const contender = await ContenderProcess.start(cluster, {
    name: 'heap',
    script: 'record-many.mjs',
    execArgv: ['--expose-gc'],
  });
  const running = contender.ask('run', { events });
  await contender.next('half');
  await stall(cluster, contender.database, stallMs);
  const { idleBytes, afterBytes, peakBytes, all, statuses } = await running;
  contender.answered = all;
  await checkNothingLost(cluster, contender, 'audit_event', REPLAY_PATIENCE_MS);
  await contender.close();
  await contender.forget();
  return { events, stallMs, idleBytes, afterBytes, peakBytes, receipts: statuses };
}

/** A lock that every writer waits for. */
async function stall(cluster, database, stallMs) {
  const client = new pg.Client({ connectionString: cluster.urlOf(database, { superuser: true }) });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE');
    await delay(stallMs);
    await client.query('ROLLBACK');
  } finally {
    await client.end();
  }
}
