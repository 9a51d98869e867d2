import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { verifyAct } from '../../src/monitoring/keep/acts/act-note.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { CaptureWatch } from '../../src/extensions/row-changes/attest/capture-watch.service.js';
import { parseContextKeys } from '../../src/extensions/row-changes/context-keys.js';
import { installCapture } from '../../src/extensions/row-changes/index.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { closeAfterTests, settled, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

@Entity('rate')
@AuditedEntity({ ignore: ['seenAt'] })
class Rate {
  @PrimaryColumn('int')
  id!: number;

  @Column('timestamptz', { name: 'seen_at', nullable: true })
  seenAt!: Date | null;
}

const RATE = 'CREATE TABLE rate (id int PRIMARY KEY, seen_at timestamptz)';
const FEE = { 'public.fee': {} };

const database = await testDatabase();
const other = await testDatabase();
const owner = (statement: string) => database.sql(statement);
const superuser = (statement: string) => database.superuserSql(statement);
await other.sql(RATE);
await owner(`${RATE}; CREATE TABLE fee (id int PRIMARY KEY, cents int); CREATE TABLE base (id int PRIMARY KEY)`);
await owner('INSERT INTO base VALUES (1), (2)');
await captureTables(database.url, { 'public.base': {} });

const warnings: string[] = [];
// The first attestation begins while the application starts.
jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warnings.push(String(line)));
const scene = await closeAfterTests(
  startRowChanges(database, { tables: FEE, reconcileEveryHours: 24 }, {}, [
    TypeOrmModule.forRoot({ type: 'postgres', url: database.url, entities: [Rate] }),
    TypeOrmModule.forRoot({ type: 'postgres', name: 'other', url: other.url, entities: [Rate] }),
  ]),
);
const watch = scene.app.get(CaptureWatch);
const attest = () => watch.run();
await attest();
const first = [...warnings];
afterEach(() => void (warnings.length = 0));
afterAll(() => void jest.restoreAllMocks());

async function readEvents(type: string) {
  await settled(database);
  return (await scene.app.get(AuditQuery).find({ scope: 'all' }, { type: [type], limit: 50 })).items;
}

interface Alteration {
  readonly what: string;
  readonly of: string;
}

/** Runs the statements as a superuser, and resolves with the event of the attestation after them. */
async function attested(...statements: readonly string[]) {
  const before = await readEvents('audit_capture_altered');
  for (const statement of statements) await superuser(statement);
  await attest();
  const [event, ...others] = await readEvents('audit_capture_altered');
  if (others.length < before.length) return { names: [], severity: undefined };
  return { names: event?.details.alterations as unknown as readonly Alteration[], severity: event?.severity };
}

const reconciled = async (table: string) =>
  (await reconcileLedger({ database: database.url, tables: [table] })).findings.map(
    ({ kind, key }) => `${kind} ${key}`,
  );

let counter = 0;
/** Makes and captures tables with two rows each. */
async function makeTables(count: number, make: (table: string) => string): Promise<readonly string[]> {
  const tables = Array.from({ length: count }, () => `rate_${(counter += 1)}`);
  for (const table of tables) await owner(make(table));
  await captureTables(database.url, Object.fromEntries(tables.map((table) => [`public.${table}`, {}])));
  await scene.events('none');
  return tables;
}
const makeTable = async (): Promise<string> => {
  const [table = ''] = await makeTables(1, ROWS);
  await attest();
  return table;
};
const ROWS = (table: string) =>
  `CREATE TABLE ${table} (id int PRIMARY KEY, price int); INSERT INTO ${table} VALUES (1, 1), (2, 2)`;
const PARTITIONS = (table: string) =>
  `CREATE TABLE ${table} (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
   CREATE TABLE ${table}_eu PARTITION OF ${table} FOR VALUES IN ('eu'); INSERT INTO ${table} VALUES (1, 'eu'), (2, 'eu')`;

const EVENTS = ['delete', 'insert', 'truncate', 'update'];
const ALL = EVENTS.map((event) => `row_capture_${event}`);
const fill = (text: string, table: string) => text.replaceAll('TABLE_', table);
const listNames = (alterations: readonly string[], table: string) =>
  alterations.map((each) => {
    const [what = '', ...of] = fill(each, table).split(' ');
    return { what, of: of.join(' ') };
  });

