import { beforeEach, expect, it } from '@jest/globals';
import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  TableInheritance,
} from 'typeorm';
import { AuditContext, AuditedEntity } from '../../src/audit/index.js';
import { AuditHistory, AuditQuery, type LedgerEvent } from '../../src/monitoring/index.js';
import { installCapture } from '../../src/extensions/row-changes/index.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { startCapturedApp } from '../support/captured-app.js';
import { closeAfterTests } from '../support/close-after-tests.js';
import { withClient } from '../support/sql.js';

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

@Entity('role')
class Role {
  @PrimaryColumn('text')
  id!: string;
}

@Entity('member')
@AuditedEntity()
class Member {
  @PrimaryColumn('int')
  id!: number;

  @ManyToMany(() => Role)
  @JoinTable({ name: 'member_role' })
  roles!: Role[];
}

@Entity('vehicle')
@TableInheritance({ column: { type: 'text', name: 'kind' } })
class Vehicle {
  @PrimaryColumn('int')
  id!: number;
}

@ChildEntity()
@AuditedEntity({ redact: ['code'], ignore: ['plan', 'owner'] })
class Car extends Vehicle {
  @ManyToOne(() => Member)
  @JoinColumn({ name: 'owned_by' })
  owner!: Member | null;

  @Column('text', { nullable: true })
  code!: string;
}

@ChildEntity()
@AuditedEntity({ redact: ['plan'], facts: ['code'] })
class Truck extends Vehicle {
  @Column('text', { nullable: true })
  plan!: string;
}

const ALL = { scope: 'all' } as const;
const ALICE = { type: 'user', id: 'alice' } as const;
const ITEM = `INSERT INTO shop_item (id, stock, label) VALUES (1, 5, 'pen')`;
const OPERATIONS: Readonly<Record<string, string>> = {
  row_inserted: 'INSERT',
  row_updated: 'UPDATE',
  row_deleted: 'DELETE',
};

const shop = await closeAfterTests(
  startCapturedApp({ entities: [Item, Part, Role, Member, Vehicle, Car, Truck], poolSize: 4 }),
);
const { database, source } = shop;
const items = source.getRepository(Item);
const sql = (statement: string) => () => source.query(statement);
const undo = async (work: Promise<unknown>): Promise<never> => {
  await work;
  throw new Error('undone');
};
const ignored = (): undefined => undefined;
const as = <Result>(id: string, work: () => Promise<Result>) => AuditContext.run({ actor: { type: 'user', id } }, work);

type Rows = ReadonlyMap<string, unknown>;
let given: Rows = new Map();

async function readRows(): Promise<Rows> {
  const rows = await database.sql(
    `SELECT 'item ' || id AS name, to_jsonb(i) - 'touched_at' AS image FROM shop_item i
      UNION ALL SELECT 'part ' || id, to_jsonb(p) FROM shop_part p`,
  );
  return new Map(rows.map(({ name, image }) => [String(name), image]));
}

async function give(statements: string): Promise<void> {
  if (statements !== '') await database.sql(statements);
  await shop.changes();
  given = await readRows();
}

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

beforeEach(async () => {
  await database.superuserSql(
    'DROP FUNCTION IF EXISTS own_trigger() CASCADE; DELETE FROM shop_part; DELETE FROM shop_item',
  );
  await shop.changes();
});

const OWN_TRIGGER = `
  CREATE FUNCTION own_trigger() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN UPDATE shop_item SET stock = 6 WHERE id = 1; RETURN NULL; END $$;
  CREATE TRIGGER own_trigger AFTER INSERT ON shop_part FOR EACH ROW EXECUTE FUNCTION own_trigger()`;
const UPSERT = 'ON CONFLICT (id) DO UPDATE SET stock = EXCLUDED.stock';
const MERGE = `
  MERGE INTO shop_item USING (VALUES (1, 6), (2, 1), (3, 0)) AS given (id, stock) ON shop_item.id = given.id
   WHEN MATCHED AND given.stock = 0 THEN DELETE
   WHEN MATCHED THEN UPDATE SET stock = given.stock
   WHEN NOT MATCHED THEN INSERT (id, stock) VALUES (given.id, given.stock)`;

