import type { Attack } from './attack.js';
import { addEvent, COPY } from './events.js';
import { kinds, listOf, type Tampering } from './tampering.js';

/** The partition that most events are in. */
const monthOf = async (attack: Attack): Promise<string> => {
  const sql = 'SELECT tableoid::regclass::text AS name FROM audit_event WHERE id = $1';
  return String((await attack.sql(sql, [attack.idAt('middle')]))[0]?.name);
};
const onMonth = (sql: (month: string) => string) => async (attack: Attack) => attack.sql(sql(await monthOf(attack)));

const ANSWERS = '… have the server answer you otherwise than others';

const partitions = listOf('owner', [
  ['a month detached', onMonth((month) => `ALTER TABLE audit_event DETACH PARTITION ${month}`), kinds('event_missing')],
  ['a month dropped', onMonth((month) => `DROP TABLE ${month}`), kinds('event_missing')],
  ['a month emptied', onMonth((month) => `TRUNCATE ${month}`), kinds('event_missing')],
  ['a table of the ledger dropped', 'DROP TABLE audit_leaf CASCADE', { unchecked: /./ }],
  ['a column of the events dropped', 'ALTER TABLE audit_event DROP COLUMN severity', { unchecked: /./ }],
  [
    'a column of numbers made one of texts',
    `ALTER TABLE audit_event ALTER COLUMN status_code TYPE text USING 'x' || status_code`,
    kinds('event_altered'),
  ],
]);

const misplaced = listOf('superuser', [
  [
    'an event of one’s own in a month that is not that of its id',
    async (attack) => {
      const [bounds] = await attack.sql(
        `SELECT audit_event_first_id('2099-01-01Z') AS low, audit_event_first_id('2099-02-01Z') AS high`,
      );
      const { low, high } = bounds as { low: string; high: string }; // of the statement
      await attack.sql('CREATE TABLE audit_event_2099_01 (LIKE audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)');
      await attack.sql(COPY.replace('INTO audit_event', 'INTO audit_event_2099_01'), [
        attack.idAt('middle'),
        attack.freeId,
      ]);
      await attack.sql(`ALTER TABLE audit_event_2099_01
        ADD CONSTRAINT bounds CHECK (id IS NOT NULL AND id >= '${low}' AND id < '${high}') NOT VALID`);
      await attack.sql(`UPDATE pg_constraint SET convalidated = true WHERE conname = 'bounds'`);
      await attack.sql(
        `ALTER TABLE audit_event ATTACH PARTITION audit_event_2099_01 FOR VALUES FROM ('${low}') TO ('${high}')`,
      );
    },
    kinds('event_inserted'),
  ],
]);

/** Does it while an index of a table is not kept, so that the index does not lead to what is stored meanwhile. */
const pastIndex = async (attack: Attack, index: string, work: () => Promise<unknown>): Promise<void> => {
  const isKept = async (is: boolean): Promise<unknown> =>
    attack.sql('UPDATE pg_index SET indisready = $2, indisvalid = $2 WHERE indexrelid = $1::regclass', [index, is]);
  await isKept(false);
  await work();
  await isKept(true);
};

