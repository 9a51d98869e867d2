import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';

/**
 * What lets events end: legal holds, the retirements with the places that they are of, and the functions that plan one, take
 * it from step to step, and remove what it is of. They are for `audit_keeper` alone, and refuse what is held, not announced in
 * the log itself, or not due by the policy of its retirement. Leaves, tiles and checkpoints stay.
 */
export class AuditRetention1763600000700 implements AuditMigration {
  readonly name = 'AuditRetention1763600000700';

  async up(runner: MigrationRunner): Promise<void> {
    for (const statement of [
      ...TABLES,
      ...RULES,
      BOUNDS,
      SURVEY,
      PLAN,
      CANCEL,
      ARCHIVED,
      ANNOUNCED,
      OPEN,
      RETIRE,
      RETIRE_MONTH,
      ...TABLE_NAMES.map((table) => `REVOKE ALL ON ${table} FROM PUBLIC`),
      `GRANT SELECT ON ${TABLE_NAMES.join(', ')} TO audit_reader, audit_keeper`,
      `GRANT INSERT, UPDATE (released_at, released_by, release_reason, released_act) ON audit_legal_hold TO audit_keeper`,
      // The ledger's own migration took this right away from everyone: the functions below run as the owner.
      `GRANT DELETE ON audit_event TO CURRENT_USER`,
      ...KEEPERS.flatMap((name) => [
        ownRights(name),
        `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
        `GRANT EXECUTE ON FUNCTION ${name} TO audit_keeper`,
      ]),
      `REVOKE ALL ON FUNCTION audit_retirement_open(uuid) FROM PUBLIC`,
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: MigrationRunner): Promise<void> {
    for (const name of [...KEEPERS, 'audit_retirement_open(uuid)', 'audit_partition_bounds(text)', ...RULE_NAMES]) {
      await runner.query(`DROP FUNCTION ${name}`);
    }
    await runner.query('DROP TABLE audit_retired_range, audit_retirement, audit_legal_hold');
    await runner.query('REVOKE DELETE ON audit_event FROM CURRENT_USER');
  }
}

const TABLE_NAMES = ['audit_legal_hold', 'audit_retirement', 'audit_retired_range'];

/** What the keeper calls. */
const KEEPERS = [
  'audit_retention_survey(jsonb, timestamptz, text)',
  'audit_retirement_plan(uuid, text, text, timestamptz, bigint)',
  'audit_retirement_cancel(uuid)',
  'audit_retirement_archived(uuid, uuid, bytea)',
  'audit_retirement_announced(uuid)',
  'audit_retire(uuid, integer)',
  'audit_retire_month(uuid)',
];

const RULE_NAMES = [
  'audit_is_due(audit_event, jsonb, timestamptz)',
  'audit_retention_days(audit_event, jsonb)',
  'audit_days(text)',
  'audit_is_held(audit_event)',
  'audit_hold_covers(audit_legal_hold, audit_event)',
];

const TABLES = [
  // It covers the events that have all of what it names. The acts are signed notes that state it, and its release.
  `CREATE TABLE audit_legal_hold (
    id uuid PRIMARY KEY,
    placed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    placed_by text NOT NULL,
    reason text NOT NULL,
    until timestamptz(3),
    tenant_id text,
    actor_id text,
    resource_type text,
    resource_id text,
    occurred_from timestamptz(3),
    occurred_to timestamptz(3),
    released_at timestamptz(3),
    released_by text,
    release_reason text,
    placed_act text,
    released_act text,
    CHECK (num_nonnulls(tenant_id, actor_id, resource_type, occurred_from, occurred_to) > 0),
    CHECK (resource_id IS NULL OR resource_type IS NOT NULL)
  )`,
  // planned → archived → announced → retired. From archived on, the event that announces it is fixed.
  `CREATE TABLE audit_retirement (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('month', 'rows')),
    partition text NOT NULL,
    policy text NOT NULL,
    as_of timestamptz(3) NOT NULL,
    cutoff timestamptz(3) NOT NULL,
    events bigint NOT NULL DEFAULT 0,
    first_index bigint,
    last_index bigint,
    indexes_digest text,
    archive text NOT NULL,
    event_id uuid,
    entry bytea,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'archived', 'announced', 'retired')),
    retired_through bigint NOT NULL DEFAULT -1,
    planned_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    archived_at timestamptz(3),
    announced_at timestamptz(3),
    retired_at timestamptz(3),
    CHECK (state = 'planned' OR num_nulls(event_id, entry) = 0)
  )`,
  `CREATE UNIQUE INDEX audit_retirement_one_open ON audit_retirement (partition) WHERE state <> 'retired'`,
  `CREATE TABLE audit_retired_range (
    retirement_id uuid NOT NULL REFERENCES audit_retirement ON DELETE CASCADE,
    first_index bigint NOT NULL CHECK (first_index >= 0),
    last_index bigint NOT NULL CHECK (last_index >= first_index),
    PRIMARY KEY (retirement_id, first_index)
  )`,
  `CREATE INDEX audit_retired_range_last ON audit_retired_range (last_index)`,
];

/** Each a single expression, and no less volatile than what it is of, so that the planner writes it out where it is called: once a row of a month. */
const RULES = [
  `CREATE FUNCTION audit_hold_covers(hold audit_legal_hold, event audit_event) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT hold.released_at IS NULL AND (hold.until IS NULL OR hold.until > now())
       AND (hold.tenant_id IS NULL OR hold.tenant_id = event.tenant_id)
       AND (hold.actor_id IS NULL OR hold.actor_id = event.actor_id OR hold.actor_id = event.on_behalf_of->>'id')
       AND (hold.resource_type IS NULL OR hold.resource_type = event.resource_type)
       AND (hold.resource_id IS NULL OR hold.resource_id = event.resource_id)
       AND (hold.occurred_from IS NULL OR hold.occurred_from <= event.occurred_at)
       AND (hold.occurred_to IS NULL OR hold.occurred_to > event.occurred_at)
  $$`,
  `CREATE FUNCTION audit_is_held(event audit_event) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event))
  $$`,
  // 0 is for ever, and so is what nobody lives to see.
  `CREATE FUNCTION audit_days(days text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN days IS NULL THEN NULL WHEN days::integer BETWEEN 1 AND 36500 THEN days::integer ELSE 2147483647 END
  $$`,
  // The longest of all that apply; greatest() leaves out those that do not. Acts of holds stay: their table is held against them.
  `CREATE FUNCTION audit_retention_days(event audit_event, rules jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(
      audit_days(rules->>'days'),
      audit_days(rules->'categories'->>event.category),
      audit_days(rules->'eventTypes'->>event.type),
      audit_days(rules->'actions'->>event.action),
      audit_days(rules->'tenants'->>event.tenant_id),
      CASE WHEN event.type IN ('audit_hold_placed', 'audit_hold_released') THEN 2147483647 END,
      CASE WHEN jsonb_typeof(event.metadata->'retentionDays') = 'number'
           THEN audit_days(ceil(least(greatest((event.metadata->>'retentionDays')::numeric, 0), 99999))::text) END)
  $$`,
  `CREATE FUNCTION audit_is_due(event audit_event, rules jsonb, as_of timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN audit_retention_days(event, rules) <= 36500
                THEN event.id < audit_event_first_id(as_of - make_interval(secs => 86400.0 * audit_retention_days(event, rules)))
                ELSE false END
  $$`,
];

/** The ids that a partition is for, and when its month ends. */
const BOUNDS = `
  CREATE FUNCTION audit_partition_bounds(partition text)
  RETURNS TABLE (lower_id uuid, upper_id uuid, ends timestamptz) LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    first_day timestamp;
  BEGIN
    IF partition = 'audit_event_before_2020' THEN
      RETURN QUERY SELECT '00000000-0000-0000-0000-000000000000'::uuid,
                          audit_event_first_id('2020-01-01 00:00:00Z'), '2020-01-01 00:00:00Z'::timestamptz;
    ELSIF partition = 'audit_event_from_2100' THEN
      RETURN QUERY SELECT audit_event_first_id('2100-01-01 00:00:00Z'),
                          'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, 'infinity'::timestamptz;
    ELSE
      first_day := to_date(right(partition, 7), 'YYYY_MM');
      RETURN QUERY SELECT audit_event_first_id(first_day AT TIME ZONE 'UTC'),
                          audit_event_first_id((first_day + interval '1 month') AT TIME ZONE 'UTC'),
                          (first_day + interval '1 month') AT TIME ZONE 'UTC';
    END IF;
  END $$`;

/** What is due in each month that has anything old enough; changes nothing. */
const SURVEY = `
  CREATE FUNCTION audit_retention_survey(rules jsonb, as_of timestamptz, only_month text DEFAULT NULL)
  RETURNS TABLE (partition text, is_over boolean, events bigint, due bigint, held bigint, unsealed bigint)
  LANGUAGE plpgsql STABLE AS $$
  DECLARE
    cutoff timestamptz;
    sealed bigint := coalesce((SELECT max(size) FROM audit_checkpoint), 0);
    month record;
  BEGIN
    IF audit_days(rules->>'days') > 36500 THEN
      RETURN;
    END IF;
    cutoff := as_of - make_interval(secs => 86400.0 * audit_days(rules->>'days'));
    FOR month IN
      SELECT c.relname::text AS name, bounds.* FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
             LATERAL audit_partition_bounds(c.relname) bounds
       WHERE i.inhparent = 'audit_event'::regclass AND bounds.lower_id < audit_event_first_id(cutoff) AND c.relname = coalesce(only_month, c.relname)
       ORDER BY bounds.lower_id
    LOOP
      RETURN QUERY EXECUTE '
        SELECT $1, $2, count(*), count(*) FILTER (WHERE is_due), count(*) FILTER (WHERE is_due AND is_held),
               count(*) FILTER (WHERE is_due AND NOT is_held AND NOT is_sealed)
          FROM (SELECT audit_is_due(event, $5, $6) AS is_due,
                       EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event)) AS is_held,
                       EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = event.id AND leaf.index < $7) AS is_sealed
                  FROM audit_event event WHERE event.id >= $3 AND event.id < $4) looked'
        USING month.name, month.ends <= cutoff, month.lower_id, month.upper_id, rules, as_of, sealed;
    END LOOP;
  END $$`;

/** Picks what is due in a month, at most \`most\` events unless it is all of it. Returns whether there is anything. */
const PLAN = `
  CREATE FUNCTION audit_retirement_plan(retirement uuid, month text, policy text, as_of timestamptz, most bigint)
  RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE
    rules jsonb := policy::jsonb;
    found_due record;
    bounds record;
    is_whole boolean;
    sealed bigint := coalesce((SELECT max(size) FROM audit_checkpoint), 0);
  BEGIN
    IF as_of > clock_timestamp() THEN
      RAISE EXCEPTION 'Cannot plan a retirement as of %: that is yet to come.', as_of;
    END IF;
    IF EXISTS (SELECT FROM audit_retirement WHERE partition = month AND state <> 'retired') THEN
      RETURN false;
    END IF;
    SELECT * INTO found_due FROM audit_retention_survey(rules, as_of, month);
    IF found_due IS NULL OR found_due.due = found_due.held + found_due.unsealed THEN
      RETURN false;
    END IF;
    is_whole := found_due.is_over AND found_due.due = found_due.events AND found_due.held + found_due.unsealed = 0;
    SELECT * INTO bounds FROM audit_partition_bounds(month);
    INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive)
      VALUES (retirement, CASE WHEN is_whole THEN 'month' ELSE 'rows' END, month, policy, as_of,
              as_of - make_interval(secs => 86400.0 * audit_days(rules->>'days')),
              replace(substr(month, 13), '_', '-') || '-' || retirement);
    EXECUTE '
      INSERT INTO audit_retired_range
        SELECT $1, min(index), max(index) FROM (
          SELECT index, index - row_number() OVER (ORDER BY index) AS island FROM (
            SELECT leaf.index FROM audit_event event, LATERAL (
                     SELECT index FROM audit_leaf WHERE event_id = event.id AND index < $6 OFFSET 0) leaf
             WHERE event.id >= $2 AND event.id < $3 AND audit_is_due(event, $4, $5)
               AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event))
             ORDER BY leaf.index LIMIT $7) due) numbered
         GROUP BY island'
      USING retirement, bounds.lower_id, bounds.upper_id, rules, as_of, sealed, CASE WHEN is_whole THEN NULL ELSE most END;
    UPDATE audit_retirement SET (events, first_index, last_index, indexes_digest) = (
      SELECT sum(last_index - first_index + 1), min(first_index), max(last_index),
             encode(sha256(convert_to(string_agg(first_index || '-' || last_index || E'\\n', '' ORDER BY first_index), 'UTF8')), 'hex')
        FROM audit_retired_range WHERE retirement_id = retirement)
     WHERE id = retirement;
    RETURN true;
  END $$`;

/** As long as nothing says that it would be. */
const CANCEL = `
  CREATE FUNCTION audit_retirement_cancel(retirement uuid) RETURNS boolean LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM audit_retirement WHERE id = retirement AND state = 'planned' RETURNING id)
    SELECT EXISTS (SELECT FROM gone)
  $$`;

/** Fixes the event that will announce it. Returns false when some of it is held by now. */
const ARCHIVED = `
  CREATE FUNCTION audit_retirement_archived(retirement uuid, announcement_id uuid, announcement bytea)
  RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM audit_legal_hold WHERE released_at IS NULL) AND EXISTS (
      SELECT FROM audit_retired_range r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
        JOIN audit_event event ON event.id = leaf.event_id
        JOIN audit_legal_hold hold ON audit_hold_covers(hold, event)
       WHERE r.retirement_id = retirement) THEN
      RETURN false;
    END IF;
    UPDATE audit_retirement
       SET state = 'archived', archived_at = clock_timestamp(), event_id = announcement_id, entry = announcement
     WHERE id = retirement AND state = 'planned';
    RETURN FOUND;
  END $$`;

/** Once the event that announces it is in the log and covered by a checkpoint. Returns false until then. */
const ANNOUNCED = `
  CREATE FUNCTION audit_retirement_announced(retirement uuid) RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE audit_retirement r SET state = 'announced', announced_at = clock_timestamp()
     WHERE id = retirement AND state = 'archived'
       AND convert_from(entry, 'UTF8')::jsonb @> jsonb_build_object(
             'id', event_id, 'type', 'audit_events_retired', 'details', jsonb_build_object(
               'retirementId', id, 'events', events, 'indexesDigest', indexes_digest, 'policy', policy,
               'cutoff', to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
       AND EXISTS (
         SELECT FROM audit_leaf leaf WHERE leaf.event_id = r.event_id AND leaf.leaf_hash = sha256('\\x00'::bytea || r.entry)
            AND leaf.index < (SELECT max(size) FROM audit_checkpoint));
    RETURN FOUND;
  END $$`;

/** For the two below: the retirement that is announced, and nobody places a hold until the transaction ends. */
const OPEN = `
  CREATE FUNCTION audit_retirement_open(retirement uuid) RETURNS audit_retirement LANGUAGE plpgsql AS $$
  DECLARE
    found_one audit_retirement;
  BEGIN
    LOCK TABLE audit_legal_hold IN SHARE MODE;
    SELECT * INTO found_one FROM audit_retirement WHERE id = retirement FOR UPDATE;
    IF found_one.state IS DISTINCT FROM 'announced' THEN
      RAISE EXCEPTION 'Cannot remove the events of the retirement %: it is %, and not announced in the log.',
        retirement, coalesce(found_one.state, 'unknown') USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN found_one;
  END $$`;

/**
 * Removes the next of its events, and leaves those that are held. Looks at \`most\` places; \`is_done\` when there are no more:
 * then \`held\` is how many it had to leave.
 */
const RETIRE = `
  CREATE FUNCTION audit_retire(retirement uuid, most integer)
  RETURNS TABLE (removed bigint, is_done boolean, held bigint) LANGUAGE plpgsql AS $$
  DECLARE
    chosen audit_retirement := audit_retirement_open(retirement);
    ids uuid[];
    through bigint;
  BEGIN
    SELECT array_agg(place.event_id), max(place.index) INTO ids, through FROM (
      SELECT leaf.index, leaf.event_id
        FROM (SELECT greatest(first_index, chosen.retired_through + 1) AS first_index, last_index FROM audit_retired_range
               WHERE retirement_id = retirement AND last_index > chosen.retired_through
               ORDER BY first_index LIMIT most) r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND least(r.last_index, r.first_index + most - 1)
       ORDER BY leaf.index LIMIT most) place;
    IF ids IS NULL THEN
      SELECT 0, true, count(event.id) INTO removed, is_done, held
        FROM audit_retired_range r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
        JOIN audit_event event ON event.id = leaf.event_id
       WHERE r.retirement_id = retirement;
      UPDATE audit_retirement
         SET retired_through = -1, state = CASE held WHEN 0 THEN 'retired' ELSE state END,
             retired_at = CASE held WHEN 0 THEN clock_timestamp() END
       WHERE id = retirement;
      RETURN NEXT;
      RETURN;
    END IF;
    PERFORM set_config('audit.act', 'retire', true); -- not by SET of the function, which only a superuser may write
    DELETE FROM audit_event event
     WHERE event.id = ANY (ids) AND audit_is_due(event, chosen.policy::jsonb, chosen.as_of)
       AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event));
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('audit.act', '', true);
    UPDATE audit_retirement SET retired_through = through WHERE id = retirement;
    is_done := false;
    RETURN NEXT;
  END $$`;

/**
 * Takes a month out of the ledger, all of whose events the retirement is of; called again, drops it. Returns \`detached\`, then
 * \`retired\`; \`held\`; \`shared\` when the month has events that it is not of; \`busy\` when somebody kept reading: call again.
 * What is checked is checked before anybody is held up; then it asks for 50 ms at most, so that writers wait no longer.
 */
const RETIRE_MONTH = `
  CREATE FUNCTION audit_retire_month(retirement uuid) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    chosen audit_retirement := audit_retirement_open(retirement);
    aside text := 'audit_retired_' || replace(retirement::text, '-', '');
    bounds record;
    leaves bigint := coalesce((SELECT max(index) FROM audit_leaf), -1);
    looked record;
  BEGIN
    IF to_regclass(quote_ident(aside)) IS NOT NULL THEN
      EXECUTE format('DROP TABLE %I', aside);
      UPDATE audit_retirement SET state = 'retired', retired_at = clock_timestamp() WHERE id = retirement;
      RETURN 'retired';
    END IF;
    SELECT * INTO bounds FROM audit_partition_bounds(chosen.partition);
    EXECUTE '
      SELECT count(*) FILTER (WHERE is_held) AS held, count(*) FILTER (WHERE NOT is_due OR NOT coalesce(is_meant, false)) AS others
        FROM (SELECT audit_is_due(event, $3, $4) AS is_due,
                     EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event)) AS is_held,
                     (SELECT r.last_index >= leaf.index FROM audit_retired_range r
                       WHERE r.retirement_id = $5 AND r.first_index <= leaf.index ORDER BY r.first_index DESC LIMIT 1) AS is_meant
                FROM audit_event event
                LEFT JOIN LATERAL (SELECT index FROM audit_leaf WHERE event_id = event.id OFFSET 0) leaf ON true
               WHERE event.id >= $1 AND event.id < $2) looked'
      INTO looked USING bounds.lower_id, bounds.upper_id, chosen.policy::jsonb, chosen.as_of, retirement;
    IF looked.held > 0 THEN
      RETURN 'held';
    ELSIF looked.others > 0 THEN
      RETURN 'shared';
    END IF;
    EXECUTE format('GRANT DELETE ON %I TO CURRENT_USER', chosen.partition); -- what LOCK asks for
    FOR attempt IN 1..20 LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '50ms', true);
        EXECUTE format('LOCK TABLE %I IN SHARE MODE', chosen.partition);
        IF EXISTS (SELECT FROM audit_leaf WHERE index > leaves AND event_id >= bounds.lower_id AND event_id < bounds.upper_id)
          OR EXISTS (SELECT FROM audit_unsequenced queue, unnest(queue.event_ids) AS id
                      WHERE id >= bounds.lower_id AND id < bounds.upper_id) THEN
          RETURN 'shared';
        END IF;
        EXECUTE format('ALTER TABLE audit_event DETACH PARTITION %I', chosen.partition);
        -- A late event of the month finds its name free.
        EXECUTE format('ALTER TABLE %I RENAME TO %I', chosen.partition, aside);
        RETURN 'detached';
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        PERFORM pg_sleep(0.25);
      END;
    END LOOP;
    RETURN 'busy';
  END $$`;

/** The roles that may call it have no right on the tables themselves. */
function ownRights(name: string): string {
  return `
    DO $$ BEGIN
      EXECUTE format('ALTER FUNCTION ${name} SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
    END $$`;
}
