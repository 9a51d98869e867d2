import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AUDIT_EXTENSIONS } from '../../migrations/audit-migrations.js';
import { command as doctorCommand } from '../../src/cli/doctor/doctor.command.js';
import { resolveLedgerUrl, resolveSequencerUrl } from '../../src/cli/connection/database-url.js';
import { migrateLedger } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../src/monitoring/store/schema/check-protection.js';
import { addressInSchema } from '../../src/monitoring/store/sessions/ledger-address.js';
import {
  createTestDatabase,
  openClient,
  runSql,
  testDatabase,
  withClient,
  withoutSuffix,
  withRoles,
} from '../support/index.js';
import { captureTables } from '../support/row-changes-scene.js';
import { sqlTable } from '../support/sql-table.js';

const login = `service_${randomBytes(6).toString('hex')}`;
const sequencer = `${login}_sequencer`;
const PASSWORD = 'not a secret: ’ " $$';

const migrate = async (repair = false) => {
  const migrated = await migrateLedger({
    ...{ connectionUrl, sequencerUrl, adminUrl: database.superuserUrl, schema: 'audit', repair },
    ...(!repair && { with: AUDIT_EXTENSIONS }),
  });
  return { ...migrated, did: migrated.did.map(withoutSuffix) };
};
const asAdmin = (sql: string) => runSql(addressInSchema(database.superuserUrl, 'audit'), sql);
const asApplication = (sql: string) => runSql(addressInSchema(connectionUrl, 'audit'), sql);

const database = await testDatabase({ empty: true, roles: [login, sequencer] });
const url = new URL(database.url);
url.username = login;
url.password = encodeURIComponent(PASSWORD);
const connectionUrl = url.href;
const sequencerUrl = Object.assign(url, { username: sequencer }).href;
const reported = (await migrate()).did;

/** `verify` also names a login of the test server with all roles, and logins of other specs, which come and go. */
async function unprotected(): Promise<readonly string[]> {
  const found = await findUnprotected(addressInSchema(connectionUrl, 'audit'));
  return found.filter((message) => !message.startsWith('These logins') || message.includes(login)).map(withoutSuffix);
}

describe('a ledger that an administrator migrates for the login of an application', () => {
  it('belongs to a role that cannot log in, and says what was made and granted', async () => {
    expect(reported).toEqual(
      expect.arrayContaining([
        `Created the login ${login}.`,
        `Granted audit_writer, audit_reader to ${login}.`,
        `Created the login ${sequencer}.`,
        `Granted audit_sequencer, audit_reader, audit_keeper to ${sequencer}.`,
        'Created the schema audit, owned by audit_owner.',
      ]),
    );
    const owners = `SELECT DISTINCT pg_get_userbyid(relowner)::text AS owner, (SELECT rolcanlogin FROM pg_roles WHERE oid = relowner)
                      FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind IN ('r', 'p')`;
    expect(await asAdmin(owners)).toEqual([
      { owner: expect.stringMatching(/^audit_owner_[0-9a-f]{8}$/), rolcanlogin: false },
    ]);
    expect((await migrate()).did).toEqual([]);
  });

  it('takes the events of that login, by the password that its address names', async () => {
    await asApplication(`SET ROLE audit_writer; SELECT audit_try_accept(1::smallint, '', NULL, '{}', 100, NULL)`);
    expect(await verifyLedger({ database: addressInSchema(connectionUrl, 'audit') })).toMatchObject({
      verdict: 'sound',
    });
    await runSql(addressInSchema(sequencerUrl, 'audit'), 'SET ROLE audit_sequencer; DELETE FROM audit_inbox');
  });

  it('is found by the commands without --schema, unless the connection finds one by itself', async () => {
    const inAudit = addressInSchema(connectionUrl, 'audit');
    expect(await resolveLedgerUrl({ databaseUrl: connectionUrl })).toBe(inAudit);
    expect(await resolveSequencerUrl({ databaseUrl: sequencerUrl })).toBe(addressInSchema(sequencerUrl, 'audit'));
    expect(await resolveLedgerUrl({ databaseUrl: inAudit })).toBe(inAudit);
    expect(await resolveLedgerUrl({ databaseUrl: connectionUrl, schema: 'other' })).toBe(
      addressInSchema(connectionUrl, 'other'),
    );
    await database.superuserSql('CREATE TABLE public.audit_event (); GRANT USAGE ON SCHEMA public TO PUBLIC');
    expect(await resolveLedgerUrl({ databaseUrl: connectionUrl })).toBe(connectionUrl);
    await database.superuserSql('DROP TABLE public.audit_event');
    const nobody = Object.assign(new URL(connectionUrl), { username: 'nobody_of_that_name' }).href;
    expect(await resolveLedgerUrl({ databaseUrl: nobody })).toBe(nobody);
  });

  it('has verify name what protects it no more', async () => {
    expect(await unprotected()).toEqual([]);
    await asAdmin(`ALTER TABLE audit_leaf DISABLE TRIGGER audit_leaf_append_only; ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY;
                   GRANT audit_owner TO ${login}`);
    expect(await unprotected()).toEqual([
      expect.stringContaining(`The ledger belongs to audit_owner. These logins can act as the owner: ${login}.`),
      expect.stringContaining('Row-level security is off on audit_event'),
      expect.stringContaining('The trigger audit_leaf_append_only of audit_leaf is disabled.'),
    ]);
    await asAdmin(`REVOKE audit_owner FROM ${login}`);
    expect((await migrate(true)).did).toHaveLength(2);
    expect(await unprotected()).toEqual([]);
  });

  it('refuses one address for two of the roles', async () => {
    const adminUrl = database.superuserUrl;
    for (const addresses of [
      { connectionUrl: adminUrl },
      { connectionUrl, sequencerUrl: adminUrl },
      { connectionUrl, sequencerUrl: connectionUrl },
    ]) {
      await expect(migrateLedger({ ...addresses, adminUrl })).rejects.toThrow(
        expect.objectContaining({ code: 'AUDIT_SCHEMA_UNUSABLE' }),
      );
    }
  });
});

