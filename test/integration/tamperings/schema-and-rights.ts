import type { Attack } from './attack.js';
import { addEvent, copyAs } from './events.js';
import { by, inCopies, kinds, buildList, getOutcome, type Tampering } from './tampering.js';
import { GIVEN_COLUMNS } from '../../support/sql.js';

const months = by('owner')`
a month detached → event_missing
  ALTER TABLE audit_event DETACH PARTITION <partition>
a month dropped → event_missing
  DROP TABLE <partition>
a month emptied → event_missing
  TRUNCATE <partition>
a table of the ledger dropped → unchecked .
  DROP TABLE audit_leaf CASCADE
a column of the events dropped → unchecked .
  ALTER TABLE audit_event DROP COLUMN severity
`;

/** A session cannot repeat a prepared statement whose columns have another type. */
const types = inCopies(by('owner')`
a column of numbers made one of texts → event_altered
  ALTER TABLE audit_event ALTER COLUMN status_code TYPE text USING 'x' || status_code
`);

/** The forged `convalidated` makes the server attach the month without reading its rows. */
async function attach(attack: Attack, month: string, { low, high }: Readonly<Record<string, unknown>>): Promise<void> {
  await attack.sql(`ALTER TABLE ${month}
    ADD CONSTRAINT bounds CHECK (id IS NOT NULL AND id >= '${String(low)}' AND id < '${String(high)}') NOT VALID;
    UPDATE pg_constraint SET convalidated = true WHERE conname = 'bounds';
    ALTER TABLE audit_event ATTACH PARTITION ${month} FOR VALUES FROM ('${String(low)}') TO ('${String(high)}')`);
}

/** PostgreSQL does not maintain the index meanwhile, so the index does not lead to rows that `work` stores. */
const pastIndex = async (attack: Attack, index: string, work: () => Promise<unknown>): Promise<void> => {
  const isKept = async (is: boolean): Promise<unknown> =>
    attack.sql('UPDATE pg_index SET indisready = $2, indisvalid = $2 WHERE indexrelid = $1::regclass', [index, is]);
  await isKept(false);
  await work();
  await isKept(true);
};

const pastChecks = buildList('superuser', [
  [
    'an event of one’s own in a month that is not that of its id',
    async (attack) => {
      const sql = `SELECT audit_event_first_id('2099-01-01Z') AS low, audit_event_first_id('2099-02-01Z') AS high`;
      const [bounds = {}] = await attack.sql(sql);
      await attack.sql(
        'CREATE TABLE audit_event_2099_01 (LIKE audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED)',
      );
      await attack.run(copyAs('<free>').replace('INTO audit_event', 'INTO audit_event_2099_01'));
      await attach(attack, 'audit_event_2099_01', bounds);
    },
    kinds('event_inserted'),
  ],
  [
    'a forged copy of an event that the index of ids does not lead to',
    async (attack) =>
      pastIndex(attack, `${await attack.partition()}_pkey`, async () =>
        attack.run(copyAs('<middle>', `, 'reason', 'forged'`)),
      ),
    (attack) => ({ named: [{ kind: 'event_duplicated', table: 'audit_event', eventId: attack.idAt('middle') }] }),
  ],
  [
    'a second leaf at a place, which no index leads to',
    async (attack) => {
      await attack.sql('SET LOCAL enable_seqscan = off'); // as the server plans for a large ledger
      const add = async (): Promise<unknown> =>
        attack.run(`INSERT INTO audit_leaf (index, event_id, leaf_hash) VALUES (<#middle>, <free>, sha256('x'))`);
      await pastIndex(attack, 'audit_leaf_pkey', async () => pastIndex(attack, 'audit_leaf_event_id_index_key', add));
    },
    getOutcome('leaf_inserted@#middle'),
  ],
  [
    'a row without an id, which pages show first',
    async (attack) => {
      const month = await attack.partition();
      const sql = 'SELECT lower_id AS low, upper_id AS high FROM audit_partition_bounds($1)';
      const [bounds = {}] = await attack.sql(sql, [month]);
      await attack.run(`
        ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey;
        UPDATE pg_attribute SET attnotnull = false
         WHERE attname = 'id' AND attrelid IN ('audit_event'::regclass, '<partition>'::regclass);
        DELETE FROM pg_constraint
         WHERE contype = 'n' AND conkey = '{1}' AND conrelid IN ('audit_event'::regclass, '<partition>'::regclass);
        ALTER TABLE audit_event DETACH PARTITION <partition>`);
      const row = `jsonb_populate_record(event, '{"id": null}')`;
      const copy = `(SELECT (${row}).* FROM ${month} event WHERE id = $1) AS copy`;
      await attack.sql(`INSERT INTO ${month} (${GIVEN_COLUMNS}) SELECT ${GIVEN_COLUMNS} FROM ${copy}`, [
        attack.idAt('middle'),
      ]);
      await attach(attack, month, bounds);
    },
    kinds('event_inserted'),
  ],
]);