const pastIndexes = listOf('superuser', [
  [
    'a forged copy of an event that the index of ids does not lead to',
    async (attack) =>
      pastIndex(attack, `${await monthOf(attack)}_pkey`, async () =>
        attack.sql(
          `INSERT INTO audit_event SELECT (jsonb_populate_record(event, '{"reason": "forged"}')).* FROM audit_event event WHERE id = $1`,
          [attack.idAt('middle')],
        ),
      ),
    (attack) => ({ named: [{ kind: 'event_duplicated', table: 'audit_event', eventId: attack.idAt('middle') }] }),
  ],
  [
    'a second leaf at a place, which no index leads to',
    async (attack) => {
      await attack.sql('SET LOCAL enable_seqscan = off'); // as the server plans for a large ledger
      const add = async (): Promise<unknown> =>
        attack.sql(`INSERT INTO audit_leaf (index, event_id, leaf_hash) VALUES ($1, $2, sha256('x'))`, [
          attack.scene.at.middle,
          attack.freeId,
        ]);
      await pastIndex(attack, 'audit_leaf_pkey', async () => pastIndex(attack, 'audit_leaf_event_id_index_key', add));
    },
    ({ scene }) => ({ named: [{ kind: 'leaf_inserted', table: 'audit_leaf', index: scene.at.middle }] }),
  ],
  [
    'a row without an id, which pages show first',
    async (attack) => {
      const month = await monthOf(attack);
      const [bounds] = await attack.sql('SELECT lower_id AS low, upper_id AS high FROM audit_partition_bounds($1)', [
        month,
      ]);
      const { low, high } = bounds as { low: string; high: string }; // of the statement
      await attack.sql(`ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey`);
      await attack.sql(`UPDATE pg_attribute SET attnotnull = false
                         WHERE attname = 'id' AND attrelid IN ('audit_event'::regclass, '${month}'::regclass)`);
      await attack.sql(`DELETE FROM pg_constraint
                         WHERE contype = 'n' AND conkey = '{1}' AND conrelid IN ('audit_event'::regclass, '${month}'::regclass)`);
      await attack.sql(`ALTER TABLE audit_event DETACH PARTITION ${month}`);
      await attack.sql(
        `INSERT INTO ${month} SELECT (jsonb_populate_record(event, '{"id": null}')).* FROM ${month} event WHERE id = $1`,
        [attack.idAt('middle')],
      );
      await attack.sql(`ALTER TABLE ${month}
        ADD CONSTRAINT bounds CHECK (id IS NOT NULL AND id >= '${low}' AND id < '${high}') NOT VALID`);
      await attack.sql(`UPDATE pg_constraint SET convalidated = true WHERE conname = 'bounds'`);
      await attack.sql(`ALTER TABLE audit_event ATTACH PARTITION ${month} FOR VALUES FROM ('${low}') TO ('${high}')`);
    },
    kinds('event_inserted'),
  ],
]);

const TRIGGER = 'CREATE FUNCTION thin() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; CREATE TRIGGER';
const emptied = (name: string): string =>
  `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`;

