import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import {
  Column,
  DataSource,
  type DataSourceOptions,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';
import { AuditContext, AuditedEntity, auditedPg } from '../../src/audit/index.js';
import { type LedgerEvent } from '../../src/monitoring/index.js';
import { installCapture } from '../../src/rooms/row-changes/index.js';
import { runProgram } from '../../src/shop/database/embedded/system-user.js';
import { isLeftOut, psqlProgram } from '../support/installed-servers.js';
import { storeContextKey } from '../support/context-scene.js';
import { startRowChanges } from '../support/row-changes-scene.js';
import { runSql, kept, testDatabase } from '../support/index.js';

@Entity('shop_item')
@AuditedEntity({ resource: 'item', ignore: ['touchedAt'] })
class Item {
  @PrimaryColumn('int')
  declare id: number;

  @Column('int', { default: 0 })
  declare stock: number;

  @Column('text', { name: 'label', nullable: true })
  declare title: string | null;

  @Column('timestamptz', { name: 'touched_at', nullable: true })
  declare touchedAt: Date | null;

  @DeleteDateColumn({ name: 'deleted_at' })
  declare deletedAt: Date | null;

  @OneToMany(() => Part, ({ item }) => item, { cascade: true })
  declare parts: Part[];
}

@Entity('shop_part')
@AuditedEntity({ resource: 'part' })
class Part {
  @PrimaryColumn('int')
  declare id: number;

  @ManyToOne(() => Item, ({ parts }) => parts, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'item_id' })
  declare item: Item;
}

type Expected = readonly [type: string, id: number, fields: Readonly<Record<string, unknown>>];

type Way = readonly [
  name: string,
  given: string | undefined,
  work: () => Promise<unknown>,
  events: readonly Expected[],
];

const ITEM = `INSERT INTO shop_item (id, stock, label) VALUES (1, 5, 'pen')`;
const AT = new Date('2026-01-02T03:04:05Z');

async function withRunner(from: DataSource, work: (runner: QueryRunner) => Promise<void>): Promise<void> {
  const runner = from.createQueryRunner();
  try {
    await work(runner);
  } finally {
    await runner.release();
  }
}

const items = () => source.getRepository(Item);
const sql = (statement: string) => () => source.query(statement);
const inserted: Expected = ['row_inserted', 1, { stock: 5 }];
const updated: Expected = ['row_updated', 1, { stock: 6 }];
const deleted: Expected = ['row_deleted', 1, { stock: 5 }];
const undo = async (work: Promise<unknown>): Promise<never> => {
  await work;
  throw new Error('undone');
};
const ignored = (): undefined => undefined;

