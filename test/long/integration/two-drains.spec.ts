import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { reconcileLedger } from '../../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { createTestDatabase, eventually, freshKeyFile, tempFolder, withClient } from '../../support/index.js';
import { readChains } from '../../support/row-chains.js';
import { captureTables } from '../../support/row-changes-scene.js';

const ROWS = 20;
const UPDATES = 20;

/** Stops each drain in its transaction while another session holds the lock. */
const GATE = `
  CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$;
  CREATE TRIGGER a_gate BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.category = 'data_change') EXECUTE FUNCTION wait_at_gate()`;

const LEADER = `
  SELECT a.pid, a.state, a.wait_event AS waits FROM pg_locks l JOIN pg_stat_activity a USING (pid)
   WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 7361994 AND a.datname = current_database()`;
let updates = 0;
const processes: ChildProcess[] = [];
const signingKeyFile = freshKeyFile();

const database = await createTestDatabase();
const spillDir = await tempFolder('audit-spill-');
await database.sql('CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)');
await captureTables(database.url, { 'public.counter': {} });
await database.superuserSql(GATE);
await database.sql(`INSERT INTO counter SELECT i, 0 FROM generate_series(1, ${ROWS}) i`);
const gate = new pg.Client({ connectionString: database.superuserUrl });
await gate.connect();
afterAll(async () => {
  for (const child of processes) await kill(child);
  await gate.end();
  await eventually(async () => (await sessions()) === 0);
  await database.drop();
});

async function start(): Promise<ChildProcess> {
  const options = JSON.stringify({ connectionUrl: database.url, signingKeyFile, spillDir, clients: 0 });
  const child = spawn(process.execPath, ['test/long/faults/support/row-changes-application.mjs', options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  processes.push(child);
  await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const superuser = (statement: string, values: readonly unknown[] = []) => database.superuserSql(statement, values);
const leader = async () => (await superuser(LEADER))[0];
const sessions = async (name = '%'): Promise<number> => {
  const [row] = await superuser(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'nestjs-audit-ledger' || $1`,
    [name],
  );
  return Number(row?.n);
};
const isDrained = () =>
  eventually(async () => (await superuser('SELECT 1 FROM audit_row_change LIMIT 1')).length === 0);

async function change(times: number): Promise<void> {
  await withClient(database.url, async (client) => {
    for (let time = 0; time < times; time++) await client.query('UPDATE counter SET n = n + 1');
  });
  updates += times;
}

async function leaderAtGate(): Promise<number> {
  return eventually(async () => {
    const row = await leader();
    return row?.waits === 'advisory' && Number(row.pid);
  });
}

async function becomesLeader(former: number): Promise<void> {
  await eventually(async () => {
    const row = await leader();
    return row !== undefined && row.pid !== former;
  });
}

it('two leaders seal each change once and in order, though the leader loses its lock, freezes amid a batch and comes back', async () => {
  const [first, second] = [await start(), await start()];
  await eventually(async () => (await sessions(' sequencer')) === 2);

  // The leader loses its connection and its lock while it writes.
  await gate.query('SELECT pg_advisory_lock(4711)');
  await change(UPDATES);
  const lost = await leaderAtGate();
  await superuser('SELECT pg_terminate_backend($1)', [lost]);
  await becomesLeader(lost);
  await change(UPDATES);
  await gate.query('SELECT pg_advisory_unlock(4711)');
  await isDrained();

  // The leader freezes with an open transaction. A server would end the session after some seconds; the test ends the session itself.
  await kill(second);
  await gate.query('SELECT pg_advisory_lock(4711)');
  await change(UPDATES);
  const frozen = await leaderAtGate();
  first.kill('SIGSTOP');
  await gate.query('SELECT pg_advisory_unlock(4711)');
  await eventually(async () => (await leader())?.state === 'idle in transaction');
  const third = await start();
  await change(UPDATES);
  await superuser('SELECT pg_terminate_backend($1)', [frozen]);
  await becomesLeader(frozen);
  await isDrained();

  // The old leader resumes, believes that it leads, and must not store its batch again.
  first.kill('SIGCONT');
  await change(UPDATES);
  await eventually(async () => (await sessions(' sequencer')) === 2);
  await isDrained();
  const [{ pid: present } = {}] = [await leader()];
  await kill(third);
  await change(UPDATES);
  await becomesLeader(Number(present));
  await isDrained();

  const { events, broken, last } = await readChains(database.superuserUrl, 'counter');
  expect(broken).toEqual([]);
  expect(events).toBe(ROWS * (updates + 1));
  expect(new Set(Object.values(last))).toEqual(new Set([updates]));
  expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete', findings: [] });
  expect(await verifyLedger({ database: database.url })).toMatchObject({ findings: [] });
});