const DEFINER = (name: string): string =>
  `CREATE FUNCTION ${name}(sql text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE sql; END'`;

const FOREIGN_CODE = `
  CREATE OR REPLACE FUNCTION thin() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE OR REPLACE FUNCTION textcat_first(text, text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1'`;

const [firstMonth] = await asAdmin(`SELECT min(inhrelid::regclass::text) AS name FROM pg_inherits`);
const month = String(firstMonth?.name);

describe('what lets a login past the protection', () => {
  const inAudit = addressInSchema(connectionUrl, 'audit');
  const found = async () => {
    const { data } = await doctorCommand.run(['--json', '--database-url', inAudit]).then(({ output = '{}' }) => ({
      data: JSON.parse(output) as { checks: { name: string; message: string }[] }, // as --json has it
    }));
    return withoutSuffix(data.checks.map(({ message }) => message).join(' '));
  };
  const give = (object: string, owner: string) => `ALTER ${object} OWNER TO ${owner}`;
  const ours = ', and the ledger to audit_owner';
  /** Each row is an object, and the sentence where it belongs to the application's login. */
  const OWNED: readonly (readonly [object: string, sentence: string])[] = [
    [`TABLE ${month}`, `The table ${month} belongs to ${login}${ours}`],
    ['TABLE audit_leaf', `The table audit_leaf belongs to ${login}${ours}`],
    ['TABLE audit_row_change', `The table audit_row_change belongs to ${login}${ours}`],
    ['TABLE audit_migration', `The table audit_migration belongs to ${login}${ours}`],
    ['FUNCTION audit_erase(uuid[])', `The function audit_erase(event_ids uuid[]) belongs to ${login}${ours}`],
    ['FUNCTION audit_row_json(text)', `The function audit_row_json(given text) belongs to ${login}${ours}`],
    ['SCHEMA audit', `The schema audit belongs to ${login}${ours}`],
  ];

  it('is named by verify and doctor where it is an owner of the ledger, or may create objects in its schema', async () => {
    await asAdmin(
      [...OWNED.map(([object]) => give(object, login)), `GRANT CREATE ON SCHEMA audit TO PUBLIC`].join(';'),
    );
    const said = [(await unprotected()).join(' '), await found()];
    await asAdmin(
      [...OWNED.map(([object]) => give(object, 'audit_owner')), `REVOKE CREATE ON SCHEMA audit FROM PUBLIC`].join(';'),
    );
    const sentences = [...OWNED.map(([, message]) => message), 'everybody may create objects in the schema audit'];
    for (const message of sentences) expect(said.map((each) => [message, each.includes(message)])).toEqual([[message, true], [message, true]]); // prettier-ignore
    await asAdmin(give('TABLE audit_event', login));
    expect(await unprotected()).toContainEqual(expect.stringContaining(`The ledger belongs to ${login}.`));
    await asAdmin(give('TABLE audit_event', 'audit_owner'));
    expect((await unprotected()).join(' ')).not.toContain(login);
  });

  const WEAKENED = sqlTable`
Sessions of ${login} begin without triggers (session_replication_role)
  ALTER ROLE ${login} SET session_replication_role = 'REPLICA'
These logins add events and may also seal, retire or erase them:
  GRANT audit_keeper TO ${login}
${login} has rights on audit_leaf, which
  GRANT INSERT ON ALL TABLES IN SCHEMA audit TO ${login}
${login} has rights on ${month}, which the migrations do not grant:
  GRANT SELECT ON ${month} TO ${login}
${login} has rights on audit_context_key, which the migrations do not grant:
  GRANT SELECT ON audit_context_key TO ${login}
The index calm of audit_event is not the ledger's: it can refuse some events.
  CREATE INDEX calm ON audit_event ((1 / (CASE actor_id WHEN 'eve' THEN 0 ELSE 1 END)))
The index calm_month of ${month} is not the ledger's: it can refuse some events.
  CREATE INDEX calm_month ON ${month} (id) WHERE 1 / (CASE actor_id WHEN 'eve' THEN 0 ELSE 1 END) = 1
The role audit_owner has REPLICATION LOGIN,
  ALTER ROLE audit_owner LOGIN REPLICATION
The function public.peek(sql text) is not the ledger's, but belongs to a role of it or has its prefix:
  ${DEFINER('public.peek')}; ALTER FUNCTION public.peek(text) OWNER TO audit_owner
The function peek(sql text) is not the ledger's, but belongs to a role of it
  ${DEFINER('peek')}; ALTER FUNCTION peek(text) OWNER TO audit_keeper
${login}_group (by a function)
  CREATE ROLE ${login}_group; GRANT audit_owner TO ${login}_group;
  ${DEFINER('public.look')}; ALTER FUNCTION public.look(text) OWNER TO ${login}_group
The constraint persons of audit_event is not the ledger's: FOREIGN KEY (actor_id) REFERENCES person(id) can refuse some events.
  CREATE TABLE public.person (id text PRIMARY KEY);
  ALTER TABLE audit_event ADD CONSTRAINT persons FOREIGN KEY (actor_id) REFERENCES public.person
${login} has rights on audit_inbox_position_seq, which the migrations do not grant: UPDATE.
  GRANT UPDATE ON SEQUENCE audit_inbox_position_seq TO ${login}
audit_writer has rights on audit_row_change_position_seq, which the migrations do not grant:
  GRANT ALL ON ALL SEQUENCES IN SCHEMA audit TO audit_writer
The column position of audit_inbox was changed.
  ALTER TABLE audit_inbox ALTER position SET MAXVALUE 100 SET CYCLE
`;

  it('is named by verify: settings, rights and foreign objects', async () => {
    await withClient(addressInSchema(database.superuserUrl, 'audit'), async (client) => {
      await client.query('BEGIN'); // the attributes of roles are rolled back
      for (const [, sql] of WEAKENED) await client.query(await withRoles(client, sql));
      const said = (await findUnprotected(client)).map(withoutSuffix).join('\n');
      expect(WEAKENED.filter(([message]) => !said.includes(message))).toEqual([]);
      expect(said).not.toContain('RI_ConstraintTrigger');
      await client.query('ROLLBACK');
    });
  });
});

