import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ContenderProcess } from '../contenders/contender-process.mjs';
import { freezeAtRest } from '../contenders/freeze-at-rest.mjs';
import { fillStock, STOCK } from '../contenders/row-updates.mjs';
import { backendMicros } from './backend-cpu.mjs';
import { reconcileLedger } from '../../dist/src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { checkNothingLost } from './check-nothing-lost.mjs';

const CONTENDERS = ['update', 'update-captured', 'save-captured', 'save-auditing'];

export async function rows({ cluster, schedule }) {
  const contenders = await Promise.all(CONTENDERS.map((name) => start(cluster, name)));
  const measured = Object.fromEntries(CONTENDERS.map((name) => [name, { rowsPerSecond: [], sealedPerSecond: [] }]));
  for (let round = 0; round < schedule.rounds; round++) {
    for (const contender of contenders)
      await measureRates(cluster, contender, schedule, round, measured[contender.name]);
  }
  // The server does not have enough connections for all contenders.
  for (const contender of contenders.splice(2)) await end(contender);
  const captured = contenders.find(({ name }) => name === 'update-captured');
  measured.drained = await measureDrain(cluster, captured, schedule);
  measured.reconciled = await measureReconcile(cluster, captured, schedule);
  measured.server = await measureServer(cluster, captured, schedule);
  for (const contender of contenders) await end(contender);
  return measured;
}

async function measureRates(cluster, contender, schedule, round, into) {
  await cluster.checkpoint();
  contender.thaw();
  const warmUpMs = round === 0 ? schedule.firstWarmUpMs : schedule.warmUpMs;
  const startedAtMs = performance.now();
  const run = await contender.ask('run', { warmUpMs, windowMs: schedule.rows.windowMs });
  contender.answered += run.all;
  await settle(cluster, contender);
  into.sealedPerSecond.push((run.all * 1_000) / (performance.now() - startedAtMs));
  into.rowsPerSecond.push((run.inWindow * 1_000) / run.windowMs);
  await freezeAtRest(cluster, contender);
}

async function start(cluster, name) {
  const contender = await ContenderProcess.start(cluster, { name, script: 'store-rows.mjs', args: [name] });
  contender.answered = 0;
  await freezeAtRest(cluster, contender);
  return contender;
}

async function end(contender) {
  await contender.close();
  await contender.forget();
}

async function settle(cluster, contender) {
  if (!contender.name.includes('captured')) return;
  await checkNothingLost(cluster, contender, `audit_event WHERE type LIKE 'row%' OR type = 'never'`);
}

/** Sealing runs at the same time. */
async function measureDrain(cluster, contender, { rounds, rows: { drainRows } }) {
  const client = await connect(cluster, contender.database);
  const perSecond = [];
  try {
    for (let round = 0; round < rounds; round++) {
      await freezeAtRest(cluster, contender);
      for (let done = 0; done < drainRows; done += STOCK) {
        await client.query(`DO $$ BEGIN FOR n IN 1..${STOCK} LOOP
          UPDATE stock_order SET "totalCents" = "totalCents" + 1 WHERE id = n; COMMIT; END LOOP; END $$`);
      }
      contender.answered += drainRows;
      const startedAtMs = performance.now();
      contender.thaw();
      for (;;) {
        const { rows: left } = await client.query('SELECT FROM audit_row_change LIMIT 1');
        if (left.length === 0) break;
        await delay(5);
      }
      perSecond.push((drainRows * 1_000) / (performance.now() - startedAtMs));
      await settle(cluster, contender);
    }
  } finally {
    await client.end();
  }
  await freezeAtRest(cluster, contender);
  return perSecond;
}

async function measureReconcile(cluster, { database, answered }, { rounds }) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    await cluster.checkpoint();
    const startedAtMs = performance.now();
    const { verdict, findings } = await reconcileLedger({ database: cluster.getUrl(database) });
    times.push({ events: answered, ms: performance.now() - startedAtMs });
    if (verdict !== 'complete') throw new Error(`Rows and events do not fit: ${JSON.stringify(findings.at(0))}`);
  }
  return times;
}