const WAYS: readonly Way[] = [
  ['save() of a new entity', undefined, () => items().save({ id: 1, stock: 5 }), [inserted]],
  [
    'save() with a cascade of relations',
    undefined,
    () => items().save({ id: 1, stock: 5, parts: [{ id: 7 }] }),
    [inserted, ['row_inserted', 7, { item_id: 1 }]],
  ],
  ['insert()', undefined, () => items().insert({ id: 1, stock: 5 }), [inserted]],
  ['update()', ITEM, () => items().update({ id: 1 }, { stock: 6 }), [updated]],
  ['upsert() of a new row', undefined, () => items().upsert({ id: 1, stock: 5 }, ['id']), [inserted]],
  ['upsert() of a row that is there', ITEM, () => items().upsert({ id: 1, stock: 6 }, ['id']), [updated]],
  ['delete()', ITEM, () => items().delete({ id: 1 }), [deleted]],
  ['softDelete()', ITEM, () => items().softDelete({ id: 1 }), [['row_updated', 1, { deleted_at: expect.any(String) }]]],
  [
    'restore()',
    `INSERT INTO shop_item (id, stock, deleted_at) VALUES (1, 5, now())`,
    () => items().restore({ id: 1 }),
    [['row_updated', 1, { deleted_at: null }]],
  ],
  ['increment()', ITEM, () => items().increment({ id: 1 }, 'stock', 1), [updated]],
  [
    'a bulk update by the QueryBuilder',
    `INSERT INTO shop_item (id, stock) VALUES (1, 5), (2, 6)`,
    () => items().createQueryBuilder().update().set({ title: 'sold' }).execute(),
    [1, 2].map((id): Expected => ['row_updated', id, { label: 'sold' }]),
  ],
  ['repository.query()', ITEM, () => items().query('UPDATE shop_item SET stock = $1', [6]), [updated]],
  [
    'a transaction with a savepoint that is rolled back',
    undefined,
    () =>
      source.transaction(async (manager) => {
        await manager.insert(Item, { id: 1, stock: 5 });
        await manager.transaction((inner) => undo(inner.insert(Item, { id: 2, stock: 9 }))).catch(ignored);
      }),
    [inserted],
  ],
  [
    'a savepoint that is kept, and one row changed twice',
    undefined,
    () =>
      source.transaction(async (manager) => {
        await manager.insert(Item, { id: 1, stock: 5 });
        await manager.transaction((inner) => inner.update(Item, { id: 1 }, { stock: 6 }));
      }),
    [inserted, updated],
  ],
  [
    'a transaction that is rolled back',
    undefined,
    () => source.transaction((manager) => undo(manager.insert(Item, { id: 1 }))).catch(ignored),
    [],
  ],
  [
    'INSERT … ON CONFLICT DO UPDATE of both kinds in one statement',
    ITEM,
    sql(
      'INSERT INTO shop_item (id, stock) VALUES (1, 6), (2, 1) ON CONFLICT (id) DO UPDATE SET stock = EXCLUDED.stock',
    ),
    [updated, ['row_inserted', 2, { stock: 1 }]],
  ],
  ['ON CONFLICT DO NOTHING', ITEM, sql('INSERT INTO shop_item (id) VALUES (1) ON CONFLICT DO NOTHING'), []],
  ['an update of an ignored column alone', ITEM, () => items().update({ id: 1 }, { touchedAt: AT }), []],
  [
    'a data-modifying WITH',
    ITEM,
    sql(
      'WITH gone AS (DELETE FROM shop_item RETURNING stock) INSERT INTO shop_item (id, stock) SELECT 2, stock FROM gone',
    ),
    [deleted, ['row_inserted', 2, { stock: 5 }]],
  ],
  [
    'a cascade of a foreign key',
    `${ITEM}; INSERT INTO shop_part (id, item_id) VALUES (7, 1)`,
    () => items().delete({ id: 1 }),
    [deleted, ['row_deleted', 7, { item_id: 1 }]],
  ],
  [
    'a trigger of the application',
    `${ITEM}; CREATE FUNCTION own_trigger() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN UPDATE shop_item SET stock = 6 WHERE id = 1; RETURN NULL; END $$;
      CREATE TRIGGER own_trigger AFTER INSERT ON shop_part FOR EACH ROW EXECUTE FUNCTION own_trigger()`,
    sql('INSERT INTO shop_part (id) VALUES (7)'),
    [updated, ['row_inserted', 7, { item_id: null }]],
  ],
  [
    'a function, called by SELECT',
    `${ITEM}; CREATE OR REPLACE FUNCTION sell(int) RETURNS void LANGUAGE sql AS 'UPDATE shop_item SET stock = stock + 1 WHERE id = $1'`,
    sql('SELECT sell(1)'),
    [updated],
  ],
  [
    'transactions on two data sources',
    ITEM,
    async () => {
      await source.transaction((manager) => manager.update(Item, { id: 1 }, { stock: 6 }));
      await second.transaction((manager) => manager.insert(Item, { id: 2, stock: 9 }));
    },
    [updated, ['row_inserted', 2, { stock: 9 }]],
  ],
  [
    'transactions on two data sources, of which one is rolled back',
    ITEM,
    () =>
      source.transaction(async (manager) => {
        await manager.update(Item, { id: 1 }, { stock: 6 });
        await second.transaction((other) => undo(other.insert(Item, { id: 2, stock: 9 }))).catch(ignored);
      }),
    [updated],
  ],
  [
    'a function, called by DO',
    ITEM,
    () => source.transaction((manager) => manager.query('DO $$ BEGIN UPDATE shop_item SET stock = 6; END $$')),
    [updated],
  ],
];