/** What protects the ledger is changed: a sentence says what is not as the migrations make it. */
const protections: readonly Tampering[] = (
  [
    [
      `ALTER POLICY audit_event_read ON audit_event
         USING (CASE (SELECT current_setting('audit.reads', true)) WHEN 'all' THEN true WHEN 'tenants' THEN tenant_id <> 'acme' ELSE false END)`,
      'policy audit_event_read of audit_event is not what the migrations make it',
    ],
    [
      `ALTER POLICY audit_event_write ON audit_event WITH CHECK (severity <> 'critical')`,
      'policy audit_event_write of audit_event is not what the migrations make it',
    ],
    [
      `${TRIGGER} audit_event_no_truncate BEFORE INSERT ON audit_leaf FOR EACH ROW EXECUTE FUNCTION thin()`,
      "trigger audit_event_no_truncate of audit_leaf is not the ledger's",
    ],
    [
      `DROP TRIGGER audit_event_enqueue ON audit_event;
       ${TRIGGER} audit_event_enqueue BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION thin()`,
      'trigger audit_event_enqueue of audit_event is not what the migrations make it',
    ],
    [
      `DROP TRIGGER audit_leaf_append_only ON audit_leaf;
       CREATE TRIGGER audit_leaf_append_only BEFORE TRUNCATE ON audit_leaf EXECUTE FUNCTION audit_log_refuse_change()`,
      `trigger audit_leaf_append_only of audit_leaf is not what the migrations make it`,
    ],
    [emptied('audit_log_refuse_change'), 'function audit_log_refuse_change is not what the migrations make it'],
    ['GRANT ALL ON audit_event, audit_leaf, audit_stream TO PUBLIC', 'audit_event, .*DELETE.*audit_leaf.*audit_stream'],
    ['GRANT UPDATE (details) ON audit_event TO PUBLIC', 'everybody may do this with audit_event, .*UPDATE'],
    ['GRANT UPDATE ON audit_checkpoint TO audit_sequencer', 'sequencer may do this with audit_checkpoint, .*UPDATE'],
    [
      `ALTER TABLE audit_leaf DISABLE TRIGGER audit_leaf_append_only`,
      `trigger audit_leaf_append_only of audit_leaf is switched off`,
    ],
    [`DROP TRIGGER audit_leaf_append_only ON audit_leaf`, `trigger audit_leaf_append_only of audit_leaf is missing`],
    [
      `${TRIGGER} thin BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION thin()`,
      "trigger thin of audit_event is not the ledger's",
    ],
    [
      'CREATE RULE nothing AS ON INSERT TO audit_leaf DO INSTEAD NOTHING',
      "rule nothing of audit_leaf is not the ledger's",
    ],
    ['ALTER TABLE audit_leaf SET UNLOGGED', 'audit_leaf is unlogged'],
    ['ALTER TABLE audit_unsequenced SET UNLOGGED', 'audit_unsequenced is unlogged'],
    [
      `ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_index_check;
       ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_index_check CHECK (index >= 0 AND index <> 5000)`,
      "constraint audit_leaf_index_check of audit_leaf is not the ledger's",
    ],
    [
      'CREATE UNIQUE INDEX calm ON audit_unsequenced ((position < 0)) WHERE position < 0',
      "unique index calm of audit_unsequenced is not the ledger's",
    ],
    ...['indisready', 'indisvalid'].map(
      (flag) =>
        [
          `UPDATE pg_index SET ${flag} = false WHERE indexrelid = 'audit_leaf_event_id_index_key'::regclass`,
          'index audit_leaf_event_id_index_key of audit_leaf is invalid',
        ] as const,
    ),
    ['ALTER TABLE audit_row_image DISABLE ROW LEVEL SECURITY', 'Row-level security is off on audit_row_image'],
    ['ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY', 'Row-level security is off on audit_event'],
    ['ALTER TABLE audit_event FORCE ROW LEVEL SECURITY', 'Row-level security of audit_event is forced on its owner'],
    ['ALTER TABLE audit_cosignature ENABLE ROW LEVEL SECURITY', 'Row-level security is on for audit_cosignature'],
    [
      `ALTER TABLE audit_leaf RENAME TO audit_leaf_true;
       CREATE VIEW audit_leaf AS SELECT * FROM audit_leaf_true; GRANT SELECT ON audit_leaf TO audit_reader`,
      'audit_leaf is not a table',
    ],
    [
      'ALTER FUNCTION audit_events_of(text, uuid, uuid, integer) SET search_path = evil, public',
      'function audit_events_of is not what the migrations make it',
    ],
    [
      'ALTER FUNCTION audit_event_enqueue() SECURITY INVOKER',
      'function audit_event_enqueue is not what the migrations make it',
    ],
    [
      `DO $$ DECLARE body text := (SELECT prosrc FROM pg_proc WHERE proname = 'audit_days'); BEGIN
         EXECUTE 'CREATE OR REPLACE FUNCTION audit_days(days text) RETURNS integer LANGUAGE sql IMMUTABLE AS ''SELECT 0''';
         EXECUTE 'CREATE FUNCTION audit_days(days text, other text) RETURNS integer LANGUAGE sql IMMUTABLE AS ' || quote_literal(body); END $$`,
      'function audit_days is not what the migrations make it',
    ],
    ['GRANT EXECUTE ON FUNCTION audit_erase(uuid[]) TO PUBLIC', 'everybody may call audit_erase'],
    ['GRANT EXECUTE ON FUNCTION audit_retire(uuid, integer) TO audit_writer', 'audit_writer may call audit_retire'],
    ['GRANT DELETE ON audit_unsequenced TO audit_writer', 'writer may do this with audit_unsequenced, .*: DELETE'],
    [
      `ALTER TABLE audit_row_change RENAME TO outbox; CREATE VIEW audit_row_change AS SELECT * FROM outbox;
       CREATE RULE thin AS ON INSERT TO audit_row_change DO INSTEAD NOTHING`,
      'audit_row_change is not a table',
    ],
    [
      `ALTER TABLE audit_unsequenced ALTER transaction SET DEFAULT '3'`,
      'column transaction of audit_unsequenced is not what the migrations make it',
    ],
    [
      `ALTER TABLE audit_event ADD refused int GENERATED ALWAYS AS (CASE actor_id WHEN 'u-eve' THEN 1 / (length(actor_id) - 5) END) STORED`,
      "column refused of audit_event is not the ledger's",
    ],
    [
      `DO $$ DECLARE text text := (SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'audit_view_read'); BEGIN
         EXECUTE 'ALTER POLICY audit_view_read ON audit_view USING (' || replace(text, '(is_shared OR (', 'is_shared OR ((') || ')'; END $$`,
      'policy audit_view_read of audit_view is not what the migrations make it',
    ],
    [
      'ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_index_check',
      'audit_leaf_index_check of audit_leaf is missing',
    ],
    ['DROP POLICY audit_event_write ON audit_event', 'policy audit_event_write of audit_event is missing'],
    ['DROP INDEX audit_event_tenant', 'index audit_event_tenant of audit_event is missing.*migrate --repair'],
    ['CREATE TABLE rest PARTITION OF audit_event DEFAULT', 'rest is the default partition of audit_event'],
    ['ALTER ROLE audit_reader BYPASSRLS', 'role audit_reader has BYPASSRLS'],
    [
      `CREATE FUNCTION thin() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
       CREATE EVENT TRIGGER thin ON ddl_command_end EXECUTE FUNCTION thin()`,
      'event trigger thin ',
    ],
    [
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica', current_database()); END $$`,
      'begin without triggers',
    ],
  ] as const
).map(([sql, told]) => ({
  ...{ name: sql.replaceAll(/\s+/g, ' '), as: 'superuser', do: sql },
  outcome: { told: new RegExp(told, 's') },
}));