it('neither verify nor repair names captured tables, an extension, or another ledger as foreign', async () => {
  await migrateLedger({
    connectionUrl,
    sequencerUrl,
    adminUrl: database.superuserUrl,
    schema: 'second',
    with: AUDIT_EXTENSIONS,
  });
  await asAdmin(
    `CREATE EXTENSION pg_trgm SCHEMA public; CREATE TABLE public.item (id int PRIMARY KEY, price numeric); CREATE TABLE second.own ();
     GRANT audit_writer TO app; ALTER TABLE public.item OWNER TO app; GRANT CREATE ON SCHEMA public, audit TO app;
     GRANT TEMP ON DATABASE ${database.name} TO audit_reader`,
  );
  await captureTables(database.url, { 'public.item': {} }, 'audit');
  await asAdmin('REVOKE CREATE ON SCHEMA audit FROM app');
  const client = await openClient(addressInSchema(connectionUrl, 'audit'));
  await client.query(await withRoles(client, 'SET ROLE audit_reader; CREATE TEMP TABLE own (id uuid)'));
  for (const schema of ['audit', 'second']) {
    expect((await findUnprotected(addressInSchema(connectionUrl, schema))).join(' ')).not.toContain(
      "is not the ledger's",
    );
  }
  expect((await migrate(true)).did).toEqual([]);
  await client.end();
  await asAdmin(`${DEFINER('second.peek')}; ALTER FUNCTION second.peek(text) OWNER TO audit_owner`);
  await expect(migrate(true)).rejects.toThrow("these objects are not the ledger's: function second.peek(sql text).");
  await asAdmin('DROP SCHEMA second CASCADE; DROP TABLE public.item CASCADE; DROP EXTENSION pg_trgm');
});

