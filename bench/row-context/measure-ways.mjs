/*
 * What the ways of sending the context of row changes cost: latency, the CPU time of the server's process and of Node, all ways in
 * turn in one run. ADR 37 has the figures.
 *
 *   npm run build && node bench/row-context/measure-ways.mjs [rounds]      writes bench/results/row-context-ways.json
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { AuditContext, auditedPg, padContextKey } from '../../dist/src/audit/index.js';
import { ContextSigner } from '../../dist/src/audit/row-context/context-signer.js';
import { currentScope } from '../../dist/src/audit/context/audit-context.js';
import { startEmbeddedPostgres } from '../../dist/src/database/embedded/start-embedded-postgres.js';
import { migrate } from '../../dist/src/database/migrate.js';
import { readProcessCpuMicros } from '../measure/process-cpu.mjs';

const RESULT = new URL('../results/row-context-ways.json', import.meta.url);
const ROUNDS = Number(process.argv[2] ?? 60);
const OPERATIONS = 200;
const WARM_UP = 2;

const SET = `SELECT set_config('audit.context', $1, true)`;
const UPDATE = 'UPDATE thing SET count = count + 1 WHERE id = $1';
const key = randomBytes(32).toString('hex');
const signer = new ContextSigner(key);
const setting = () => signer.settingOf(currentScope());

/** One write on its own. */
const AUTOCOMMIT = {
  'no context': (client) => client.query(UPDATE, [1]),
  'messages before it, one Sync (chosen)': (client) => client.query(UPDATE, [1]),
  'the same, set_config prepared by name': (client) => client.query(UPDATE, [1]),
  'a comment in the statement': (client) => client.query(`/*${setting()}*/ ${UPDATE}`, [1]),
  'a transaction around it': async (client) => {
    await client.query('BEGIN');
    await client.query(SET, [setting()]);
    await client.query(UPDATE, [1]);
    await client.query('COMMIT');
  },
};

/** A transaction that reads once and writes twice. */
const inTransaction =
  (begin, first = (client) => client.query(UPDATE, [1]), second = first) =>
  async (client) => {
    await begin(client);
    await client.query('SELECT count FROM thing WHERE id = $1', [1]);
    await first(client);
    await second(client);
    await client.query('COMMIT');
  };
const begin = (client) => client.query('BEGIN');
const TRANSACTION = {
  'no context': inTransaction(begin),
  'messages before it, one Sync (chosen)': inTransaction(begin),
  'the same, set_config prepared by name': inTransaction(begin),
  'a comment in the statement': inTransaction(begin, AUTOCOMMIT['a comment in the statement']),
  'a statement at the start': inTransaction(async (client) => {
    await client.query('BEGIN');
    await client.query(SET, [setting()]);
  }),
  'within the text of BEGIN': inTransaction((client) =>
    client.query(`BEGIN; SELECT set_config('audit.context', '${setting().replaceAll("'", "''")}', true)`),
  ),
};

function prepareByName(client) {
  const { messages } = client.wire;
  const { parse, bind } = messages;
  let isPrepared = false;
  messages.parse = (query, ...more) => {
    if (!query.text.includes('set_config')) return parse(query, ...more);
    if (!isPrepared) parse({ ...query, name: 'audit_context' });
  };
  messages.bind = (config, ...more) => {
    if (!config?.values?.[0]?.startsWith?.('v1.')) return bind(config, ...more);
    bind({ ...config, statement: 'audit_context' });
    // The answer that is missing from now on.
    if (isPrepared) process.nextTick(() => client.connection.emit('parseComplete', {}));
    isPrepared = true;
  };
}