const forgedAndHidden = (policy: (hides: string) => string) => async (attack: Attack) => {
  await attack.sql(COPY, [attack.idAt('middle'), attack.freeId]);
  await attack.sql(policy(`USING (session_user <> '${attack.auditor}' OR id <> '${attack.freeId}')`));
};

/** Those that the guide or a planted fault names, or that are not one statement. */
const named = listOf('superuser', [
  [
    'a trigger that drops new events, on a month under another name',
    onMonth(
      (month) => `ALTER TABLE ${month} RENAME TO elsewhere;
        ${TRIGGER} thin BEFORE INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION thin()`,
    ),
    { told: /trigger thin of elsewhere is not the ledger's/ },
  ],
  [
    'a month made such that a crash empties it',
    onMonth((month) => `ALTER TABLE ${month} SET UNLOGGED`),
    { told: /audit_event_\w+ is unlogged/ },
  ],
  [
    'the application may delete from one month',
    onMonth((month) => `GRANT DELETE ON ${month} TO audit_writer`),
    { told: /audit_writer may do this with audit_event_\d+_\d+, .*: DELETE/ },
  ],
  [
    'a constraint added that refuses the events of one actor',
    `ALTER TABLE audit_event ADD CONSTRAINT calm CHECK (actor_id <> 'eve') NOT VALID`,
    { told: /constraint calm of audit_event is not the ledger's/ },
  ],
  [
    'a policy that hides a forged event from the auditor alone',
    forgedAndHidden((hides) => `CREATE POLICY hide ON audit_event AS RESTRICTIVE FOR SELECT TO audit_reader ${hides}`),
    { told: /policy hide of audit_event is not the ledger's/ },
  ],
  [
    'the policy of reading rewritten, so that it hides a forged event from the auditor',
    forgedAndHidden((hides) => `ALTER POLICY audit_event_read ON audit_event ${hides}`),
    { told: /policy audit_event_read of audit_event/ },
  ],
  [
    'row images put beside an event that seals none',
    async (attack) =>
      attack.sql(`INSERT INTO audit_row_image VALUES ($1, '{"tier": "gold"}', NULL)`, [attack.idAt('middle')]),
    { told: /row images of event [\w-]+ are not those that it seals/ },
  ],
  [
    'a login that may write to every table of the server',
    async (attack) => attack.sql(`GRANT pg_write_all_data TO ${attack.auditor}`),
    { told: /These logins may change stored events: .*tamper_auditor/ },
  ],
  [
    'a view in the place of the events',
    `ALTER TABLE audit_event RENAME TO audit_event_true;
     CREATE VIEW audit_event AS SELECT * FROM audit_event_true; GRANT SELECT ON audit_event TO audit_reader`,
    { unchecked: /./ },
  ],
  [
    'a function that refuses changes replaced by one that does not',
    emptied('audit_log_refuse_change'),
    { cannot: ANSWERS },
  ],
]);

const COPIED = [
  'audit_leaf',
  'audit_tile',
  'audit_checkpoint',
  'audit_unsequenced',
  'audit_signing_key',
  'audit_cosignature',
  'audit_act',
  'audit_legal_hold',
  'audit_retirement',
  'audit_retired_range',
  'audit_erased',
];

const searchPath: readonly Tampering[] = [
  {
    name: 'another ledger that the auditor’s search path leads to',
    as: 'superuser',
    isCommitted: true,
    do: async (attack) => {
      await attack.sql(`UPDATE audit_event SET reason = 'forged' WHERE id = $1`, [attack.idAt('middle')]);
      await attack.sql('CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO audit_reader');
      await attack.sql(`CREATE VIEW evil.audit_event AS SELECT * FROM public.audit_event`);
      await attack.sql('GRANT SELECT ON evil.audit_event TO audit_reader');
      await attack.sql(
        `ALTER ROLE ${attack.auditor} IN DATABASE ${attack.database.name} SET search_path = evil, public`,
      );
    },
    outcome: { unchecked: /./ },
  },
  {
    name: 'a whole ledger as it was, in the schema that the auditor’s search path leads to',
    as: 'superuser',
    isCommitted: true,
    do: async (attack) => {
      const own = 'as_it_was';
      await attack.sql(`UPDATE audit_event SET reason = 'forged' WHERE id = $1`, [attack.idAt('middle')]);
      await attack.sql(`CREATE SCHEMA ${own}; GRANT USAGE ON SCHEMA ${own} TO audit_reader`);
      await attack.sql(
        `CREATE TABLE ${own}.audit_event (LIKE public.audit_event INCLUDING ALL) PARTITION BY RANGE (id);
         CREATE TABLE ${own}.audit_event_all PARTITION OF ${own}.audit_event DEFAULT;
         INSERT INTO ${own}.audit_event SELECT * FROM public.audit_event;
         UPDATE ${own}.audit_event SET reason = 'because' WHERE reason = 'forged'`,
      );
      for (const table of COPIED)
        await attack.sql(
          `CREATE TABLE ${own}.${table} (LIKE public.${table} INCLUDING ALL);
           INSERT INTO ${own}.${table} OVERRIDING SYSTEM VALUE SELECT * FROM public.${table}`,
        );
      await attack.sql(`GRANT SELECT ON ALL TABLES IN SCHEMA ${own} TO audit_reader`);
      await attack.sql(
        `ALTER ROLE ${attack.auditor} IN DATABASE ${attack.database.name} SET search_path = ${own}, public`,
      );
    },
    outcome: { told: /Another audit_event is in the schema public/ },
  },
];

const REFUSED = { refused: /permission denied|must be (able|owner)|append-only/ };
const refused = listOf('writer', [
  ['an event erased past the function', `SET LOCAL audit.act = 'erase'; UPDATE audit_event SET reason = ''`, REFUSED],
  ['events retired past the function', `SET LOCAL audit.act = 'retire'; DELETE FROM audit_event`, REFUSED],
  ['a month read past its policies', onMonth((month) => `SELECT * FROM ${month}`), REFUSED],
  ['a month written into', onMonth((month) => `INSERT INTO ${month} SELECT * FROM audit_event LIMIT 1`), REFUSED],
  ['a month detached by who writes', onMonth((month) => `ALTER TABLE audit_event DETACH PARTITION ${month}`), REFUSED],
  ['triggers switched off by the application', 'ALTER TABLE audit_event DISABLE TRIGGER ALL', REFUSED],
  ['triggers switched off for a session of the application', 'SET session_replication_role = replica', REFUSED],
  ['policies removed by the application', 'DROP POLICY audit_event_read ON audit_event', REFUSED],
  ['a function replaced by the application', emptied('public.audit_log_refuse_change'), REFUSED],
  ['a person erased by the application', `SELECT audit_erase(ARRAY[gen_random_uuid()])`, REFUSED],
]);

const written = listOf('writer', [
  [
    'a false event, recorded as any other',
    async (attack) => addEvent(attack, { reason: 'never happened' }),
    { cannot: `who controls the application's process` },
  ],
  [
    'an event recorded with the hash of another',
    async (attack) => {
      const [id] = [attack.freeId];
      await attack.sql(COPY, [attack.idAt('middle'), id]);
    },
    kinds('event_altered'),
  ],
  [
    'an event recorded with a commitment that its personal part is not of',
    async (attack) =>
      attack.sql(
        `INSERT INTO audit_event SELECT (jsonb_populate_record(event, jsonb_build_object('id', $2::uuid, 'actor_name', 'Eve'))).* FROM audit_event event WHERE id = $1`,
        [attack.idAt('middle'), attack.freeId],
      ),
    kinds('event_altered', 'personal_altered'),
  ],
  [
    'a name tried by the salt of an event',
    `SELECT personal_salt, personal_commitment FROM audit_event WHERE personal_salt IS NOT NULL`,
    { cannot: 'who has the salt of an event, and its commitment' },
  ],
]);

export const SCHEMA_AND_RIGHTS: readonly Tampering[] = [
  ...partitions,
  ...misplaced,
  ...pastIndexes,
  ...protections,
  ...named,
  ...searchPath,
  ...refused,
  ...written,
];