describe('the first attestation', () => {
  it('warns of tables that are not captured, with the command', () => {
    expect(first.filter((line) => line.includes('does not match the rules'))).toEqual([
      'The capture of row changes does not match the rules. public.rate is not captured. public.fee is not captured. ' +
        'Run "nestjs-audit-ledger capture generate", and the migration that it writes.',
    ]);
  });

  it('is one event, and none while nothing changes', async () => {
    await installCapture(scene.app.get(DataSource), { tables: FEE });
    await attest();
    await attest();
    expect(await readEvents('audit_capture_attested')).toMatchObject([{ severity: 'info' }]);
    expect(watch.status).toMatchObject({ alterations: 0, failedRuns: 0 });
  });

  it('reconciles once in its hours', async () => {
    const complete = { verdict: 'complete', totalFindings: 0 };
    const tables = [{ table: 'public.base', rows: 2, counts: {} }];
    expect(await readEvents('audit_capture_reconciled')).toMatchObject([
      { outcome: 'success', severity: 'info', details: { ...complete, tables, notes: [] } },
    ]);
    expect(watch.status.reconciled).toMatchObject(complete);
  });
});

describe('the attestation of the capture', () => {
  it('tells while columns have names of others, until they are captured again', async () => {
    const table = await makeTable();
    await attested(`ALTER TABLE ${table} ADD cost int`);
    expect(watch.health()).toMatchObject({ facts: { renamedColumns: 0 } });
    await attested(`ALTER TABLE ${table} DROP cost; ALTER TABLE ${table} RENAME price TO cost`);
    expect(watch.health()).toMatchObject({ status: 'error', facts: { renamedColumns: 1 } });
    expect(watch.health().message).toContain(`public.${table} (cost)`);
    await captureTables(database.url, { [`public.${table}`]: {} });
    await attest();
    expect(watch.health()).toMatchObject({ facts: { renamedColumns: 0 } });
  });

  const SALE = `ALTER TABLE TABLE_ DISABLE TRIGGER row_capture_update; UPDATE TABLE_ SET price = 0 WHERE id = 1;
    ALTER TABLE TABLE_ ENABLE ALWAYS TRIGGER row_capture_update`;
  const RESTORE =
    'ALTER TABLE TABLE_ DISABLE TRIGGER ALL; INSERT INTO TABLE_ VALUES (3, 3); ALTER TABLE TABLE_ ENABLE TRIGGER ALL';
  const EMPTY = `CREATE OR REPLACE FUNCTION row_capture_TABLE_() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`;

  type Altered = readonly [statement: string, alterations: readonly string[], rows: readonly unknown[]];
  const UNKNOWN = expect.any(Array) as unknown as readonly unknown[];
  const SILENT: readonly Altered[] = [['SET session_replication_role = replica; UPDATE TABLE_ SET price = 9', [], []]];
  const REWRITES: readonly Altered[] = [
    ['VACUUM FULL TABLE_', ['table_rewritten public.TABLE_'], []],
    [
      'ALTER TABLE TABLE_ ALTER price TYPE bigint USING price * 2',
      ['table_rewritten public.TABLE_'],
      ['row_changed 1', 'row_changed 2'],
    ],
  ];
  const ERRORS: readonly Altered[] = [
    [SALE, ['trigger_switched public.TABLE_ row_capture_update'], ['row_changed 1']],
    [RESTORE, ALL.map((name) => `trigger_disabled public.TABLE_ ${name}`), ['row_unknown 3']],
    [
      'ALTER TABLE TABLE_ DISABLE TRIGGER row_capture_delete',
      ['trigger_disabled public.TABLE_ row_capture_delete'],
      UNKNOWN,
    ],
    ['DROP TRIGGER row_capture_insert ON TABLE_', ['trigger_dropped public.TABLE_ row_capture_insert'], UNKNOWN],
    [EMPTY, ['function_replaced public.row_capture_TABLE_'], UNKNOWN],
    ['DROP FUNCTION row_digests_TABLE_(text[])', ['function_dropped public.row_digests_TABLE_'], UNKNOWN],
  ];

  it.each([
    ['nothing', undefined, SILENT],
    ['a rewrite', 'warning', REWRITES],
    ['an alteration', 'error', ERRORS],
  ])('names %s with the severity %s, and reconciling finds the rows', async (_what, severity, rows) => {
    const tables = await makeTables(rows.length, ROWS);
    await attest();
    const before = watch.status.alterations;
    const found = await attested(...rows.map(([statement], nth) => fill(statement, tables[nth] ?? '')));
    const named = rows.flatMap(([, alterations], nth) => listNames(alterations, tables[nth] ?? ''));
    expect(found).toEqual({ names: expect.arrayContaining(named), severity });
    expect(found.names).toHaveLength(named.length);
    expect(watch.status.alterations - before).toBe(severity === 'error' ? named.length : 0);
    for (const [nth, [statement, , findings]] of rows.entries())
      expect([statement, await reconciled(tables[nth] ?? '')]).toEqual([statement, findings]);
  });

  it('names another table that stands under the name', async () => {
    const table = await makeTable();
    const { names, severity } = await attested(
      `CREATE TABLE ${table}_new AS SELECT id, price * 2 AS price FROM ${table}`,
      `ALTER TABLE ${table} RENAME TO ${table}_old; ALTER TABLE ${table}_new RENAME TO ${table}`,
    );
    const expected = ALL.flatMap((name) => [
      `trigger_dropped public.TABLE_ ${name}`,
      `trigger_added public.TABLE__old ${name}`,
    ]);
    expect(names).toEqual(expect.arrayContaining(listNames([...expected, 'table_rewritten public.TABLE_'], table)));
    expect(severity).toBe('error');
    expect(await reconciled(table)).toEqual(['table_unreadable undefined']); // it is the superuser's
    await superuser(`ALTER TABLE ${table} OWNER TO app`);
    expect(await reconciled(table)).toEqual(['row_changed 1', 'row_changed 2']);
  });

  const AWAY = 'ALTER TABLE TABLE_ DETACH PARTITION TABLE__eu';
  const BACK = `ALTER TABLE TABLE_ ATTACH PARTITION TABLE__eu FOR VALUES IN ('eu')`;
  const OFF = 'ALTER TABLE TABLE__eu DISABLE TRIGGER row_capture_delete';
  const ON = 'ALTER TABLE TABLE__eu ENABLE ALWAYS TRIGGER row_capture_delete';
  const DELETE = 'DELETE FROM TABLE__eu WHERE id = 2';
  const OTHER = `CREATE TABLE TABLE__us (id int, region text NOT NULL, PRIMARY KEY (id, region));
    ALTER TABLE TABLE_ ATTACH PARTITION TABLE__us FOR VALUES IN ('us')`;
  const REPLACE = `CREATE TABLE TABLE__new (LIKE TABLE__eu INCLUDING ALL); ALTER TABLE TABLE__eu RENAME TO TABLE__old;
    ALTER TABLE TABLE__new RENAME TO TABLE__eu`;
  const PARTITION = 'public.TABLE__eu of public.TABLE_';

  it('names partitions that were away, left, came or were replaced, and reconciling finds their rows', async () => {
    const rows: readonly Altered[] = [
      [`${AWAY}; ${DELETE}; ${BACK}`, [`partition_reattached ${PARTITION}`], []],
      [
        `${AWAY}; ${OFF}; ${DELETE}; ${ON}; ${BACK}`,
        [`partition_reattached ${PARTITION}`, 'trigger_switched public.TABLE__eu row_capture_delete'],
        [expect.stringMatching(/^row_missing /)],
      ],
      [AWAY, [`partition_detached ${PARTITION}`], UNKNOWN],
      [OTHER, ['partition_uncaptured public.TABLE__us of public.TABLE_'], []],
      [`${AWAY}; ${REPLACE}; ${BACK}`, [`partition_replaced ${PARTITION}`], UNKNOWN],
    ];
    const tables = await makeTables(rows.length, PARTITIONS);
    const { names: added } = await attested();
    for (const table of tables)
      expect(added).toEqual(expect.arrayContaining(listNames([`partition_added ${PARTITION}`], table)));
    const { names, severity } = await attested(...rows.map(([statement], nth) => fill(statement, tables[nth] ?? '')));
    const named = rows.flatMap(([, alterations], nth) => listNames(alterations, tables[nth] ?? ''));
    expect([names, severity]).toEqual([expect.arrayContaining(named), 'error']);
    await scene.events('none');
    for (const [nth, [statement, , findings]] of rows.entries())
      expect([statement, await reconciled(tables[nth] ?? '')]).toEqual([statement, findings]);
  });

  it('tells a newly captured table from an altered one', async () => {
    const before = watch.status.alterations;
    await owner('CREATE TABLE fresh (id int PRIMARY KEY)');
    await captureTables(database.url, { 'public.fresh': {} });
    const { names, severity } = await attested();
    expect(new Set(names.map(({ what }) => what))).toEqual(new Set(['trigger_added', 'function_added', 'table_added']));
    expect([severity, watch.status.alterations]).toEqual(['info', before]);
  });

  it('warns of other rules, of a trigger that is off, of a function that was replaced, and of a rule that the table cannot follow', async () => {
    await captureTables(database.url, { 'public.rate': {} });
    await attested(
      'ALTER TABLE fee DISABLE TRIGGER row_capture_update',
      `CREATE OR REPLACE FUNCTION row_digests_fee(without text[]) RETURNS TABLE (key text, digest text, shown text) LANGUAGE sql AS
        $$ SELECT '1', '00', '1' WHERE false $$`,
    );
    const [line] = warnings.filter((each) => each.includes('does not match the rules'));
    expect(line).toContain('public.rate is captured by other rules.');
    expect(line).toContain('The trigger row_capture_update of public.fee is switched off.');
    expect(line).toContain('The function row_digests_fee of public.fee is not the generated function');
    await installCapture(scene.app.get(DataSource), { tables: FEE });
    await attest();
    await attested('ALTER TABLE rate RENAME seen_at TO seen');
    await superuser('ALTER TABLE rate RENAME seen TO seen_at');
    expect(warnings).toContainEqual(
      expect.stringContaining('public.rate lacks the column seen_at of the rule ignore (did you mean seen?)'),
    );
  });
});

