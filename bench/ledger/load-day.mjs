const CHUNK = 50_000;
const DAY_MS = 86_400_000;
const PEOPLE = 20_000;
const ADDRESSES = 5_000;
const TENANTS = 50;

/** What happens on the day, and up to which share of the events it does. A quarter of them are log-ins, of which one in six fails. */
const ACTS = [
  [0.21, 'user_login_success', 'user_login', 'success', 'authentication'],
  [0.25, 'user_login_failed', 'user_login', 'failure', 'authentication'],
  [0.252, 'user_mfa_disabled', 'user_mfa_disable', 'success', 'authentication'],
  [0.254, 'user_mfa_enabled', 'user_mfa_enable', 'success', 'authentication'],
  [0.55, 'data_viewed', 'data_view', 'success', 'data_access'],
  [0.56, 'data_exported', 'data_export', 'success', 'data_access'],
  [0.562, 'role_assigned', 'role_assignment', 'success', 'authorization'],
  [0.564, 'user_deleted', 'user_deletion', 'success', 'user_management'],
  [1, 'order_created', 'order_creation', 'success', 'order'],
];

/**
 * Adds a day of events to an empty ledger, the last one that is over, with a leaf each and a checkpoint; their hashes are as long as real ones, and prove
 * nothing. They are drawn by their numbers: the same day each time.
 */
export async function loadDay(cluster, database, events) {
  const dayMs = Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;
  await cluster.query(
    database,
    `SELECT audit_event_make_partition(to_timestamp(${dayMs / 1_000})), audit_event_make_partition(now())`,
  );
  for (let first = 0; first < events; first += CHUNK) {
    await cluster.query(database, insert(first, Math.min(first + CHUNK, events) - 1, dayMs, DAY_MS / events));
  }
  await cluster.query(
    database,
    `INSERT INTO audit_checkpoint (size, root, note) VALUES (${events}, sha256('day'), 'of a benchmark: proves nothing')`,
  );
  for (const table of ['audit_event', 'audit_leaf']) await cluster.query(database, `VACUUM (ANALYZE) ${table}`);
  await cluster.checkpoint();
}

const acts = ACTS.map(([until, ...words]) => `(${until}, ${words.map((word) => `'${word}'`).join(', ')})`).join(', ');

/** The superuser's, past the triggers: nobody is to seal these. */
const insert = (first, last, dayMs, stepMs) => `
  SET session_replication_role = 'replica'; SET synchronous_commit = 'off';
  WITH numbered AS (
    SELECT number, md5(number::text) AS hex, sha256(int8send(number)) AS hash, ${dayMs} + floor(number * ${stepMs})::bigint AS ms,
           ('x' || substr(md5(number::text), 1, 6))::bit(24)::int / 16777216.0 AS chance,
           ('x' || substr(md5(number::text), 7, 6))::bit(24)::int AS drawn
      FROM generate_series(${first}::bigint, ${last}::bigint) AS number
  ), added AS (
    INSERT INTO audit_event (
      id, schema_version, occurred_at, type, action, outcome, category, severity, actor_type, actor_id, tenant_id, resource_type, resource_id, request_id,
      ip, method, route, status_code, details, metadata, truncated, personal, personal_salt, personal_commitment, leaf_hash)
    SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(hex, 1, 3) || '8' || substr(hex, 4, 15))::uuid, 1, to_timestamp(ms / 1000.0),
           act.type, act.action, act.outcome, act.category, 'info',
           CASE WHEN act.type = 'user_login_failed' THEN 'anonymous' ELSE 'user' END,
           CASE WHEN act.type = 'user_login_failed' THEN NULL ELSE 'user-' || drawn % ${PEOPLE} END,
           'tenant-' || drawn % ${TENANTS}, CASE WHEN act.category = 'data_access' THEN 'customer' ELSE 'user' END,
           'resource-' || drawn / 7 % ${PEOPLE}, hex, ('10.0.' || drawn / 11 % ${ADDRESSES} / 250 || '.' || drawn / 11 % ${ADDRESSES} % 250)::inet,
           'POST', '/some/route', CASE act.outcome WHEN 'success' THEN 201 ELSE 401 END,
           jsonb_build_object('roleName', CASE WHEN drawn % 20 = 0 THEN 'admin' ELSE 'cashier' END, 'note', 'please leave it at the door'),
           jsonb_build_object('country', CASE WHEN drawn % 50 = 0 THEN 'BR' ELSE 'DE' END), false,
           jsonb_build_object('/details/username', 'person' || drawn % ${PEOPLE} || '@example.com'), substr(hash, 1, 16), hash, hash
      FROM numbered
      CROSS JOIN LATERAL (
        SELECT * FROM (VALUES ${acts}) AS one (until, type, action, outcome, category) WHERE chance < until ORDER BY until LIMIT 1
      ) AS act
    RETURNING id, leaf_hash
  )
  INSERT INTO audit_leaf (index, event_id, leaf_hash)
  SELECT ${first}::bigint - 1 + row_number() OVER (ORDER BY id), id, leaf_hash FROM added`;