const TRIGGER = 'CREATE FUNCTION thin() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; CREATE TRIGGER';
const emptied = (name: string): string =>
  `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`;

const HIDES = `USING (session_user <> '<auditor>' OR id <> <free>)`;

const protections = by('superuser')`
policy audit_event_read of audit_event was changed
  ALTER POLICY audit_event_read ON audit_event
    USING (CASE (SELECT current_setting('audit.reads', true)) WHEN 'all' THEN true WHEN 'tenants' THEN tenant_id <> 'acme' ELSE false END)
policy audit_event_write of audit_event was changed
  ALTER POLICY audit_event_write ON audit_event WITH CHECK (severity <> 'critical')
trigger audit_event_no_truncate of audit_leaf is not the ledger's
  ${TRIGGER} audit_event_no_truncate BEFORE INSERT ON audit_leaf FOR EACH ROW EXECUTE FUNCTION thin()
trigger audit_leaf_append_only of audit_leaf was changed
  DROP TRIGGER audit_leaf_append_only ON audit_leaf;
  CREATE TRIGGER audit_leaf_append_only BEFORE TRUNCATE ON audit_leaf EXECUTE FUNCTION audit_log_refuse_change()
function audit_log_refuse_change.* was changed
  ${emptied('audit_log_refuse_change')}
audit_consumer, .*DELETE.*audit_event.*audit_leaf
  GRANT ALL ON audit_consumer, audit_event, audit_leaf TO PUBLIC
everybody has rights on audit_event, .*UPDATE
  GRANT UPDATE (details) ON audit_event TO PUBLIC
sequencer_\w+ has rights on audit_checkpoint, .*UPDATE
  GRANT UPDATE ON audit_checkpoint TO audit_sequencer
trigger audit_leaf_append_only of audit_leaf is disabled
  ALTER TABLE audit_leaf DISABLE TRIGGER audit_leaf_append_only
trigger audit_leaf_append_only of audit_leaf is missing
  DROP TRIGGER audit_leaf_append_only ON audit_leaf
trigger thin of audit_event is not the ledger's
  ${TRIGGER} thin BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION thin()
rule nothing of audit_leaf is not the ledger's
  CREATE RULE nothing AS ON INSERT TO audit_leaf DO INSTEAD NOTHING
audit_leaf is unlogged
  ALTER TABLE audit_leaf SET UNLOGGED
audit_inbox is unlogged
  ALTER TABLE audit_inbox SET UNLOGGED
constraint audit_leaf_index_check of audit_leaf is not the ledger's
  ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_index_check;
  ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_index_check CHECK (index >= 0 AND index <> 5000)
unique index calm of audit_inbox is not the ledger's
  CREATE UNIQUE INDEX calm ON audit_inbox ((position < 0)) WHERE position < 0
index audit_leaf_event_id_index_key of audit_leaf is invalid
  UPDATE pg_index SET indisready = false WHERE indexrelid = 'audit_leaf_event_id_index_key'::regclass
index audit_leaf_event_id_index_key of audit_leaf is invalid
  UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'audit_leaf_event_id_index_key'::regclass
Row-level security is off on audit_row_image
  ALTER TABLE audit_row_image DISABLE ROW LEVEL SECURITY
Row-level security is off on audit_event
  ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY
Row-level security of audit_event is forced on its owner
  ALTER TABLE audit_event FORCE ROW LEVEL SECURITY
Row-level security is on for audit_cosignature
  ALTER TABLE audit_cosignature ENABLE ROW LEVEL SECURITY
audit_leaf is not a table
  ALTER TABLE audit_leaf RENAME TO audit_leaf_true;
  CREATE VIEW audit_leaf AS SELECT * FROM audit_leaf_true; GRANT SELECT ON audit_leaf TO audit_reader
function audit_events_about.* was changed
  ALTER FUNCTION audit_events_about(text, uuid, uuid, integer) SET search_path = evil, public
function audit_known.* was changed
  ALTER FUNCTION audit_known(uuid[]) SECURITY INVOKER
function audit_days.* was changed
  DO $$ DECLARE body text := (SELECT prosrc FROM pg_proc WHERE proname = 'audit_days'); BEGIN
    EXECUTE 'CREATE OR REPLACE FUNCTION audit_days(days text) RETURNS integer LANGUAGE sql IMMUTABLE AS ''SELECT 0''';
    EXECUTE 'CREATE FUNCTION audit_days(days text, other text) RETURNS integer LANGUAGE sql IMMUTABLE AS ' || quote_literal(body); END $$
function audit_accept\(text, integer\) is not the ledger's
  CREATE FUNCTION audit_accept(text, integer) RETURNS void LANGUAGE sql AS ''
everybody may call audit_erase
  GRANT EXECUTE ON FUNCTION audit_erase(uuid[]) TO PUBLIC
audit_writer_\w+ may call audit_retire
  GRANT EXECUTE ON FUNCTION audit_retire(uuid, integer) TO audit_writer
writer_\w+ has rights on audit_inbox, .*: DELETE
  GRANT DELETE ON audit_inbox TO audit_writer
audit_row_change is not a table
  ALTER TABLE audit_row_change RENAME TO outbox; CREATE VIEW audit_row_change AS SELECT * FROM outbox;
  CREATE RULE thin AS ON INSERT TO audit_row_change DO INSTEAD NOTHING
column transaction of audit_inbox was changed
  ALTER TABLE audit_inbox ALTER transaction SET DEFAULT '3'
column refused of audit_event is not the ledger's
  ALTER TABLE audit_event
    ADD refused int GENERATED ALWAYS AS (CASE actor_id WHEN 'u-eve' THEN 1 / (length(actor_id) - 5) END) STORED
audit_leaf_index_check of audit_leaf is missing
  ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_index_check
policy audit_event_write of audit_event is missing
  DROP POLICY audit_event_write ON audit_event
index audit_event_tenant of audit_event is missing.*migrate --repair
  DROP INDEX audit_event_tenant
rest is the default partition of audit_event
  CREATE TABLE rest PARTITION OF audit_event DEFAULT
role audit_reader_\w+ has BYPASSRLS
  ALTER ROLE audit_reader BYPASSRLS
begin without triggers
  DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica', current_database()); END $$
trigger thin of elsewhere is not the ledger's
  ALTER TABLE <partition> RENAME TO elsewhere;
  ${TRIGGER} thin BEFORE INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION thin()
audit_event_\w+ is unlogged
  ALTER TABLE <partition> SET UNLOGGED
audit_writer_\w+ has rights on audit_event_\d+_\d+, .*: DELETE
  GRANT DELETE ON <partition> TO audit_writer
a constraint added that refuses the events of one actor → told constraint calm of audit_event is not the ledger's
  ALTER TABLE audit_event ADD CONSTRAINT calm CHECK (actor_id <> 'eve') NOT VALID
a policy that hides a forged event from the auditor alone → told policy hide of audit_event is not the ledger's
  ${copyAs('<free>')}
  CREATE POLICY hide ON audit_event AS RESTRICTIVE FOR SELECT TO audit_reader ${HIDES}
the policy of reading rewritten, so that it hides a forged event from the auditor → told policy audit_event_read of audit_event
  ${copyAs('<free>')}
  ALTER POLICY audit_event_read ON audit_event ${HIDES}
row images of event [\w-]+ differ from the sealed images
  INSERT INTO audit_row_image VALUES (<middle>, '{"tier": "gold"}', NULL)
child table heir of audit_leaf is not the ledger's
  CREATE TABLE public.heir () INHERITS (audit_leaf)
foreign key theirs of \S+ is not the ledger's
  CREATE TABLE public.note (id uuid CONSTRAINT theirs REFERENCES audit_erasure (id))
a cast that PostgreSQL prefers to its own → unchecked cast from text to boolean
  CREATE CAST (text AS boolean) WITH INOUT AS IMPLICIT
a view in the place of the events → unchecked .
  ALTER TABLE audit_event RENAME TO audit_event_true;
  CREATE VIEW audit_event AS SELECT * FROM audit_event_true; GRANT SELECT ON audit_event TO audit_reader
a function that refuses changes, replaced by one that does not → cannot … make the server answer you differently than others
  ${emptied('audit_log_refuse_change')}
`;