it.each<[way: string, given: string, work: () => Promise<unknown>, events: readonly string[]]>([
  ['save() with a cascade of relations', '', () => items.save({ id: 1, parts: [{ id: 7 }] }), ['inserted 1', 'inserted 7']],
  ['save() of several', '', () => items.save([{ id: 1 }, { id: 2 }]), ['inserted 1', 'inserted 2']],
  ['save() of one that is there', ITEM, () => items.save({ id: 1, stock: 6 }), ['updated 1']],
  ['remove()', ITEM, async () => items.remove(await items.findOneByOrFail({ id: 1 })), ['deleted 1']],
  ['insert()', '', () => items.insert({ id: 1, stock: 5 }), ['inserted 1']],
  ['update()', ITEM, () => items.update({ stock: 5 }, { stock: 6 }), ['updated 1']],
  ['upsert() of a row that is there', ITEM, () => items.upsert({ id: 1, stock: 6 }, ['id']), ['updated 1']],
  ['delete()', ITEM, () => items.delete({ stock: 5 }), ['deleted 1']],
  ['softDelete()', ITEM, () => items.softDelete({ id: 1 }), ['updated 1']],
  [
    'an update by the QueryBuilder',
    'INSERT INTO shop_item (id, stock) VALUES (1, 5), (2, 6)',
    () => items.createQueryBuilder().update().set({ title: 'sold' }).execute(),
    ['updated 1', 'updated 2'],
  ],
  ['query()', ITEM, () => items.query('UPDATE shop_item SET stock = $1', [6]), ['updated 1']],
  ['an update of an ignored column alone', ITEM, () => items.update({ id: 1 }, { touchedAt: new Date() }), []],
  [
    'a transaction with a savepoint that is rolled back, and one that is kept and changes the row again',
    '',
    () =>
      source.transaction(async (manager) => {
        await manager.insert(Item, { id: 1, stock: 5 });
        await manager.transaction((inner) => undo(inner.insert(Item, { id: 2 }))).catch(ignored);
        await manager.transaction((inner) => inner.update(Item, { id: 1 }, { stock: 6 }));
      }),
    ['inserted 1', 'updated 1'],
  ],
  ['a rollback', '', () => source.transaction((manager) => undo(manager.insert(Item, { id: 1 }))).catch(ignored), []],
  [
    'INSERT … ON CONFLICT DO UPDATE of both kinds',
    ITEM,
    sql(`INSERT INTO shop_item (id, stock) VALUES (1, 6), (2, 1) ${UPSERT}`),
    ['updated 1', 'inserted 2'],
  ],
  ['ON CONFLICT DO NOTHING', ITEM, sql('INSERT INTO shop_item (id) VALUES (1) ON CONFLICT DO NOTHING'), []],
  [
    'a data-modifying WITH',
    ITEM,
    sql('WITH gone AS (DELETE FROM shop_item RETURNING stock) INSERT INTO shop_item (id) SELECT 2 FROM gone'),
    ['deleted 1', 'inserted 2'],
  ],
  [
    'a cascade of a foreign key',
    `${ITEM}; INSERT INTO shop_part (id, item_id) VALUES (7, 1)`,
    () => items.delete({ id: 1 }),
    ['deleted 1', 'deleted 7'],
  ],
  [
    'a trigger of the application',
    `${ITEM}; ${OWN_TRIGGER}`,
    sql('INSERT INTO shop_part (id) VALUES (7)'),
    ['updated 1', 'inserted 7'],
  ],
  [
    'MERGE of all kinds',
    'INSERT INTO shop_item (id, stock) VALUES (1, 5), (3, 3)',
    sql(MERGE),
    ['inserted 2', 'updated 1', 'deleted 3'],
  ],
])('rows changed by %s have their events, once each, of who did it by which operation', async (_way, rows, work, expected) => {
  await give(rows);
  await AuditContext.run({ actor: ALICE, tenantId: 'acme', requestId: 'req-1' }, work);
  const events = await shop.changes();
  const kinds = events.map(({ type, resource }) => `${type} ${resource?.id}`);
  expect(kinds.toSorted()).toEqual(expected.map((event) => `row_${event}`).toSorted());
  await expectImages(events);
  for (const { actor, tenantId, request, details } of events) {
    expect([actor, tenantId, request?.id, details.unattributed]).toEqual([ALICE, 'acme', 'req-1', undefined]);
  }
  const operations = new Set(events.map(({ metadata }) => metadata.operationId));
  expect(operations.size).toBe(Math.min(expected.length, 1));
  expect(operations).not.toContain(undefined);
}); // prettier-ignore

