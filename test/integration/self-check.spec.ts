import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { catalogueFactRules } from '../../src/audit/nest-free.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { quickCheck, type LeafState } from '../../src/monitoring/proof/verify/sources/quick-check.js';
import { VERIFIER } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import {
  addEvents,
  GIVEN_COLUMNS,
  idAt,
  makeSequencer,
  makeSigner,
  sampleEvent,
  testDatabase,
  withClient,
} from '../support/index.js';
import { insertSealedEvents } from '../support/stored-events.js';
import { FITTING_HEAD } from '../support/forge-log.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let signer: CheckpointSigner;
let selfCheck: SelfCheck;
let recorded: unknown[] = [];

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  signer = await makeSigner();
  recorded = [];
  const aggregator = {
    record: (name: string, input: unknown) => {
      recorded.push([name, input]);
      return Promise.resolve({ recorded: true, outcomes: {} } as never);
    },
  };
  selfCheck = new SelfCheck({ connectionUrl: database.url }, signer, aggregator);
});

afterEach(async () => {
  await selfCheck.onApplicationShutdown();
  await database.drop();
});

async function seal(count: number): Promise<void> {
  const { sequencer } = makeSequencer(database.url, signer);
  await withClient(database.url, (client) => addEvents(client, count));
  await sequencer.run();
  await sequencer.close();
}

async function changeReason(index: number, reason: string): Promise<void> {
  await database.superuserSql(`SET session_replication_role = 'replica';
     UPDATE audit_event SET reason = '${reason}' WHERE id = (SELECT event_id FROM audit_leaf WHERE index = ${index})`);
}

describe('the self-check', () => {
  it('finds nothing in a ledger that is empty, or grows, and has health name a function that can take the place of one of the ledger', async () => {
    await selfCheck.run();
    await seal(2);
    await selfCheck.run();
    expect(selfCheck.status).toMatchObject({ runs: 2, failedRuns: 0, findings: [] });
    expect(selfCheck.violation).toBeUndefined();
    expect(recorded).toEqual([]);
    const overload = 'audit_accept(text, integer)';
    await database.sql(`CREATE FUNCTION ${overload} RETURNS void LANGUAGE sql AS ''`);
    await selfCheck.run();
    expect(selfCheck.health()).toMatchObject({ status: 'warning', says: expect.stringContaining(overload) });
    await database.sql(`DROP FUNCTION ${overload}`);
    await selfCheck.run();
    expect(selfCheck.health()).toMatchObject({ status: 'ok' });
  });

  it('computes what is new once, what is in no full tile each time, and finds later tampering with old and new events', async () => {
    await seal(300);
    await selfCheck.run();
    const { checkedEvents: first } = selfCheck.status;
    await selfCheck.run();
    const { checkedEvents: second } = selfCheck.status;
    expect([first, second]).toEqual([300 + 256, 300 + 256 + (300 % 256) + 256]);
    for (const [nth, index] of [77, 299].entries()) {
      await changeReason(index, 'forged');
      await selfCheck.run();
      await selfCheck.run();
      expect(selfCheck.status.findings).toMatchObject([{ kind: 'event_altered', index }]);
      expect(selfCheck.violation).toMatchObject({ code: 'AUDIT_INTEGRITY_VIOLATION' });
      expect(recorded).toHaveLength(nth + 1);
      await changeReason(index, 'because');
      await selfCheck.run();
      expect(selfCheck.violation).toBeUndefined();
    }
    expect(recorded[0]).toEqual([
      'audit_integrity_violation',
      expect.objectContaining({ severity: 'critical', category: 'system' }),
    ]);
    await database.superuserSql(`SET session_replication_role = 'replica';
       DELETE FROM audit_event; DELETE FROM audit_leaf; DELETE FROM audit_tile; DELETE FROM audit_checkpoint; ${FITTING_HEAD}`);
    await selfCheck.run();
    expect(selfCheck.status.findings).toMatchObject([
      { kind: 'tail_truncated', index: 0, lastIndex: 299 },
      { kind: 'tail_truncated', index: 0, lastIndex: 255 },
    ]);
  });

  it('reports what is new once, wherever it was found, and looks again after the interval alone', async () => {
    await seal(300);
    await changeReason(10, 'forged');
    await changeReason(290, 'forged');
    for (let nth = 0; nth < 4; nth++) await selfCheck.run();
    expect(recorded).toHaveLength(1);
    await seal(20);
    await selfCheck.run();
    await selfCheck.run();
    expect(recorded).toHaveLength(1);
  });

  it('counts runs that could not be done, says nothing of the ledger, and is a problem from the second in a row on', async () => {
    const aggregator = { record: () => Promise.reject(new Error('no event is due')) };
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    const away = new SelfCheck({ connectionUrl: url }, signer, aggregator);
    await away.run();
    expect(away.problem).toBeUndefined();
    await away.run();
    expect(away.status).toEqual({ runs: 0, failedRuns: 2, checkedEvents: 0, findings: [] });
    expect(away.problem).toMatchObject({
      code: 'AUDIT_SELF_CHECK_FAILING',
      message: expect.stringContaining('2 times'),
    });
  });
});

