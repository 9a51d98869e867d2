import { PERSONAL_BITS } from './audit-personal-columns.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';

/**
 * The ledger: `audit_event`, partitioned by month on the UUIDv7 id itself (the id's first 48 bits are the millisecond at
 * which the event was accepted), without a default partition. Append-only by privilege and by trigger.
 */
export class AuditLedger1763600000400 implements AuditMigration {
  readonly name = 'AuditLedger1763600000400';

  async up(runner: MigrationRunner): Promise<void> {
    for (const statement of [
      CHECK_SERVER,
      TABLE,
      ...INDEXES,
      REFUSE,
      ROW_TRIGGER,
      STATEMENT_TRIGGER,
      FIRST_ID_OF,
      MAKE_PARTITION,
      APPEND,
      `REVOKE ALL ON audit_event FROM PUBLIC`,
      `REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_event FROM CURRENT_USER`,
      `REVOKE ALL ON FUNCTION audit_event_make_partition(timestamptz) FROM PUBLIC`,
      OWN_RIGHTS,
      `SELECT audit_event_make_partition(now())`,
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit_event_append(jsonb, integer)');
    await runner.query('DROP TABLE audit_event');
    await runner.query('DROP FUNCTION audit_event_make_partition(timestamptz)');
    await runner.query('DROP FUNCTION audit_event_first_id(timestamptz)');
    await runner.query('DROP FUNCTION audit_event_refuse_change()');
  }
}

/** An older one would fail amid it, and not say why. */
const CHECK_SERVER = `
  DO $$ BEGIN
    IF current_setting('server_version_num')::int < 130000 THEN
      RAISE EXCEPTION 'Cannot set the ledger up on PostgreSQL %: it needs 13 or later.', current_setting('server_version')
        USING ERRCODE = 'feature_not_supported', HINT = 'Upgrade the server.';
    END IF;
  END $$`;

const TABLE = `
  CREATE TABLE audit_event (
    id uuid PRIMARY KEY,
    schema_version smallint NOT NULL,
    occurred_at timestamptz(3) NOT NULL,
    type text NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('attempted', 'success', 'failure', 'denied', 'partial')),
    category text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error', 'critical')),
    actor_type text NOT NULL CHECK (actor_type IN ('user', 'admin', 'service', 'system', 'anonymous')),
    actor_id text,
    actor_name text,
    session_id text,
    on_behalf_of jsonb,
    tenant_id text,
    resource_type text,
    resource_id text,
    request_id text,
    ip inet,
    user_agent text,
    method text,
    route text,
    status_code smallint,
    duration_ms double precision,
    trace_id text,
    changes jsonb,
    reason text,
    error jsonb,
    details jsonb NOT NULL,
    details_issues jsonb,
    metadata jsonb NOT NULL,
    truncated boolean NOT NULL,
    personal_columns smallint CHECK (personal_columns > 0),
    personal jsonb,
    personal_salt bytea CHECK (length(personal_salt) = 16),
    personal_commitment bytea CHECK (length(personal_commitment) = 32),
    leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32)
  ) PARTITION BY RANGE (id)`;

/** Ascending, though pages are read newest first: new ids come last of their kind then, and leave full pages behind them. */
const INDEXES = [
  `CREATE INDEX audit_event_tenant ON audit_event (tenant_id, id)`,
  `CREATE INDEX audit_event_actor ON audit_event (actor_id, id)`,
  `CREATE INDEX audit_event_resource ON audit_event (resource_type, resource_id, id)`,
  `CREATE INDEX audit_event_type ON audit_event (type, outcome, id)`,
  `CREATE INDEX audit_event_request ON audit_event (request_id)`,
];

/**
 * Save two changes, each of a function that says what it does in \`audit.act\`: the erasure of personal columns, and the
 * removal of a row whose leaf stays.
 */
const REFUSE = `
  CREATE FUNCTION audit_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('audit.act', true) = 'erase' THEN
      OLD.personal := NULL;
      OLD.personal_salt := NULL;
      OLD.actor_name := NULL;
      OLD.ip := NULL;
      OLD.user_agent := NULL;
${Object.entries(PERSONAL_BITS)
  .map(([column, bit]) => `      IF OLD.personal_columns & ${bit} <> 0 THEN OLD.${column} := NULL; END IF;`)
  .join('\n')}
      IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
      END IF;
    ELSIF TG_OP = 'DELETE' AND current_setting('audit.act', true) = 'retire' THEN
      RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Cannot % the audit ledger: it is append-only.', lower(TG_OP)
      USING ERRCODE = 'insufficient_privilege', HINT = 'Record another event instead.';
  END $$`;

/** Reaches the partitions made later, too. */
const ROW_TRIGGER = `
  CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_refuse_change()`;

/** Does not reach the partitions: each gets its own. */
const STATEMENT_TRIGGER = `
  CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse_change()`;

/** The smallest UUIDv7 of a millisecond, as RFC 9562 lays it out. */
const FIRST_ID_OF = `
  CREATE FUNCTION audit_event_first_id(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
  $$`;

/**
 * Makes the partition of the month (UTC) that holds a time, unless it is there. Returns its name when it made it. What a
 * wrong clock dates before 2020, or from 2100 on, has one partition each, so that it makes no more than these two.
 */
const MAKE_PARTITION = `
  CREATE FUNCTION audit_event_make_partition(moment timestamptz) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    first_day timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
    partition text := 'audit_event_' || to_char(first_day, 'YYYY_MM');
    lower_bound text := format('%L', audit_event_first_id(first_day AT TIME ZONE 'UTC'));
    upper_bound text := format('%L', audit_event_first_id((first_day + interval '1 month') AT TIME ZONE 'UTC'));
  BEGIN
    IF first_day < '2020-01-01' THEN
      partition := 'audit_event_before_2020';
      lower_bound := 'MINVALUE';
      upper_bound := format('%L', audit_event_first_id('2020-01-01 00:00:00Z'));
    ELSIF first_day >= '2100-01-01' THEN
      partition := 'audit_event_from_2100';
      lower_bound := format('%L', audit_event_first_id('2100-01-01 00:00:00Z'));
      upper_bound := 'MAXVALUE';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit_event_make_partition'));
    IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
      RETURN NULL;
    END IF;
    -- Attached, since CREATE TABLE … PARTITION OF would hold every writer and reader up.
    EXECUTE format('CREATE TABLE %I (LIKE audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format(
      'ALTER TABLE audit_event ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', partition, lower_bound, upper_bound);
    EXECUTE format(
      'CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON %I
         FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse_change()', partition);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', partition);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %I FROM CURRENT_USER', partition);
    RETURN partition;
  END $$`;

/**
 * A role that may only add events can have the months made that they need: GRANT EXECUTE. Temporary tables are looked for last:
 * one named `audit_event` would take the events of its session.
 */
const OWN_RIGHTS = `
  DO $$ BEGIN
    EXECUTE format(
      'ALTER FUNCTION audit_event_make_partition(timestamptz) SECURITY DEFINER SET search_path = %I, pg_temp',
      current_schema());
    EXECUTE format('ALTER FUNCTION audit_event_append(jsonb, integer) SET search_path = %I, pg_temp', current_schema());
  END $$`;

/**
 * Appends rows, given as JSON objects, within the caller's transaction. Returns what went wrong, if anything did: the
 * exception's block is a savepoint, so that a failing append costs the caller's transaction nothing. It waits for a lock that
 * somebody holds on the ledger for `lock_wait_ms` at most: then that is what went wrong. The function's own SET has PostgreSQL
 * put the caller's `lock_timeout` back.
 */
const APPEND = `
  CREATE FUNCTION audit_event_append(batch jsonb, lock_wait_ms integer DEFAULT 4000)
  RETURNS TABLE (code text, message text, "constraint" text, "column" text)
  LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
  BEGIN
    PERFORM set_config('lock_timeout', greatest(lock_wait_ms, 1)::text, true);
    INSERT INTO audit_event SELECT * FROM jsonb_populate_recordset(NULL::audit_event, batch) ON CONFLICT DO NOTHING;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
      code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, "constraint" = CONSTRAINT_NAME, "column" = COLUMN_NAME;
    RETURN NEXT;
  END $$`;