const MERGE = `
  MERGE INTO shop_item USING (VALUES (1, 6), (2, 1), (3, 0)) AS given (id, stock) ON shop_item.id = given.id
   WHEN MATCHED AND given.stock = 0 THEN DELETE
   WHEN MATCHED THEN UPDATE SET stock = given.stock
   WHEN NOT MATCHED THEN INSERT (id, stock) VALUES (given.id, given.stock)`;

let seen = 0;

const ACTOR = { type: 'user', id: 'alice' } as const;

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const key = randomBytes(32).toString('hex');
await storeContextKey(database, 'matrix', key);
const audited = { ...pg, ...auditedPg(pg, { key, writingFunctions: /\bsell\(/ }) };
const settings: DataSourceOptions = {
  type: 'postgres',
  url: database.url,
  entities: [Item, Part],
  synchronize: true,
  extra: { Client: audited.Client },
};
const source = await kept(new DataSource(settings).initialize());
const second = await kept(new DataSource({ ...settings, synchronize: false }).initialize());
expect(await installCapture(source)).toEqual(['public.shop_item', 'public.shop_part']);
expect(await installCapture(source)).toEqual([]);
beforeEach(async () => {
  await database.superuserSql(
    'DROP FUNCTION IF EXISTS own_trigger() CASCADE; SET session_replication_role = replica; DELETE FROM shop_part; DELETE FROM shop_item',
  );
  seen = (await scene.events()).length;
});

const news = async (): Promise<readonly LedgerEvent[]> => (await scene.events()).slice(seen);

type Rows = ReadonlyMap<string, unknown>;

async function readRows(): Promise<Rows> {
  const rows = await runSql(
    `${database.url}?options=-c%20TimeZone%3DUTC`,
    `SELECT 'item ' || id AS name, to_jsonb(i) - 'touched_at' AS image FROM shop_item i
      UNION ALL SELECT 'part ' || id, to_jsonb(p) FROM shop_part p`,
  );
  return new Map(rows.map(({ name, image }) => [String(name), image]));
}

let given: Rows = new Map();

async function give(statements: string | undefined): Promise<void> {
  if (statements !== undefined) await database.sql(statements);
  seen = (await scene.events()).length;
  given = await readRows();
}

const sideOf = ({ changes }: LedgerEvent): unknown => changes?.after ?? changes?.before;

const OPERATIONS: Readonly<Record<string, string>> = {
  row_inserted: 'INSERT',
  row_updated: 'UPDATE',
  row_deleted: 'DELETE',
};

/** Each event begins with the row as the previous event left it. A row's last event leaves the row as it is now. */
async function expectImages(events: readonly LedgerEvent[]): Promise<void> {
  const left = new Map(given);
  for (const { type, resource, changes, details } of events) {
    const name = `${resource?.type} ${resource?.id}`;
    const { operation } = details;
    expect([name, OPERATIONS[type] ?? operation]).toEqual([name, operation]);
    expect([name, changes?.before]).toEqual([name, operation === 'INSERT' ? undefined : left.get(name)]);
    expect([name, changes?.after === undefined]).toEqual([name, operation === 'DELETE']);
    if (operation === 'DELETE') left.delete(name);
    else left.set(name, changes?.after);
  }
  expect(Object.fromEntries(left)).toEqual(Object.fromEntries(await readRows()));
}

function expectEvents(events: readonly LedgerEvent[], expected: readonly Expected[]): void {
  expect(events.map(({ type, resource }) => [type, resource?.id])).toEqual(
    expected.map(([type, id]) => [type, String(id)]),
  );
  for (const [index, [, , fields]] of expected.entries()) {
    const event = events[index];
    expect(event && sideOf(event)).toMatchObject(fields);
  }
}

describe('a row changed by the application', () => {
  it.each(WAYS)('by %s has its events, once each, of who did it', async (_name, rows, work, expected) => {
    await give(rows);
    await AuditContext.run({ actor: ACTOR, tenantId: 'acme', requestId: 'req-1' }, work);
    const events = await news();
    expectEvents(events, expected);
    await expectImages(events);
    for (const event of events) {
      expect(event).toMatchObject({ actor: ACTOR, tenantId: 'acme', request: { id: 'req-1' } });
      expect(event.metadata.operationId).toMatch(/^[0-9a-f-]{36}$/);
      expect(event.details).not.toHaveProperty('unattributed');
    }
    expect(new Set(events.map(({ metadata }) => metadata.operationId)).size).toBe(expected.length > 0 ? 1 : 0);
  });

  it('by MERGE of all kinds has its events', async () => {
    await give(`INSERT INTO shop_item (id, stock) VALUES (1, 5), (3, 3)`);
    const [row] = await database.sql(`SELECT current_setting('server_version_num')::int AS version`);
    if (Number(row?.version) < 150_000) return; // which has no MERGE
    await AuditContext.run({ actor: ACTOR }, () => source.transaction((manager) => manager.query(MERGE)));
    const events = await news();
    expect(events.map(({ type, resource }) => `${type} ${resource?.id}`).toSorted()).toEqual([
      'row_deleted 3',
      'row_inserted 2',
      'row_updated 1',
    ]);
    await expectImages(events);
    for (const { actor } of events) expect(actor).toEqual(ACTOR);
  });

  it('by a plain client, and by COPY in a transaction, has its actor', async () => {
    await give(undefined);
    await AuditContext.run({ actor: ACTOR }, async () => {
      const client = new audited.Client({ connectionString: database.url });
      await client.connect();
      await client.query('BEGIN');
      await client.query('INSERT INTO shop_item (id, stock) VALUES (1, 5)');
      await pipeline(
        Readable.from(['2\t7\n']),
        client.query(copyStreams.from('COPY shop_item (id, stock) FROM STDIN')),
      );
      await client.query('COMMIT');
      await client.end();
    });
    const events = await news();
    expectEvents(events, [inserted, ['row_inserted', 2, { stock: 7 }]]);
    await expectImages(events);
    expect(events.map(({ actor }) => actor)).toEqual([ACTOR, ACTOR]);
  });

  it('outside of any request is unattributed', async () => {
    await withRunner(source, async (runner) => {
      await runner.query('INSERT INTO shop_item (id, stock) VALUES (1, 5)');
    });
    const events = await news();
    expectEvents(events, [inserted]);
    expect(events[0]).toMatchObject({
      actor: { type: 'service', id: 'app' },
      details: { unattributed: true, role: 'app', pid: expect.any(Number) },
    });
  });
});

describe('a row changed from outside', () => {
  (isLeftOut('psql', psqlProgram()) ? it.skip : it)(
    'by psql has its events, with who, from where and by which program',
    async () => {
      await give(ITEM);
      const statements = [
        'UPDATE shop_item SET stock = 6',
        'INSERT INTO shop_item (id, stock) VALUES (2, 1)',
        'DELETE FROM shop_item WHERE id = 1',
      ];
      const args = [
        '--no-psqlrc',
        '--quiet',
        ...statements.flatMap((text) => ['--command', text]),
        database.superuserUrl,
      ];
      const { code, output } = await runProgram(String(psqlProgram()), args);
      expect([code, output]).toEqual([0, '']);
      const events = await news();
      expect(events).toMatchObject(
        ['UPDATE', 'INSERT', 'DELETE'].map((operation) => ({
          type: 'row_changed_externally',
          actor: { type: 'service', id: 'postgres' },
          details: { operation, role: 'postgres', application: 'psql', address: '127.0.0.1', pid: expect.any(Number) },
        })),
      );
      await expectImages(events);
    },
  );

  it('under another role that it took on names both', async () => {
    await database.superuserSql('SET ROLE app; INSERT INTO shop_item (id, stock) VALUES (1, 5)');
    expect(await news()).toMatchObject([{ details: { operation: 'INSERT', role: 'postgres', actingAs: 'app' } }]);
  });

  it('by a migration names its connection', async () => {
    const own = new DataSource({ type: 'postgres', url: database.superuserUrl, applicationName: 'migrate 17' });
    await own.initialize();
    await withRunner(own, async (runner) => {
      await runner.startTransaction();
      await runner.query('ALTER TABLE shop_item ADD COLUMN IF NOT EXISTS colour text');
      await runner.query(`INSERT INTO shop_item (id, stock, colour) VALUES (1, 5, 'red')`);
      await runner.commitTransaction();
    });
    await own.destroy();
    const [event] = await news();
    expect(event).toMatchObject({
      type: 'row_changed_externally',
      details: { application: 'migrate 17' },
      changes: { after: { colour: expect.stringMatching(/^sha256:/) } },
    });
  });
});
