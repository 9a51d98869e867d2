import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { AuditEvent, JsonObject } from '../../src/audit/index.js';
import type { FactRules } from '../../src/audit/nest-free.js';
import type { Archives } from '../../src/monitoring/keep/archive/archives.js';
import type { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import type { RetentionReport } from '../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { storeEvents } from '../support/stored-events.js';
import { idAt, makeSequencer, makeSigner, sampleEvent, withClient } from '../support/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { addEventsAt, makeArchives, policyBy, retireWith, type OnStep } from '../support/retention-scene.js';
import { captureTables } from '../support/row-changes-scene.js';

let database: TestDatabase;
let sequencer: LogSequencer;
let archives: Archives;

beforeEach(async () => {
  database = await createTestDatabase();
  const signer = await makeSigner();
  ({ sequencer } = makeSequencer(database.url, signer));
  ({ archives } = await makeArchives(signer));
  await run('CREATE TABLE rate (id int PRIMARY KEY, price int)');
  await run('INSERT INTO rate VALUES (1, 10), (2, 20)');
  await captureTables(database.url, { 'public.rate': { truncate: 'record' } });
});

afterEach(async () => {
  await sequencer.close();
  await database.drop();
});

const run = (statement: string) => database.sql(statement);
const TYPES: Readonly<Record<string, string>> = {
  INSERT: 'row_inserted',
  UPDATE: 'row_updated',
  DELETE: 'row_deleted',
  TRUNCATE: 'table_truncated',
};

const THEN = '2026-01-10T12:00:00.000Z';
const ALL_FACTS: FactRules = {
  ...{ getRule: () => 'fact', ruleOfColumn: () => 'fact', isFromCode: () => true },
  ...{ isFact: () => true, isDeclared: () => true },
};

async function addChange(client: pg.Client, fields: Pick<AuditEvent, 'type' | 'details'>): Promise<void> {
  await client.query('SELECT audit_event_make_partition($1)', [THEN]);
  const event = sampleEvent({ id: idAt(THEN), occurredAt: THEN, category: 'data_change', ...fields });
  await storeEvents(client, [event], () => ALL_FACTS);
}

interface Waiting {
  readonly operation: string;
  readonly transaction: string;
  readonly key: string | null;
  readonly digest: string | null;
}

async function drain(): Promise<void> {
  const waiting = await withClient(database.superuserUrl, async (client) => {
    await client.query(`SET audit.reads = 'all'`);
    const { rows } = await client.query<Waiting>(
      `SELECT operation, transaction::text, key, digest FROM audit_row_change_digests() WHERE operation <> 'BASELINE' ORDER BY position, nth`,
    );
    await client.query(`DELETE FROM audit_row_change WHERE operation <> 'BASELINE'`);
    return rows;
  });
  await withClient(database.url, async (client) => {
    for (const { operation, transaction, key, digest } of waiting) {
      const common = { schema: 'public', table: 'rate', operation, transaction };
      const row = digest === null ? {} : { key: { id: Number(key) }, digest };
      await addChange(client, { type: TYPES[operation] ?? '', details: { ...common, ...row } });
    }
  });
  await sequencer.run();
}

async function runOnce(onStep?: OnStep): Promise<RetentionReport> {
  const policy = policyBy({ days: 30, categories: { payment: 'forever' } });
  await sequencer.run();
  return retireWith(sequencer, { connectionUrl: database.url, archives, policy, onStep });
}

async function retire(): Promise<void> {
  const { problems, waiting } = await runOnce();
  expect({ problems, waiting }).toEqual({ problems: [], waiting: [] });
  const [left] = await database.superuserSql(
    `SELECT count(*)::int AS events FROM audit_event WHERE category = 'data_change' AND type <> 'price_listed'`,
  );
  expect(left).toEqual({ events: 0 });
}

const keepSome = () => withClient(database.url, (client) => addEventsAt(client, THEN, 1, { category: 'payment' }));
const verdict = async () => {
  await sequencer.run();
  return (await verifyLedger({ database: database.superuserUrl, trust: archives.signer.trust })).verdict;
};
const found = async () =>
  (await reconcileLedger({ database: database.url })).findings.map(({ kind, key }) => `${kind} ${key}`).toSorted();

describe('reconciling after a retention', () => {
  it.each([
    ['whole months', () => Promise.resolve()],
    ['a part of a month', keepSome],
  ])('of %s misses nothing, and names what was changed past the triggers', async (_what, prepare) => {
    await prepare();
    await run('INSERT INTO rate VALUES (3, 30), (4, 40), (5, 50)');
    await run('UPDATE rate SET price = price + 1 WHERE id IN (1, 3)');
    await run('DELETE FROM rate WHERE id IN (2, 4)');
    await drain();
    expect(await found()).toEqual([]);
    await retire();
    expect(await found()).toEqual([]);
    await run('INSERT INTO rate VALUES (4, 41)');
    expect(await found()).toEqual([]);
    await database.superuserSql(
      `ALTER TABLE rate DISABLE TRIGGER USER; UPDATE rate SET price = 0 WHERE id = 3; DELETE FROM rate WHERE id = 5; INSERT INTO rate VALUES (2, 0)`,
    );
    expect(await found()).toEqual(['row_changed 3', 'row_missing 5', 'row_returned 2']);
  });

  it('names a table whose digests were altered or deleted, after the next retirement, too', async () => {
    await keepSome();
    await run('UPDATE rate SET price = price + 1');
    await drain();
    await retire();
    expect(await found()).toEqual([]);
    expect(await verdict()).toBe('sound');
    const [row] = await database.superuserSql(`SELECT digest FROM audit_row_retired WHERE key = '1'`);
    await database.superuserSql(`UPDATE audit_row_retired SET digest = repeat('0', 64) WHERE key = '1'`);
    expect(await found()).toEqual(['retired_altered undefined', 'row_changed 1']);
    await database.superuserSql(`UPDATE audit_row_retired SET digest = $1 WHERE key = '1'`, [row?.digest]);
    expect(await found()).toEqual([]);
    await database.superuserSql(`ALTER TABLE rate DISABLE TRIGGER USER; UPDATE rate SET price = price - 1`);
    await database.superuserSql(
      `DELETE FROM audit_row_retired; ALTER TABLE rate ENABLE ALWAYS TRIGGER row_capture_update`,
    );
    expect(await found()).toEqual(['retired_altered undefined']); // the rows are those of the baseline again
    await run('UPDATE rate SET price = 7 WHERE id = 2');
    await drain();
    await retire();
    expect(await found()).toEqual(['retired_altered undefined']);
    expect(await verdict()).toBe('sound');
    await database.superuserSql(
      `SET session_replication_role = replica; DELETE FROM audit_act WHERE type = 'audit_row_digests_kept'`,
    );
    expect(await verdict()).toBe('tampered');
  });

  it('takes what a TRUNCATE removed as gone, though its event is, too', async () => {
    await run('INSERT INTO rate VALUES (3, 30)');
    await run('TRUNCATE rate');
    await run('INSERT INTO rate VALUES (4, 40)');
    await drain();
    expect(await found()).toEqual([]);
    await retire();
    expect(await found()).toEqual([]);
    await database.superuserSql('ALTER TABLE rate DISABLE TRIGGER USER; DELETE FROM rate');
    expect(await found()).toEqual(['row_missing 4']);
  });

  it('is possible where somebody added events that look like row changes', async () => {
    await withClient(database.url, async (client) => {
      const add = (type: string, details: JsonObject) => addChange(client, { type, details });
      await add('row_inserted', { key: { id: 7 } });
      await add('row_updated', { schema: 'public', table: 'other', key: { id: 7 } });
      await add('table_truncated', { operation: 'TRUNCATE' });
    });
    await retire();
    expect(await found()).toEqual([]);
  });
});

it('reconciling after a retention that was cut off misses nothing; and what the application did not write down of it is not signed', async () => {
  await keepSome();
  await run('UPDATE rate SET price = price + 1');
  await drain();
  const cutOff = await runOnce((step) => {
    if (step === 'removed') throw new Error('cut off');
  });
  expect(cutOff.problems).toEqual([expect.stringContaining('cut off')]);
  const [{ kept } = {}] = await database.superuserSql('SELECT kept_before AS kept FROM audit_retirement');
  await database.superuserSql(`UPDATE audit_retirement SET kept_before = 'x'`);
  expect((await runOnce()).problems).toEqual([expect.stringContaining('did not write the progress')]);
  await database.superuserSql('UPDATE audit_retirement SET kept_before = $1', [kept]);
  await retire();
  expect(await found()).toEqual([]);
});