it('the keys that sign the context of row changes are signed by the ledger’s key, once for each change, by psql as well', async () => {
  const pad = (byte: string) => `decode(repeat('${byte}', 64), 'hex')`;
  const add = (id: string) =>
    `INSERT INTO audit_context_key (id, inner_pad, outer_pad) VALUES ('${id}', ${pad('11')}, ${pad('5c')})`;
  await attested(add('2026'));
  await attest();
  await attested(add('2027'), `UPDATE audit_context_key SET ended_at = now() WHERE id = '2026'`);
  await attested(`UPDATE audit_context_key SET inner_pad = ${pad('33')} WHERE id = '2027'`);
  await attested(`DELETE FROM audit_context_key WHERE id = '2026'`);
  const { trust } = scene.app.get(CheckpointSigner);
  const notes = await superuser(`SELECT note FROM audit_act WHERE type = 'audit_context_keys_changed' ORDER BY number`);
  const acts = notes.map(({ note }) => verifyAct(String(note), trust).statement);
  expect(acts.map(({ changes }) => changes)).toEqual([
    [{ what: 'added', id: '2026' }],
    [
      { what: 'ended', id: '2026' },
      { what: 'added', id: '2027' },
    ],
    [{ what: 'altered', id: '2027' }],
    [{ what: 'forgotten', id: '2026' }],
  ]);
  const time = expect.stringMatching(/Z$/);
  const fingerprint = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(parseContextKeys(acts.at(-1) ?? {})).toEqual([
    { id: '2027', fingerprint, logins: null, addedAt: time, endedAt: null },
  ]);
});

