import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';

/**
 * Who may do what to the ledger, in four roles that belong to the whole cluster: `audit_writer` adds events, `audit_sequencer`
 * seals them, `audit_reader` reads what row-level security lets it, `audit_keeper` may call the functions of retention and
 * erasure. Its owner is no more than the one who migrates.
 */
export class AuditRoles1763600000600 implements AuditMigration {
  readonly name = 'AuditRoles1763600000600';

  async up(runner: MigrationRunner): Promise<void> {
    for (const statement of [
      MAKE_ROLES,
      GRANT_USAGE,
      ...WRITER,
      ...SEQUENCER,
      ...READER,
      ...KEEPER,
      ON_BEHALF_INDEX,
      `ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY`,
      WRITE_POLICY,
      READ_POLICY,
    ]) {
      await runner.query(statement);
    }
  }

  /** The roles stay: other databases of the cluster may use them. */
  async down(runner: MigrationRunner): Promise<void> {
    await runner.query('DROP POLICY audit_event_read ON audit_event');
    await runner.query('DROP POLICY audit_event_write ON audit_event');
    await runner.query('ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY');
    await runner.query('DROP INDEX audit_event_on_behalf_of');
    await runner.query(REVOKE_ALL);
  }
}

/** Whoever may not make roles has them made, and is made a member, by somebody who may. */
const MAKE_ROLES = `
  DO $$
  DECLARE
    wanted text;
    needed text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
  BEGIN
    FOREACH wanted IN ARRAY ARRAY['audit_writer', 'audit_sequencer', 'audit_reader', 'audit_keeper'] LOOP
      BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
          EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- somebody else migrates another database
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'Cannot make the role %: % may not make roles.', wanted, current_user
          USING ERRCODE = 'insufficient_privilege', HINT = format(
            'Run as a superuser, once: CREATE ROLE audit_writer; CREATE ROLE audit_sequencer; CREATE ROLE audit_reader; '
            'CREATE ROLE audit_keeper; GRANT audit_writer, audit_sequencer, audit_reader, audit_keeper TO %I;', current_user);
      END;
      BEGIN
        IF NOT pg_has_role(current_user, wanted, needed) THEN
          EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
      EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'Cannot use the role %: % is no member of it.', wanted, current_user
          USING ERRCODE = 'insufficient_privilege', HINT = format(
            'Run as a superuser: GRANT audit_writer, audit_sequencer, audit_reader, audit_keeper TO %I;', current_user);
      END;
    END LOOP;
  END $$`;

const GRANT_USAGE = `
  DO $$ BEGIN
    EXECUTE format(
      'GRANT USAGE ON SCHEMA %I TO audit_writer, audit_sequencer, audit_reader, audit_keeper', current_schema());
  END $$`;

/** Adds events, and has their partitions made. It has no other right on any table: the queue's rows come by the trigger. */
const WRITER = [
  `GRANT INSERT ON audit_event TO audit_writer`,
  `GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz), audit_event_append(jsonb, integer) TO audit_writer`,
];

/** Gives events their places, signs, publishes, and adds the events of its own acts. It reads no event. */
const SEQUENCER = [
  `GRANT INSERT ON audit_event TO audit_sequencer`,
  `GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz) TO audit_sequencer`,
  `GRANT SELECT, DELETE ON audit_unsequenced TO audit_sequencer`,
  `GRANT SELECT, INSERT ON audit_leaf, audit_checkpoint, audit_signing_key, audit_cosignature, audit_act TO audit_sequencer`,
  `GRANT SELECT, INSERT, UPDATE ON audit_tile TO audit_sequencer`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON audit_publication TO audit_sequencer`,
];

/** Its work is signed acts, and events that carry them. */
const KEEPER = [
  `GRANT INSERT ON audit_event TO audit_keeper`,
  `GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz) TO audit_keeper`,
  `GRANT SELECT, INSERT ON audit_act TO audit_keeper`,
];

const READER = [
  `GRANT SELECT ON audit_event, audit_unsequenced, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key,
     audit_cosignature, audit_publication, audit_act TO audit_reader`,
];

/** Few events have one: it costs the others nothing. */
const ON_BEHALF_INDEX = `
  CREATE INDEX audit_event_on_behalf_of ON audit_event ((on_behalf_of->>'id'), id DESC) WHERE on_behalf_of IS NOT NULL`;

const WRITE_POLICY = `
  CREATE POLICY audit_event_write ON audit_event FOR INSERT TO audit_writer, audit_sequencer, audit_keeper WITH CHECK (true)`;

/**
 * What a reading transaction sees is what it says first, in \`audit.reads\`: \`all\`, or \`tenants\` or \`subject\` with
 * \`audit.reads_of\`, an array of tenant ids or the id of a person. Who says nothing sees nothing. The settings are read once
 * a statement.
 */
const READ_POLICY = `
  CREATE POLICY audit_event_read ON audit_event FOR SELECT TO audit_reader USING (
    CASE (SELECT current_setting('audit.reads', true))
      WHEN 'all' THEN true
      WHEN 'tenants' THEN tenant_id = ANY (coalesce((SELECT current_setting('audit.reads_of', true))::text[], '{}'))
      WHEN 'subject' THEN (SELECT current_setting('audit.reads_of', true)) IN
        (actor_id, on_behalf_of->>'id', CASE WHEN resource_type = 'user' THEN resource_id END)
      ELSE false
    END)`;

const REVOKE_ALL = `
  REVOKE ALL ON audit_event, audit_unsequenced, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key,
    audit_cosignature, audit_publication, audit_act FROM audit_writer, audit_sequencer, audit_reader, audit_keeper`;
