import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { catalogueFactRules } from '../../src/audit/nest-free.js';
import { VERIFIER } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { insertSealedEvents } from '../support/stored-events.js';
import { quickCheck, type LeafState } from '../../src/monitoring/proof/verify/sources/quick-check.js';
import { GIVEN_COLUMNS, idAt, sampleEvent, testDatabase, withClient } from '../support/index.js';

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
  return withClient(database.superuserUrl, async (client) => {
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

const database = await testDatabase();
const personal = { reason: 'a <b>reason</b> of my own', actor: { type: 'user', id: 'ada@example.com' } } as const;
const events = ids.map((id, nth) => sampleEvent({ id, ...(nth % 3 === 0 ? personal : {}) }));
await withClient(database.superuserUrl, async (client) => {
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
