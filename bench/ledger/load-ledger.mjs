import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { LISTED_TYPES } from '../../dist/src/audit/catalogue/listed-event-types.js';

const ORIGIN = 'nestjs-audit-ledger.local/ledger';

const CHUNK = 50_000;
const WORKERS = 2;

/** The questions about the loaded events are drawn with the same numbers. */
export const TENANTS = 200;
const EVENTS_AN_ACTOR = 50;
export const MONTHS = 12;
export const RESOURCE_TYPES = ['order', 'product', 'user', 'store', 'payment'];
const EVENTS_A_RESOURCE = 10;
const EVENTS_A_REQUEST = 2;

export const TYPES = LISTED_TYPES.map(({ type, action, outcome, category, severity = 'info' }, nth) => ({
  ...{ nth: nth + 1, type, action, outcome, category, severity },
}));

export const countActors = (events) => events / EVENTS_AN_ACTOR;

/** The resource's real number may differ slightly. */
export const getResourceNumber = (number) => Math.floor(number / EVENTS_A_RESOURCE);

/** Returns a number whose MD5 hash is the request id of the event with this number. */
export const getRequestNumber = (number) => Math.floor(number / EVENTS_A_REQUEST);

/** All months are complete and in the past. `toMs` is exclusive. */
export function loadedSpan(now = new Date()) {
  const at = (months) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1);
  return { fromMs: at(-MONTHS), toMs: at(0) };
}

/** The hashes have the length of real hashes, but prove nothing. */
export async function loadLedger(cluster, database, { from, to }, log) {
  const startedMs = performance.now();
  await withClient(cluster, database, async (client) => {
    const indexes = await dropIndexes(client);
    const chunks = splitChunks(from, to);
    await Promise.all(Array.from({ length: WORKERS }, () => loadChunks(cluster, database, chunks, { from, to })));
    log(`${to.toLocaleString('en-US')} events are there: making the indexes`);
    await client.query(`SET maintenance_work_mem = '512MB'`);
    for (const { definition } of indexes) await client.query(definition);
    const root = hash('sha256', String(to), 'base64');
    const note = `${ORIGIN}\n${to}\n${root}\n\n— ${ORIGIN} ${Buffer.alloc(68).toString('base64')}\n`; // nobody signed this note
    await client.query(`INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, decode($2, 'base64'), $3)`, [
      to,
      root,
      note,
    ]);
    await client.query('UPDATE audit_head SET size = $1, signed = $1', [to]);
    const { rows: tables } = await client.query(
      `SELECT inhrelid::regclass AS name FROM pg_inherits WHERE inhparent = 'audit_event'::regclass
       UNION ALL SELECT 'audit_leaf'::regclass`,
    );
    await Promise.all(Array.from({ length: WORKERS }, () => vacuumTables(cluster, database, tables)));
    await client.query('ANALYZE audit_event');
  });
  await cluster.checkpoint();
  return performance.now() - startedMs;
}

/** Loading into existing indexes takes twice as long as making the indexes afterwards. */
async function dropIndexes(client) {
  for (let month = 0; month <= MONTHS; month++) {
    await client.query(`SELECT audit_event_make_partition(now() - make_interval(months => $1))`, [month]);
  }
  const { rows } = await client.query(
    `SELECT indexrelid::regclass AS name, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') AS definition
       FROM pg_index WHERE indrelid = 'audit_event'::regclass AND NOT indisunique`,
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows;
}

function splitChunks(from, to) {
  const chunks = [];
  for (let first = from; first < to; first += CHUNK) chunks.push({ first, count: Math.min(CHUNK, to - first) });
  return chunks;
}

async function loadChunks(cluster, database, chunks, { from, to }) {
  await withClient(cluster, database, async (client) => {
    // The superuser's session skips the triggers, so that no event waits to be sealed.
    await client.query(`SET session_replication_role = 'replica'; SET synchronous_commit = 'off'`);
    await client.query(
      'CREATE TEMP TABLE bench_type (nth int PRIMARY KEY, type text, action text, outcome text, category text, severity text)',
    );
    await client.query('INSERT INTO bench_type SELECT * FROM jsonb_populate_recordset(NULL::bench_type, $1::jsonb)', [
      JSON.stringify(TYPES),
    ]);
    await client.query('ANALYZE bench_type');
    const { fromMs, toMs } = loadedSpan();
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      await client.query(INSERT, [chunk.first, chunk.count, from, to - from, fromMs, toMs - fromMs, countActors(to)]);
    }
  });
}