const preferred = by('owner')`
a function that PostgreSQL prefers to its own → unchecked function .*concat_ws
  CREATE FUNCTION concat_ws(text, text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'pg_catalog, elsewhere, public' $$
an operator that PostgreSQL prefers to its own → unchecked operator .*~~
  CREATE FUNCTION like_names(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT true';
  CREATE OPERATOR ~~ (LEFTARG = name, RIGHTARG = name, FUNCTION = like_names)
`;

const searchPath = inCopies(by('superuser')`
another ledger that the auditor’s search path leads to → unchecked .
  UPDATE audit_event SET reason = 'forged' WHERE id = <middle>;
  CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO audit_reader;
  CREATE VIEW evil.audit_event AS SELECT * FROM public.audit_event; GRANT SELECT ON evil.audit_event TO audit_reader;
  ALTER ROLE <auditor> IN DATABASE <database> SET search_path = evil, public
a whole ledger as it was, in the schema of the auditor’s search path → told schema public has another audit_event
  UPDATE audit_event SET reason = 'forged' WHERE id = <middle>;
  CREATE SCHEMA old; GRANT USAGE ON SCHEMA old TO audit_reader;
  CREATE TABLE old.audit_event (LIKE public.audit_event INCLUDING ALL) PARTITION BY RANGE (id);
  CREATE TABLE old.audit_event_all PARTITION OF old.audit_event DEFAULT;
  INSERT INTO old.audit_event (<columns>) SELECT <columns> FROM public.audit_event;
  UPDATE old.audit_event SET reason = 'because' WHERE reason = 'forged';
  DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY '{leaf,tile,checkpoint,signing_key,cosignature,act,legal_hold,retirement,retired_range,erased}'::text[]
    LOOP EXECUTE format('CREATE TABLE old.%1$s (LIKE public.%1$s INCLUDING ALL);
      INSERT INTO old.%1$s OVERRIDING SYSTEM VALUE SELECT * FROM public.%1$s', 'audit_' || name); END LOOP; END $$;
  GRANT SELECT ON ALL TABLES IN SCHEMA old TO audit_reader;
  ALTER ROLE <auditor> IN DATABASE <database> SET search_path = old, public
`);