async function measureServer(cluster, contender, { rounds, rows: { single, bulk } }) {
  const others = [await cluster.createDatabase(), await cluster.createDatabase()];
  const names = ['bare', 'logged', 'captured'];
  const clients = await Promise.all([...others, contender.database].map((each) => connect(cluster, each)));
  const captured = clients.at(-1);
  const found = Object.fromEntries(names.map((name) => [name, { cpuMicros: [], bulk: [] }]));
  try {
    const { rows: columns } = await captured.query(
      `SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) AS list
         FROM pg_attribute WHERE attrelid = 'stock_order'::regclass AND attnum > 0 AND NOT attisdropped`,
    );
    for (const client of clients) {
      if (client !== captured) await client.query(`CREATE TABLE stock_order (${columns[0].list}, PRIMARY KEY (id))`);
      if (client !== captured) await client.query(fillStock(STOCK));
      await client.query(fillMore(bulk.at(-1)));
      await client.query(`SELECT set_config('audit.context', $1, false)`, [CONTEXT]);
    }
    await clients[1].query(PLAIN_TRIGGER);
    for (let round = 0; round < rounds; round++) {
      for (const [nth, name] of names.entries()) {
        const client = clients[nth];
        await cluster.checkpoint();
        const micros = await backendMicros(client, async () => {
          for (let n = 0; n < single; n++) await client.query({ name: 'one', text: ONE, values: [1 + (n % STOCK)] });
        });
        found[name].cpuMicros.push(micros / single);
        const times = [];
        for (const count of bulk) {
          await client.query({ name: 'one', text: ONE, values: [1] }); // the triggers' statements get a plan for one row
          await client.query('VACUUM stock_order');
          await cluster.checkpoint();
          const startedAtMs = performance.now();
          await client.query(`UPDATE stock_order SET "totalCents" = "totalCents" + 1 WHERE id <= ${count}`);
          times.push({ count, ms: performance.now() - startedAtMs });
        }
        found[name].bulk.push(times);
        if (name !== 'bare') await client.query(`TRUNCATE ${name === 'logged' ? 'change_log' : 'audit_row_change'}`);
      }
    }
  } finally {
    for (const client of clients) await client.end();
    for (const other of others) await cluster.drop(other);
  }
  return found;
}

/** The context is as long as in a real request. The trigger stores the context unchanged. These changes are not drained. */
const CONTEXT = `v1.${'0'.repeat(64)}.${JSON.stringify({ signedAt: Date.now(), actor: { type: 'user', id: 'u-17', name: 'Ada' }, tenantId: 't-1' })}`;

/** The least that a trigger can do: a statement trigger that logs the rows before and after, with the context. */
const PLAIN_TRIGGER = `
  CREATE TABLE change_log (
    id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), operation text, table_name text, before jsonb, after jsonb, context text
  );
  CREATE FUNCTION log_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO change_log (operation, table_name, before, after, context)
    SELECT tg_op, tg_table_name, to_jsonb(o), to_jsonb(n), current_setting('audit.context', true)
      FROM o JOIN n ON o.id = n.id WHERE o IS DISTINCT FROM n;
    RETURN NULL;
  END $$;
  CREATE TRIGGER log_changes AFTER UPDATE ON stock_order REFERENCING OLD TABLE AS o NEW TABLE AS n
    FOR EACH STATEMENT EXECUTE FUNCTION log_changes()`;

const ONE = `UPDATE stock_order SET "totalCents" = "totalCents" + 1 WHERE id = $1`;

function fillMore(rows) {
  return fillStock(rows).replace('generate_series(1,', `generate_series(${STOCK + 1},`);
}

async function connect(cluster, database) {
  const client = new pg.Client({ connectionString: cluster.getUrl(database) });
  await client.connect();
  return client;
}