async function vacuumTables(cluster, database, tables) {
  await withClient(cluster, database, async (client) => {
    for (let table = tables.pop(); table !== undefined; table = tables.pop()) {
      await client.query(`VACUUM (ANALYZE) ${table.name}`);
    }
  });
}

async function withClient(cluster, database, work) {
  const client = new pg.Client({ connectionString: cluster.getUrl(database, { superuser: true }) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const zipf = (count) => `floor(exp(random() * ln(${count + 1})))::int`;

const INSERT = `
  WITH drawn AS (
    SELECT number, md5(number::text) AS hex, sha256(int8send(number)) AS hash, $5::bigint + (number - $3::bigint) * $6::bigint / $4::bigint AS ms,
           ${zipf(TENANTS)} AS tenant, floor($7::int * power(random(), 2))::int AS actor, ${zipf(TYPES.length)} AS type,
           floor((number + 2000 * random()) / ${EVENTS_A_RESOURCE})::int AS resource, random() AS chance
      FROM generate_series($1::bigint, $1::bigint + $2::int - 1) AS number
  ), added AS (
    INSERT INTO audit_event (
      id, schema_version, occurred_at, type, action, outcome, category, severity, actor_type, actor_id, actor_name, session_id,
      tenant_id, resource_type, resource_id, request_id, ip, user_agent, method, route, status_code, duration_ms, trace_id,
      changes, details, metadata, truncated, personal, personal_salt, personal_commitment, leaf_hash)
    SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(hex, 1, 3) || '8' || substr(hex, 4, 15))::uuid, 1,
           to_timestamp(ms / 1000.0), t.type, t.action, t.outcome, t.category, t.severity, 'user', 'user-' || actor,
           'Person ' || actor, substr(hex, 5, 24), 'tenant-' || tenant,
           ('{${RESOURCE_TYPES.join(',')}}'::text[])[1 + resource % ${RESOURCE_TYPES.length}], 'resource-' || resource,
           md5((number / ${EVENTS_A_REQUEST})::text), ('10.' || actor / 250 % 250 || '.' || actor % 250 || '.7')::inet,
           'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
           'POST', '/stores/:storeId/orders', CASE t.outcome WHEN 'success' THEN 201 WHEN 'denied' THEN 403 ELSE 409 END,
           round((chance * 40)::numeric, 3)::float8, hex,
           CASE WHEN chance < 0.3 THEN jsonb_build_array(jsonb_build_object('path', '/status', 'from', 'open', 'to', 'paid')) END,
           jsonb_build_object('items', jsonb_build_array(
             jsonb_build_object('sku', 'sku-' || resource % 997, 'quantity', 1 + number % 5, 'unitPriceCents', 1999),
             jsonb_build_object('sku', 'sku-' || actor % 997, 'quantity', 2, 'unitPriceCents', 450)),
             'currency', 'EUR', 'totalCents', 2899 + number % 10000, 'channel', 'web', 'note', 'please leave it at the door'),
           '{"service": "shop", "version": "1.14.2"}', false,
           jsonb_build_object('/details/email', 'person' || actor || '@example.com'), substr(hash, 1, 16),
           hash, hash
      FROM drawn JOIN bench_type t ON t.nth = drawn.type
    RETURNING id, leaf_hash
  )
  INSERT INTO audit_leaf (index, event_id, leaf_hash)
  SELECT $1::bigint - 1 + row_number() OVER (), id, leaf_hash FROM added`;