describe('migrate --repair', () => {
  const REPAIRED = sqlTable`
Revoked UPDATE on table audit_leaf from audit_writer.
  GRANT UPDATE ON audit_leaf TO audit_writer
Granted INSERT on table audit_event to audit_sequencer.
  REVOKE INSERT ON audit_event FROM audit_sequencer
Revoked UPDATE on table audit_checkpoint from PUBLIC.
  GRANT UPDATE ON audit_checkpoint TO PUBLIC
Revoked TRUNCATE on table audit_event from audit_owner.
  GRANT TRUNCATE ON audit_event TO audit_owner
Restored the policy audit_event_read of audit_event.
  DROP POLICY audit_event_read ON audit_event
Restored the row security enabled of audit_event.
  ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY
Restored the trigger audit_leaf_append_only of audit_leaf.
  DROP TRIGGER audit_leaf_append_only ON audit_leaf
Restored the trigger audit_cosignature_append_only of audit_cosignature.
  ALTER TABLE audit_cosignature DISABLE TRIGGER audit_cosignature_append_only
Restored the trigger audit_event_append_only of audit_event.
  DROP TRIGGER audit_event_append_only ON audit_event
Restored the function audit_log_refuse_change().
  CREATE OR REPLACE FUNCTION audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'
Revoked EXECUTE on function audit_log_refuse_change() from audit_writer.
  GRANT EXECUTE ON FUNCTION audit_log_refuse_change() TO audit_writer
Gave the table audit_tile to audit_owner.
  ALTER TABLE audit_tile OWNER TO app
Restored the index audit_event_tenant of audit_event.
  DROP INDEX audit_event_tenant
Granted USAGE on schema audit to audit_reader.
  REVOKE USAGE ON SCHEMA audit FROM audit_reader
Restored the trigger audit_event_no_truncate of ${month}.
  DROP TRIGGER audit_event_no_truncate ON ${month}
Revoked SELECT on table ${month} from audit_reader.
  GRANT SELECT ON ${month} TO audit_reader
Restored the function audit_is_due(event audit_event, rules jsonb, as_of timestamp with time zone).
  DROP FUNCTION audit_is_due
Restored the function audit_retire(retirement uuid, most integer).
  DROP FUNCTION audit_retire
`;

  it('undoes each of these changes, and reports it, but leaves what somebody granted a role of their own', async () => {
    for (const [, damage] of REPAIRED) await asAdmin(damage);
    await asAdmin(`GRANT SELECT ON audit_checkpoint TO ${login}`);
    expect((await migrate(true)).did.toSorted()).toEqual(REPAIRED.map(([message]) => message).toSorted());
    await expect(asAdmin(`TRUNCATE ${month}`)).rejects.toThrow('append-only');
    const nothing = { ran: [], statements: [], did: [], extensions: AUDIT_EXTENSIONS };
    expect(await migrate(true)).toEqual(nothing);
  });

  it('enables the triggers that a month inherited, and creates them again with the trigger of the table', async () => {
    await asAdmin(`ALTER TABLE ${month} ENABLE REPLICA TRIGGER audit_event_append_only`);
    expect((await migrate(true)).did).toEqual([`Restored the trigger audit_event_append_only of ${month}.`]);
    await asAdmin('DROP TRIGGER audit_event_append_only ON audit_event');
    expect((await migrate(true)).did).toEqual(['Restored the trigger audit_event_append_only of audit_event.']);
    await expect(asAdmin(`DROP TRIGGER audit_event_append_only ON ${month}`)).rejects.toThrow('cannot drop trigger');
    expect((await migrate(true)).did).toEqual([]);
  });

  const UNREPAIRED = sqlTable`
The column transaction of audit_inbox was changed. Expected: xid8 .*. Found: xid8 NOT NULL. Restore it by ALTER TABLE.$ → ALTER TABLE audit_inbox ALTER transaction SET DEFAULT pg_current_xact_id()
  ALTER TABLE audit_inbox ALTER transaction DROP DEFAULT
audit_leaf is unlogged: .* ALTER TABLE audit_leaf SET LOGGED.$ → ALTER TABLE audit_leaf SET LOGGED
  ALTER TABLE audit_leaf SET UNLOGGED
The constraint audit_leaf_index_check of audit_leaf is missing. Expected: .* Restore it by ALTER TABLE.$ → ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_index_check CHECK (index >= 0)
  ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_index_check
The policy open of audit_event is not the ledger's: .* Remove it → DROP POLICY open ON audit_event
  CREATE POLICY open ON audit_event FOR SELECT TO audit_reader USING (true)
\w+ has rights on audit_inbox, which the migrations do not grant: DELETE. Revoke → REVOKE DELETE ON audit_inbox FROM ${login}
  GRANT DELETE ON audit_inbox TO ${login}
`;

  it('says what it cannot repair', async () => {
    await asAdmin([...UNREPAIRED.map(([, damage]) => damage), 'DROP INDEX audit_event_tenant'].join(';'));
    const { did } = await migrate(true);
    expect(did).toHaveLength(UNREPAIRED.length + 1);
    expect(did[0]).toBe('Restored the index audit_event_tenant of audit_event.');
    for (const [message] of UNREPAIRED) expect(did).toContainEqual(expect.stringMatching(`^Not repaired: ${message}`));
    await asAdmin(UNREPAIRED.map(([, , undone]) => undone).join(';'));
    expect((await migrate(true)).did).toEqual([]);
  });

  it('refuses a schema with an operator that would run with the rights of the administrator', async () => {
    await asAdmin(`CREATE OPERATOR ~~ (LEFTARG = name, RIGHTARG = name, FUNCTION = pg_catalog.nameeq)`);
    await expect(migrate(true)).rejects.toThrow('may use the operator audit.~~(name,name) in place of its own');
    await asAdmin('DROP OPERATOR ~~ (name, name)');
  });

  const FOREIGN = sqlTable`
function audit_backdoor(sql text) → FUNCTION audit_backdoor(text)
  ${DEFINER('audit_backdoor')}
function audit_accept(text, integer) → FUNCTION audit_accept(text, integer)
  CREATE FUNCTION audit_accept(text, integer) RETURNS void LANGUAGE sql AS ''
aggregate audit_retire(text, integer) → AGGREGATE audit_retire(text, integer)
  CREATE AGGREGATE audit_retire(text, integer) (SFUNC = textcat_first, STYPE = text)
procedure audit_go() → PROCEDURE audit_go()
  CREATE PROCEDURE audit_go() LANGUAGE sql AS ''
trigger theirs of audit_inbox → TRIGGER theirs ON audit_inbox
  CREATE TRIGGER theirs BEFORE INSERT ON audit_inbox FOR EACH ROW EXECUTE FUNCTION thin()
rule theirs of audit_leaf → RULE theirs ON audit_leaf
  CREATE RULE theirs AS ON INSERT TO audit_leaf DO NOTHING
function public.peek(sql text) → FUNCTION public.peek(text)
  ${DEFINER('public.peek')}; ALTER FUNCTION public.peek(text) OWNER TO audit_owner
`;

  it('changes no owner while there are foreign objects, and names each of them', async () => {
    await asAdmin(['ALTER TABLE audit_tile OWNER TO app', FOREIGN_CODE, ...FOREIGN.map(([, made]) => made)].join(';'));
    const refusal = await migrate(true).then(() => '', String);
    expect(refusal).toMatch(/these objects are not the ledger's: .*\. The repair could/);
    expect(FOREIGN.filter(([named]) => !refusal.includes(named))).toEqual([]);
    const [tile] = await asAdmin(
      `SELECT pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE relname = 'audit_tile'`,
    );
    expect(tile).toEqual({ owner: 'app' });
    await asAdmin(FOREIGN.map(([, , dropped]) => `DROP ${dropped}`).join(';'));
    expect((await migrate(true)).did).toEqual(['Gave the table audit_tile to audit_owner.']);
  });

  it("takes a ledger from the application's login that owned it", async () => {
    const other = await createTestDatabase({ empty: true });
    try {
      const url = Object.assign(new URL(connectionUrl), { pathname: `/${other.name}` }).href;
      await migrateLedger({ connectionUrl: other.url, schema: 'audit' });
      const separate = { connectionUrl: url, sequencerUrl, adminUrl: other.superuserUrl, schema: 'audit' };
      await expect(migrateLedger(separate)).rejects.toThrow('its ledger belongs to app. Add --repair');
      const { did } = await migrateLedger({ ...separate, repair: true });
      expect(did.map(withoutSuffix)).toContain('Gave the table audit_event to audit_owner.');
      expect((await migrateLedger({ ...separate, repair: true })).did).toEqual([]);
      await expect(
        runSql(addressInSchema(url, 'audit'), 'ALTER TABLE audit_event DISABLE TRIGGER ALL'),
      ).rejects.toThrow('must be owner');
    } finally {
      await other.drop();
    }
  });
});