const MONTHS = ['2026-01-31T12:00:00Z', '2026-02-01T12:00:00Z', '2026-03-01T12:00:00Z'];

const rules = catalogueFactRules();
const idsAt = (time: string, count: number): readonly string[] => Array.from({ length: count }, () => idAt(time));
const ids = MONTHS.flatMap((month) => idsAt(month, 60));
const JANUARY = 'audit_event_2026_01';

interface Scene {
  readonly places: readonly string[];
  readonly done?: (client: pg.Client) => Promise<void>;
}

async function look({ places, done }: Scene): Promise<readonly LeafState[]> {
  return withClient(ledger.superuserUrl, async (client) => {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO audit_leaf SELECT place - 1, id, leaf_hash FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, place) JOIN audit_event USING (id)`,
      [places],
    );
    const { rows } = await client.query<{ hash: Buffer }>('SELECT leaf_hash AS hash FROM audit_leaf ORDER BY index');
    await done?.(client);
    const snapshot = await LedgerSession.within(client, VERIFIER);
    const tiles = new Map([[0, Buffer.concat(rows.map(({ hash }) => hash))]]);
    const retired = { isRetired: () => false, isOver: () => false, isProven: () => false };
    const states = await quickCheck(snapshot, { from: 0, to: places.length }, { tiles, retired });
    await client.query('ROLLBACK');
    return states;
  });
}

async function moveToJanuary(client: pg.Client, id: string | undefined): Promise<void> {
  const { rows } = await client.query<{ low: string; high: string }>(
    'SELECT lower_id AS low, upper_id AS high FROM audit_partition_bounds($1)',
    [JANUARY],
  );
  const [{ low, high } = { low: '', high: '' }] = rows;
  const statements = [
    `CREATE TEMP TABLE moved AS SELECT ${GIVEN_COLUMNS} FROM audit_event WHERE id = '${String(id)}'`,
    'ALTER TABLE audit_event DISABLE TRIGGER USER',
    `DELETE FROM audit_event WHERE id = '${String(id)}'`,
    `ALTER TABLE audit_event DETACH PARTITION ${JANUARY}`,
    `INSERT INTO ${JANUARY} (${GIVEN_COLUMNS}) SELECT * FROM moved`,
    `ALTER TABLE ${JANUARY} ADD CONSTRAINT bounds CHECK (id IS NOT NULL AND id >= '${low}' AND id < '${high}') NOT VALID`,
    `UPDATE pg_constraint SET convalidated = true WHERE conname = 'bounds'`,
    `ALTER TABLE audit_event ATTACH PARTITION ${JANUARY} FOR VALUES FROM ('${low}') TO ('${high}')`,
  ];
  for (const statement of statements) await client.query(statement);
}

const ledger = await testDatabase();
const personal = { reason: 'a <b>reason</b> of my own', actor: { type: 'user', id: 'ada@example.com' } } as const;
const events = ids.map((id, nth) => sampleEvent({ id, ...(nth % 3 === 0 ? personal : {}) }));
await withClient(ledger.superuserUrl, async (client) => {
  for (const month of MONTHS) await client.query('SELECT audit_event_make_partition($1)', [month]);
  await insertSealedEvents(client, events, rules);
});

describe('the first sight of places', () => {
  it('is of whole events in whatever order they got their places, of several months', async () => {
    expect(await look({ places: ids.toReversed() })).toEqual(ids.map(() => 'whole'));
  });

  it('is of a doubtful event where it is stored in another month than that of its id', async () => {
    const states = await look({ places: ids, done: async (client) => moveToJanuary(client, ids[60]) });
    expect(states).toEqual(ids.map((_, place) => (place === 60 ? 'doubtful' : 'whole')));
  });

  it('is of doubtful events where a column of JSON was given another type', async () => {
    const done = async (client: pg.Client): Promise<void> => {
      await client.query('ALTER TABLE audit_event ALTER COLUMN metadata TYPE text');
    };
    expect(await look({ places: ids, done })).toEqual(ids.map(() => 'doubtful'));
  });
});
