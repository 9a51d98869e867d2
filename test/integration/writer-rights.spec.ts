import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import { classify } from '../../src/monitoring/inbox/find-personal.js';
import { toSessionSettings, type LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import { insertSealed } from '../../src/monitoring/store/insert-batch.js';
import { READER, SEQUENCER as SEALER } from '../../src/monitoring/store/ledger-roles.js';
import { sealLine } from '../../src/monitoring/store/seal-row.js';
import { AUDIT_EXTENSIONS } from '../../migrations/audit-migrations.js';
import { migrateLedger } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../src/monitoring/store/schema/check-protection.js';
import { addressInSchema, withConnectionSettings } from '../../src/monitoring/store/sessions/ledger-address.js';
import { TestSession } from '../support/ledger-sessions.js';
import {
  addEvents,
  closeAfterTests,
  testDatabase,
  makeSequencer,
  makeSigner,
  runSql,
  sampleEvent,
  withClient,
  withoutSuffix,
  withRoles,
} from '../support/index.js';

const suffix = randomBytes(6).toString('hex');
const [WRITER, SEQUENCER] = [`writer_${suffix}`, `sequencer_${suffix}`];

function as(login: string): string {
  return Object.assign(new URL(database.url), { username: login, password: 'secret' }).href;
}

const database = await testDatabase({ empty: true, roles: [WRITER, SEQUENCER] });
const adminUrl = database.superuserUrl;
await migrateLedger({ connectionUrl: as(WRITER), sequencerUrl: as(SEQUENCER), adminUrl, with: AUDIT_EXTENSIONS });
const writerUrl = addressInSchema(as(WRITER), 'audit');
const sealerUrl = addressInSchema(as(SEQUENCER), 'audit');
const rows = await database.superuserSql(
  `SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`,
);
const tables = rows.map(({ name }) => String(name));

const [writer, sealer] = [
  await closeAfterTests(new TestSession(writerUrl)),
  await closeAfterTests(new TestSession(sealerUrl)),
];

async function getErrorCode(statement: string, session = writer): Promise<unknown> {
  return session.run(statement).then(
    () => 'done',
    (error: unknown) => (error as { code?: unknown }).code, // the client's
  );
}

const REFUSED = '42501';

describe('the login that adds events, where another one seals them', () => {
  it('may do nothing to any table of the ledger but insert rows into the inbox', async () => {
    expect(tables).toEqual(
      expect.arrayContaining(['audit_event', 'audit_inbox', 'audit_leaf', 'audit_tile', 'audit_checkpoint']),
    );
    const done: string[] = [];
    for (const table of tables) {
      const [column] = await database.superuserSql(
        `SELECT attname FROM pg_attribute WHERE attrelid = 'audit.${table}'::regclass AND attnum = 1`,
      );
      for (const change of [
        `INSERT INTO ${table} DEFAULT VALUES`,
        `UPDATE ${table} SET ${String(column?.attname)} = DEFAULT`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ]) {
        for (const role of ['', 'SET ROLE audit_writer; ', 'SET ROLE audit_reader; ']) {
          if ((await getErrorCode(role + change)) !== REFUSED) done.push(role + change);
        }
      }
    }
    // The statements fail by their constraints, and not for want of a right.
    expect(done).toEqual([
      'INSERT INTO audit_inbox DEFAULT VALUES',
      'SET ROLE audit_writer; INSERT INTO audit_inbox DEFAULT VALUES',
      'INSERT INTO audit_row_baseline DEFAULT VALUES',
      'SET ROLE audit_writer; INSERT INTO audit_row_baseline DEFAULT VALUES',
      'INSERT INTO audit_row_baseline_digest DEFAULT VALUES',
      'SET ROLE audit_writer; INSERT INTO audit_row_baseline_digest DEFAULT VALUES',
      'INSERT INTO audit_row_change DEFAULT VALUES',
      'SET ROLE audit_writer; INSERT INTO audit_row_change DEFAULT VALUES',
    ]);
  });

  it('has no other right on a column, a table or a sequence either', async () => {
    const rights = await database.superuserSql(`SELECT c.relname::text AS name, p.right_name FROM pg_class c,
              unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p (right_name)
        WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND has_any_column_privilege('audit_writer', c.oid, p.right_name)
        UNION ALL
       SELECT c.relname::text, 'USAGE' FROM pg_class c
        WHERE c.relnamespace = 'audit'::regnamespace
          AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege('audit_writer', c.oid, 'USAGE, SELECT, UPDATE') END`);
    const names = rights.map(({ name, right_name: right }) => `${String(name)} ${String(right)}`);
    expect(names.toSorted()).toEqual([
      'audit_head SELECT', // of the names of writers' keys
      'audit_inbox INSERT',
      'audit_row_baseline INSERT', // of its own tables, for triggers that it may drop as well
      'audit_row_baseline SELECT',
      'audit_row_baseline_digest INSERT',
      'audit_row_change INSERT',
      'audit_row_change SELECT', // of one column, which counts rows
      'audit_row_salt SELECT',
    ]);
  });

  it('may call no function with the rights of the owner but those that check its own context', async () => {
    const functions = await database.superuserSql(`SELECT proname::text AS name FROM pg_proc
        WHERE pronamespace = 'audit'::regnamespace AND prosecdef AND has_function_privilege('${WRITER}', oid, 'EXECUTE') ORDER BY 1`);
    expect(functions.map(({ name }) => name)).toEqual([
      'audit_context',
      'audit_context_problem',
      'audit_erasure_digests', // as a reader of every event
      'audit_row_change_digests', // as a reader of every event
      'audit_waiting', // as a reader of every event
    ]);
  });

  it.each(['audit_sequencer', 'audit_keeper', 'audit_owner'])('cannot become %s', async (role) => {
    expect(await getErrorCode(`SET ROLE ${role}`)).toBe(REFUSED);
  });
});

describe('the login that seals', () => {
  it('gives the events of the other login their places, and signs the keys that it uses', async () => {
    await withClient(addressInSchema(as(WRITER), 'audit'), async (client) => {
      await client.query(await withRoles(client, 'SET ROLE audit_writer'));
      await addEvents(client, 3);
    });
    const { sequencer, failures } = makeSequencer(sealerUrl, await makeSigner());
    try {
      for (let steps = 0; steps < 4; steps++) await sequencer.run();
      expect([sequencer.size, failures]).toEqual([3, []]);
    } finally {
      await sequencer.close();
    }

    expect(await verifyLedger({ database: writerUrl })).toMatchObject({ verdict: 'sound' });
    expect((await findUnprotected(writerUrl)).filter((message) => message.includes(suffix))).toEqual([]);
  });

  it('has few months made that nobody waits for, however many it asks for, and the next ones all the same', async () => {
    const monthsNow = async () => {
      const names = await database.superuserSql(
        `SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit.audit_event'::regclass`,
      );
      return names.length;
    };
    const before = await monthsNow();
    await runSql(
      sealerUrl,
      `DO $$ DECLARE month timestamptz; BEGIN
         FOR month IN SELECT * FROM generate_series(timestamptz '2020-01-01', '2099-12-01', '6 months') LOOP
           BEGIN
             PERFORM audit_event_make_partition(month);
           EXCEPTION WHEN SQLSTATE '22M01' THEN NULL;
           END;
         END LOOP;
       END $$`,
    );
    expect((await monthsNow()) - before).toBeLessThanOrEqual(25); // one of them may be a coming month
    expect(await getErrorCode(`SELECT audit_event_make_partition('2099-05-05')`, sealer)).toBe('22M01');
    expect(await getErrorCode(`SELECT audit_event_make_partition(now() + interval '3 months')`, sealer)).toBe('done');
    const owners = `SET ROLE audit_owner; SELECT audit.audit_event_make_partition('2099-05-05')`;
    await database.superuserSql(owners);
    expect(await monthsNow()).toBeGreaterThan(before + 24);
  });

  it('is not the one that adds events, or verify names it, and migrate --repair takes the right away', async () => {
    await database.superuserSql(`GRANT audit_sequencer TO ${WRITER}`);
    expect(await findUnprotected(writerUrl)).toContainEqual(
      expect.stringMatching(
        new RegExp(`^These logins add events and may also seal, retire or erase them: .*${WRITER}`),
      ),
    );

    const addresses = { connectionUrl: as(WRITER), sequencerUrl: as(SEQUENCER), adminUrl: database.superuserUrl };
    const { did } = await migrateLedger({ ...addresses, repair: true });
    expect(did.map(withoutSuffix)).toEqual([`Revoked audit_sequencer from ${WRITER}.`]);
  });
});

const PERSON = { type: 'user', id: 'p-1' } as const;
const OTHER = { type: 'user', id: 'p-2' } as const;
const EVENTS: readonly AuditEvent[] = [
  sampleEvent({ type: 'a1', tenantId: 'a', actor: OTHER }),
  sampleEvent({ type: 'a2', tenantId: 'a', actor: PERSON }),
  sampleEvent({ type: 'b1', tenantId: 'b', actor: { ...OTHER, onBehalfOf: PERSON } }),
  sampleEvent({ type: 'b2', tenantId: 'b', actor: OTHER, resource: PERSON }),
  sampleEvent({ type: 'b3', tenantId: 'b', actor: OTHER, resource: { type: 'order', id: PERSON.id } }),
  sampleEvent({ type: 'quoted', tenantId: 'a","b', actor: OTHER }),
];

const seen = await testDatabase();
const [names] = await seen.sql(`SELECT audit_role('reader') AS reader, audit_role('sequencer') AS sealer`);
const asReader = withConnectionSettings(seen.url, { ...READER.settings, role: String(names?.reader) });
const asSealer = withConnectionSettings(seen.url, { ...SEALER.settings, role: String(names?.sealer) });
const sealedRows = EVENTS.map((event) => sealLine(classify(event, buildCatalogueFactRules()), Buffer.alloc(16)));
await withClient(asSealer, (client) => client.query(insertSealed(sealedRows)));

async function seenWith(settings: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  return withClient(asReader, async (client) => {
    await client.query('BEGIN');
    for (const [name, value] of Object.entries(settings)) {
      await client.query('SELECT set_config($1, $2, true)', [name, value]);
    }
    const { rows } = await client.query<{ type: string }>('SELECT type FROM audit_event ORDER BY type');
    await client.query('ROLLBACK');
    return rows.map(({ type }) => type);
  });
}

describe('row-level security by itself', () => {
  it.each<[LedgerAccess, string[]]>([
    [{ scope: 'all' }, ['a1', 'a2', 'b1', 'b2', 'b3', 'quoted']],
    [{ scope: 'tenants', tenantIds: ['a'] }, ['a1', 'a2']],
    [{ scope: 'tenants', tenantIds: ['b', 'c'] }, ['b1', 'b2', 'b3']],
    [{ scope: 'tenants', tenantIds: ['a","b'] }, ['quoted']],
    [{ scope: 'tenants', tenantIds: ['a}', '{b', 'NULL', '%', "a' OR true"] }, []],
    [{ scope: 'tenants', tenantIds: [] }, []],
    [{ scope: 'subject', subjectId: 'p-1' }, ['a2', 'b1', 'b2']],
    [{ scope: 'subject', subjectId: 'nobody' }, []],
  ])('shows to %j what is theirs, whatever is asked', async (access, expected) => {
    expect(await seenWith(toSessionSettings(access))).toEqual(expected);
  });

  it.each<[Record<string, string>]>([
    [{}],
    [{ 'audit.reads': '' }],
    [{ 'audit.reads': 'ALL' }],
    [{ 'audit.reads': 'everything' }],
    [{ 'audit.reads': 'tenants' }],
    [{ 'audit.reads': 'tenants', 'audit.reads_of': '{}' }],
    [{ 'audit.reads_of': '{a,b}' }],
    [{ 'audit.reads': 'subject' }],
    [{ 'audit.reads': 'subject', 'audit.reads_of': '' }],
  ])('shows nothing with the settings %j', async (settings) => {
    expect(await seenWith(settings)).toEqual([]);
  });

  it('shows no count, no greatest id and no existence of what it hides', async () => {
    const [row] = await runSql(
      asReader,
      `SELECT count(*)::int AS count, max(id::text) AS last, EXISTS (SELECT FROM audit_event WHERE tenant_id = 'b') AS any
         FROM audit_event`,
    );
    expect(row).toEqual({ count: 0, last: null, any: false });
  });

  it('asks no function of the reader about a row before the policy', async () => {
    // An error of the division would reveal a hidden value.
    const leaky = `SELECT type FROM audit_event WHERE 1 / (length(tenant_id) - 1) = 0`;
    await expect(runSql(asReader, leaky)).resolves.toEqual([]);
  });

  it('is left behind with the transaction', async () => {
    await withClient(asReader, async (client) => {
      await client.query("BEGIN; SET LOCAL audit.reads = 'all'; SELECT 1 FROM audit_event; COMMIT");
      expect((await client.query('SELECT FROM audit_event')).rowCount).toBe(0);
    });
  });
});