it('two instances that attest at once store a difference once', async () => {
  const second = await startRowChanges(database);
  await second.app.get(CaptureWatch).run();
  const before = await readEvents('audit_capture_altered');
  await superuser('ALTER TABLE base DISABLE TRIGGER row_capture_update');
  await Promise.all([attest(), second.app.get(CaptureWatch).run()]);
  await Promise.all([attest(), second.app.get(CaptureWatch).run()]);
  await second.close();
  expect(await readEvents('audit_capture_altered')).toHaveLength(before.length + 1);
  const states = await superuser('SELECT follows FROM audit_capture_state ORDER BY position');
  expect(new Set(states.map(({ follows }) => follows)).size).toBe(states.length);
});

it('a state that was altered to hide a difference, and a forged one, are named', async () => {
  for (const statement of [
    `UPDATE audit_capture_state SET state = replace(state, '"enabled":"A"', '"enabled":"D"')`,
    'DELETE FROM audit_capture_state',
  ]) {
    const { names } = await attested(statement);
    expect(names[0]).toEqual({ what: 'attestation_altered', of: 'the last attestation' });
  }
  expect(await readEvents('audit_capture_attested')).toHaveLength(1);
});

it('an attestation that could not run for longer than its period degrades the health, with the reason, until it runs', async () => {
  const health = () => scene.app.get(LedgerProvider).check();
  await attested('REVOKE SELECT ON audit_capture_state FROM audit_sequencer');
  expect(watch.status.failedRuns).toBe(1);
  expect((await health()).problem).not.toMatch(/Cannot attest/); // earlier tests altered the capture
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 3_600_000);
  expect(watch.problem).toMatchObject({ code: 'AUDIT_CAPTURE_UNATTESTED' });
  expect((await health()).problem).toMatch(/Cannot attest the capture .* audit_capture_state/s);
  clock.mockRestore();
  await attested('GRANT SELECT ON audit_capture_state TO audit_sequencer');
  expect(watch.problem).toBeUndefined();
});
