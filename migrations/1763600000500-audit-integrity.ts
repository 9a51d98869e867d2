import { makeAppendOnly } from './audit-append-only.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';

/**
 * What makes the ledger a log with a Merkle tree: events that wait for their place, leaves, tiles, checkpoints, and the
 * keys that signed them. Leaves, checkpoints and keys are append-only by privilege and by trigger.
 */
export class AuditIntegrity1763600000500 implements AuditMigration {
  readonly name = 'AuditIntegrity1763600000500';

  async up(runner: MigrationRunner): Promise<void> {
    for (const statement of [
      ...TABLES,
      ENQUEUE,
      ENQUEUE_RIGHTS,
      // Whoever may call it may have it run, as the owner, for a table and types of their own.
      `REVOKE ALL ON FUNCTION audit_event_enqueue() FROM PUBLIC`,
      // The ledger's own migration took this right away from everyone.
      `GRANT TRIGGER ON audit_event TO CURRENT_USER`,
      ENQUEUE_TRIGGER,
      `REVOKE TRIGGER ON audit_event FROM CURRENT_USER`,
      REFUSE,
      ...APPEND_ONLY.flatMap(makeAppendOnly),
      ...['audit_unsequenced', 'audit_tile', 'audit_publication'].map((table) => `REVOKE ALL ON ${table} FROM PUBLIC`),
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit_event_enqueue() CASCADE');
    await runner.query('DROP TABLE audit_unsequenced, audit_tile, audit_leaf, audit_checkpoint, audit_signing_key');
    await runner.query('DROP TABLE audit_cosignature, audit_publication, audit_act');
    await runner.query('DROP FUNCTION audit_log_refuse_change()');
  }
}

const APPEND_ONLY = ['audit_leaf', 'audit_checkpoint', 'audit_signing_key', 'audit_cosignature', 'audit_act'];

const TABLES = [
  // A row a statement that added events. The transaction stands first, so that those that are done are never looked at again.
  `CREATE TABLE audit_unsequenced (
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    position bigint GENERATED ALWAYS AS IDENTITY,
    event_ids uuid[] NOT NULL,
    leaf_hashes bytea[] NOT NULL,
    stored_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (transaction, position)
  )`,
  `CREATE TABLE audit_leaf (
    index bigint PRIMARY KEY CHECK (index >= 0),
    event_id uuid NOT NULL,
    leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
    UNIQUE (event_id) INCLUDE (index)
  )`,
  `CREATE TABLE audit_tile (
    level smallint NOT NULL CHECK (level >= 0),
    index bigint NOT NULL CHECK (index >= 0),
    width smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
    hashes bytea NOT NULL CHECK (length(hashes) = 32 * width),
    PRIMARY KEY (level, index)
  )`,
  `ALTER TABLE audit_tile ALTER hashes SET STORAGE EXTERNAL`,
  `CREATE TABLE audit_checkpoint (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    note text NOT NULL,
    signed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
  )`,
  `CREATE TABLE audit_signing_key (
    verifier_key text PRIMARY KEY,
    first_used_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
  )`,
  `CREATE TABLE audit_cosignature (
    size bigint NOT NULL,
    witness_name text NOT NULL,
    key_id bigint NOT NULL,
    line text NOT NULL,
    added_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (size, witness_name, key_id)
  )`,
  // The signed acts of the ledger, each of which states the hash of the one before. They outlive the months of their events.
  `CREATE TABLE audit_act (
    number bigint PRIMARY KEY CHECK (number > 0),
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    note text NOT NULL
  )`,
  // The sequencer looks for the last adoption before it signs.
  `CREATE INDEX audit_act_type ON audit_act (type, number)`,
  // What went out last, by destination: kept for the next leader, no evidence of anything.
  `CREATE TABLE audit_publication (
    destination text PRIMARY KEY,
    size bigint NOT NULL,
    root bytea NOT NULL,
    published_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
  )`,
];

/** Within the writer's statement, so that an event waits for its place exactly when it is stored. */
const ENQUEUE = `
  CREATE FUNCTION audit_event_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO audit_unsequenced (event_ids, leaf_hashes)
      SELECT array_agg(id ORDER BY id), array_agg(leaf_hash ORDER BY id) FROM stored HAVING count(*) > 0;
    RETURN NULL;
  END $$`;

/** A role that may only add events needs no right on the queue. */
const ENQUEUE_RIGHTS = `
  DO $$ BEGIN
    EXECUTE format(
      'ALTER FUNCTION audit_event_enqueue() SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
  END $$`;

const ENQUEUE_TRIGGER = `
  CREATE TRIGGER audit_event_enqueue AFTER INSERT ON audit_event
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION audit_event_enqueue()`;

const REFUSE = `
  CREATE FUNCTION audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'Cannot % the table %: it is append-only.', lower(TG_OP), TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END $$`;