async function measure(url, ways) {
  const audited = auditedPg(pg, { key });
  const contenders = [];
  for (const [name, run] of Object.entries(ways)) {
    const isAudited = name.includes('Sync') || name.includes('by name');
    const client = new (isAudited ? audited : pg).Client({ connectionString: url });
    await client.connect();
    if (name.includes('by name')) prepareByName(client);
    await client.query('SET synchronous_commit = off'); // else a disk is measured
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    contenders.push({ name, run, client, pid: rows[0].pid, latencies: [], serverMicros: 0, nodeMicros: 0 });
  }
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const each of order) {
      const server = await readProcessCpuMicros(each.pid);
      const node = process.cpuUsage();
      const latencies = [];
      for (let operation = 0; operation < OPERATIONS; operation++) {
        const values = {
          actor: { type: 'user', id: '0190b6a0-8a4e-7cc1-9b1b-3a1f5c1f2a10', name: 'Alice Liddell', sessionId: 's-1' },
          tenantId: 'acme',
          requestId: `req-${round}-${operation}`,
          ip: '192.0.2.1',
          userAgent:
            'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
          traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        };
        const began = performance.now();
        await AuditContext.run(values, () => each.run(each.client));
        latencies.push((performance.now() - began) * 1_000);
      }
      if (round < 0) continue;
      const used = process.cpuUsage(node);
      each.nodeMicros += used.user + used.system;
      each.serverMicros += (await readProcessCpuMicros(each.pid)) - server;
      each.latencies.push(...latencies);
    }
  }
  const results = [];
  for (const { name, client, latencies, serverMicros, nodeMicros } of contenders) {
    await client.end();
    const sorted = latencies.toSorted((one, other) => one - other);
    const operations = sorted.length;
    results.push({
      way: name,
      medianMicros: Math.round(sorted[operations >> 1]),
      p99Micros: Math.round(sorted[Math.floor(operations * 0.99)]),
      serverCpuMicros: Math.round((serverMicros / operations) * 10) / 10,
      nodeCpuMicros: Math.round((nodeMicros / operations) * 10) / 10,
    });
  }
  return results;
}

/** How long the database takes to verify a context, and to see a missing one. */
async function measureVerification(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  const CALLS = 100_000;
  const micros = {};
  for (const [name, value] of [
    ['without a context', ''],
    [
      'with a context',
      AuditContext.run(
        { actor: { type: 'user', id: 'alice', name: 'Alice' }, requestId: 'req-1', tenantId: 'acme' },
        setting,
      ),
    ],
  ]) {
    await client.query(SET, [value]);
    const { rows } = await client.query(`
      EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT count(audit_context()->'actor') FROM generate_series(1, ${CALLS})`);
    const empty = await client.query(`
      EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT count(current_setting('x', true)) FROM generate_series(1, ${CALLS})`);
    const timeOf = (result) => result[0]['QUERY PLAN'][0]['Execution Time'];
    micros[name] = Math.round(((timeOf(rows) - timeOf(empty.rows)) / CALLS) * 10_000) / 10;
  }
  await client.query('ROLLBACK');
  await client.end();
  return micros;
}

const dir = await mkdtemp(join(tmpdir(), 'audit-bench-context-'));
await chmod(dir, 0o755);
const server = await startEmbeddedPostgres({ dir: join(dir, 'pg'), dirIsDefault: false, log: () => undefined });
try {
  const url = Object.assign(new URL(server.superuserUrl), { pathname: new URL(server.url).pathname }).href;
  await migrate(url);
  const { inner, outer } = padContextKey(key);
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  await owner.query('CREATE TABLE thing (id int PRIMARY KEY, count int NOT NULL); INSERT INTO thing VALUES (1, 0)');
  await owner.query(`INSERT INTO audit_context_key (id, inner_pad, outer_pad) VALUES ('bench', $1, $2)`, [
    inner,
    outer,
  ]);
  const { rows } = await owner.query('SHOW server_version');
  await owner.end();
  const result = {
    measuredAt: new Date().toISOString(),
    machine: { cpu: cpus()[0].model, cores: cpus().length, node: process.version, postgresql: rows[0].server_version },
    operations: ROUNDS * OPERATIONS,
    autocommit: await measure(url, AUTOCOMMIT),
    transaction: await measure(url, TRANSACTION),
    verificationMicros: await measureVerification(url),
  };
  await writeFile(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
  for (const part of ['autocommit', 'transaction']) {
    console.log(part);
    console.table(result[part]);
  }
  console.log('Verifying a context, in µs:', result.verificationMicros);
} finally {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}