it('a row changed outside of any request is unattributed, and one changed from outside names its session', async () => {
  expect(await installCapture(source)).toEqual([]); // it is installed already
  await give('');
  await source.query('INSERT INTO shop_item (id, stock) VALUES (1, 5)');
  const from = `${database.superuserUrl}?application_name=migrate%2017`;
  await withClient(from, (client) => client.query('SET ROLE app; UPDATE shop_item SET stock = 6'));
  const events = await shop.changes();
  await expectImages(events);
  expect(events).toMatchObject([
    { actor: { type: 'service', id: 'app' }, details: { unattributed: true, role: 'app', pid: expect.any(Number) } },
    {
      type: 'row_changed_externally',
      actor: { type: 'service', id: 'postgres' },
      details: { role: 'postgres', actingAs: 'app', application: 'migrate 17', address: '127.0.0.1' },
    },
  ]);
});

it('an entity that is deleted softly is an update that the history shows from the deletion to the restoration', async () => {
  await give(ITEM);
  const history = shop.app.get(AuditHistory).of(Item, 1);
  await as('bob', () => items.softDelete({ id: 1 }));
  const deletedAt = expect.any(String);
  expect(await history.state(ALL)).toMatchObject({ exists: true, values: { title: 'pen', deletedAt } });
  await as('eve', () => items.restore({ id: 1 }));
  await as('ada', () => items.delete({ id: 1 }));
  const events = await shop.changes();
  expect(events).toMatchObject([
    {
      type: 'row_updated',
      actor: { id: 'bob' },
      changes: { diff: [{ path: '/deleted_at', from: null, to: deletedAt }] },
    },
    {
      type: 'row_updated',
      actor: { id: 'eve' },
      changes: { diff: [{ path: '/deleted_at', from: deletedAt, to: null }] },
    },
    { type: 'row_deleted', actor: { id: 'ada' } },
  ]);
  expect(await history.state(ALL)).toMatchObject({ exists: false, event: { type: 'row_deleted' } });
  const { items: all } = await history.events(ALL, { limit: 3 });
  expect(all.toReversed().map(({ id }) => id)).toEqual(events.map(({ id }) => id));
});

it('work to ignore is a callback whose row changes leave no values; other requests are not concerned', async () => {
  await give(`${ITEM}, (2, 5, 'ink')`);
  await Promise.all([
    as('ada', () => AuditContext.ignore(() => items.update({ id: 1 }, { title: 'noise' }), 'a backfill')),
    as('ada', () => items.update({ id: 2 }, { title: 'heard' })),
  ]);
  const events = await shop.changes();
  const of = (id: string) => events.find(({ resource }) => resource?.id === id);
  expect([of('1')?.details.ignored, of('1')?.changes]).toEqual([true, undefined]);
  expect(JSON.stringify(of('1'))).not.toContain('noise');
  expect(of('2')).toMatchObject({ changes: { after: { label: 'heard' } } });
  expect(of('2')?.details).not.toHaveProperty('ignored');
  const history = shop.app.get(AuditHistory).of(Item, 1);
  expect(await history.state(ALL)).toMatchObject({ exists: true, values: null, unknown: [{ reason: 'ignored' }] });
  const { fields, unknown } = await history.blame(ALL);
  expect(new Set(fields.map(({ event }) => event?.id ?? null))).toEqual(new Set([null]));
  expect(unknown.map(({ reason }) => reason)).toContain('ignored');
  expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete' });
});

it('who gave a member of an audited entity a role is captured with the table between both', async () => {
  const { manager } = source;
  await as('ada', async () => {
    const role = await manager.save(manager.create(Role, { id: 'ops,a' }));
    await manager.save(manager.create(Member, { id: 1, roles: [role] }));
  });
  const events = await shop.changes();
  expect(events.map(({ resource, actor, changes }) => [resource, actor.id, changes?.after])).toEqual([
    [{ type: 'member', id: '1' }, 'ada', { id: 1 }],
    [{ type: 'member_role', id: String.raw`1,ops\,a` }, 'ada', { memberId: 1, roleId: 'ops,a' }],
  ]);
  const readNewest = async (type: string, id: string) =>
    (await shop.app.get(AuditQuery).history(ALL, { type, id })).items[0]?.id;
  expect([await readNewest('member', '1'), await readNewest('role', 'ops,a'), await readNewest('role', 'ops')]).toEqual(
    [events[1]?.id, events[1]?.id, undefined],
  );
});

it('the rules of all entities that share a table hold, and hide what any of them hides', async () => {
  await source.manager.insert(Car, { id: 1, code: 'open sesame' });
  await source.manager.insert(Truck, { id: 2, plan: 'by night' });
  expect((await shop.changes()).map(({ changes }) => changes?.after)).toEqual([
    { id: 1, kind: 'Car', code: '[REDACTED]', plan: null },
    { id: 2, kind: 'Truck', code: null, plan: '[REDACTED]' },
  ]);
});