const refused = by('writer')`
an event erased past the function → refused
  SET LOCAL audit.act = 'erase'; UPDATE audit_event SET reason = ''
events retired past the function → refused
  SET LOCAL audit.act = 'retire'; DELETE FROM audit_event
a month read past its policies → refused
  SELECT * FROM <partition>
a month written into → refused
  INSERT INTO <partition> (id, occurred_at) SELECT id, occurred_at FROM audit_event LIMIT 1
a month detached by who writes → refused
  ALTER TABLE audit_event DETACH PARTITION <partition>
triggers switched off by the application → refused
  ALTER TABLE audit_event DISABLE TRIGGER ALL
triggers switched off for a session of the application → refused
  SET session_replication_role = replica
policies removed by the application → refused
  DROP POLICY audit_event_read ON audit_event
a function replaced by the application → refused
  ${emptied('public.audit_log_refuse_change')}
a person erased by the application → refused
  SELECT audit_erase(ARRAY[gen_random_uuid()])
an event inserted past the sealer → refused permission denied
  ${copyAs('<free>')}
a name tried by the salt of an event → cannot who has the salt of an event, and its commitment
  SELECT personal_salt, personal_commitment FROM audit_event WHERE personal_salt IS NOT NULL
`;

const written = buildList('writer', [
  [
    'a false event, recorded as any other',
    async (attack) => addEvent(attack, { reason: 'never happened' }),
    { cannot: `who controls the application's process` },
  ],
]);

export const SCHEMA_AND_RIGHTS: readonly Tampering[] = [
  ...months,
  ...types,
  ...pastChecks,
  ...protections,
  ...preferred,
  ...searchPath,
  ...refused,
  ...written,
];
