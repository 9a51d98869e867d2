import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { Column, DeleteDateColumn, Entity, In, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { AuditContext, AuditedEntity } from '../../src/audit/index.js';
import { AuditHistory, type LedgerEvent } from '../../src/monitoring/index.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { startCapturedApp } from '../support/captured-app.js';
import { kept } from '../support/kept.js';

// The scenarios of @nestarc/audit-log, nestjs-typeorm-history-log and typeorm-auditing that no other suite has.

@Entity('task')
@AuditedEntity({ facts: ['name'] })
class Task {
  @PrimaryGeneratedColumn()
  declare id: number;

  @Column('text')
  declare name: string;

  @Column('text', { nullable: true, unique: true })
  declare code: string | null;

  @Column('text', { default: 'walrus' })
  declare password: string;

  @Column('jsonb', { default: {} })
  declare profile: object;

  @DeleteDateColumn({ name: 'deleted_at', type: 'timestamptz' })
  declare deletedAt: Date | null;
}

@Entity('untracked_task')
class UntrackedTask {
  @PrimaryGeneratedColumn()
  declare id: number;
}

const ALL = { scope: 'all' } as const;
const ADA = { type: 'user', id: 'ada' } as const;

const shop = await kept(
  startCapturedApp({
    entities: [Task, UntrackedTask],
    poolSize: 4,
  }),
);
const tasks = shop.source.getRepository(Task);
beforeEach(() => shop.changes());

const asAda = <Result>(work: () => Promise<Result>): Promise<Result> => AuditContext.run({ actor: ADA }, work);
const given = async (...names: readonly string[]): Promise<readonly Task[]> => {
  const made = await tasks.save(names.map((name) => ({ name, code: randomUUID() })));
  await shop.changes();
  return made;
};
const givenOne = async (name: string): Promise<Task> => tasks.findOneByOrFail({ id: (await given(name))[0]?.id ?? 0 });

const three = (): { name: string }[] => ['a', 'b', 'c'].map((name) => ({ name }));
const build = (manager: EntityManager) => manager.createQueryBuilder();
const idsOf = (rows: readonly Task[]): number[] => rows.map(({ id }) => id);

it.each<[string, number, string, (rows: readonly Task[], manager: EntityManager) => Promise<unknown>]>([
  ['repository.save() of a new entity', 0, 'row_inserted', (_rows, m) => m.getRepository(Task).save({ name: 'new' })],
  ['repository.save() of several', 0, 'row_inserted ×3', (_rows, m) => m.getRepository(Task).save(three())],
  ['repository.save() of one that is there', 1, 'row_updated', ([row], m) => m.save(Task, Object.assign(row ?? {}, { name: 'next' }))],
  ['repository.remove()', 1, 'row_deleted', async ([row], m) => m.remove(await m.findOneByOrFail(Task, { id: row?.id ?? 0 }))],
  ['manager.insert()', 0, 'row_inserted', (_rows, m) => m.insert(Task, { name: 'new' })],
  ['manager.insert() of several', 0, 'row_inserted ×3', (_rows, m) => m.insert(Task, three())],
  ['manager.update()', 1, 'row_updated', (rows, m) => m.update(Task, { id: rows[0]?.id ?? 0 }, { name: 'next' })],
  ['manager.update() of several', 3, 'row_updated ×3', (rows, m) => m.update(Task, { id: In(idsOf(rows)) }, { name: 'next' })],
  ['manager.delete()', 1, 'row_deleted', (rows, m) => m.delete(Task, idsOf(rows))],
  ['manager.delete() of several', 3, 'row_deleted ×3', (rows, m) => m.delete(Task, idsOf(rows))],
  ['manager.upsert() of a new row', 0, 'row_inserted', (_rows, m) => m.upsert(Task, { code: 'c-1', name: 'new' }, ['code'])],
  ['manager.upsert() of one that is there', 1, 'row_updated', ([row], m) => m.upsert(Task, { code: row?.code ?? '', name: 'next' }, ['code'])],
  ['the QueryBuilder, inserting', 0, 'row_inserted', (_rows, m) => build(m).insert().into(Task).values({ name: 'new' }).execute()],
  ['the QueryBuilder, updating', 1, 'row_updated', (rows, m) => build(m).update(Task).set({ name: 'next' }).whereInIds(idsOf(rows)).execute()],
  ['the QueryBuilder, deleting', 1, 'row_deleted', (rows, m) => build(m).delete().from(Task).whereInIds(idsOf(rows)).execute()],
  ['the QueryBuilder, returning no id', 0, 'row_inserted', (_rows, m) => build(m).insert().into(Task).values({ name: 'new' }).returning('name').execute()],
  ['an entity without rules', 0, 'nothing ×0', (_rows, m) => m.save(UntrackedTask, {})],
  ['raw SQL', 1, 'row_updated', (rows, m) => m.query(`UPDATE task SET name = 'next' WHERE id = ANY ($1)`, [idsOf(rows)])],
])('each way to write %s has its events, of who did it, in a transaction and out of one', async (_way, count, expected, work) => {
  const [type = '', times = '×1'] = expected.split(' ');
  const all = Array.from({ length: Number(times.slice(1)) }, () => type);
  for (const run of [
    (rows: readonly Task[]) => work(rows, shop.source.manager),
    (rows: readonly Task[]) => shop.source.transaction((manager) => work(rows, manager)),
  ]) {
    const rows = await given(...Array.from({ length: count }, (_unused, nth) => `given ${nth}`));
    await tasks.delete({ code: 'c-1' });
    await shop.changes();
    await asAda(() => run(rows));
    const events = await shop.changes();
    expect(events.map((event) => event.type)).toEqual(all);
    for (const { actor, resource } of events) expect([actor, resource?.type]).toEqual([ADA, 'task']);
    const differing = [events.map(({ resource }) => resource?.id), events.map(({ details }) => details.transaction)];
    expect(differing.map((values) => new Set(values).size)).toEqual([all.length, Math.min(all.length, 1)]);
    expect(JSON.stringify(events)).not.toContain('walrus');
  }
}); // prettier-ignore

it('an entity that is deleted softly is an update that the history shows from the deletion to the restoration, with who did each', async () => {
  const { id } = await givenOne('soft');
  await AuditContext.run({ actor: { type: 'user', id: 'bob' } }, () => tasks.softDelete({ id }));
  await pause(2); // so that the restoration has a time of its own
  await AuditContext.run({ actor: { type: 'user', id: 'eve' } }, () => tasks.restore({ id }));
  await asAda(async () => tasks.softRemove(await tasks.findOneByOrFail({ id })));
  await asAda(() => tasks.delete({ id }));
  const events = await shop.changes();
  expect(events.map(({ type, actor }) => `${type} ${actor.id}`)).toEqual([
    'row_updated bob',
    'row_updated eve',
    'row_updated ada',
    'row_deleted ada',
  ]);
  const [gone, back] = events;
  const stamp = { path: '/deleted_at', from: null, to: expect.any(String) };
  expect([gone?.changes?.diff, gone?.changes?.before]).toEqual([[stamp], expect.objectContaining({ name: 'soft' })]);
  expect(back?.changes?.diff).toEqual([{ path: '/deleted_at', from: expect.any(String), to: null }]);
  const history = shop.app.get(AuditHistory).of(Task, id);
  const whileGone = await history.state(ALL, new Date(String(gone?.occurredAt)));
  expect(whileGone).toMatchObject({ exists: true, values: { name: 'soft', deletedAt: expect.any(String) } });
  expect(await history.state(ALL)).toMatchObject({ exists: false, event: { type: 'row_deleted' } });
});

it('work to ignore is a callback whose row changes leave no values; other requests are not concerned', async () => {
  const [quiet, other] = [await givenOne('quiet'), await givenOne('other')];
  await Promise.all([
    asAda(() => AuditContext.ignore(() => tasks.update({ id: quiet.id }, { name: 'noise' }), 'a backfill')),
    asAda(() => tasks.update({ id: other.id }, { name: 'heard' })),
  ]);
  const events = await shop.changes();
  const of = ({ id }: Task): LedgerEvent | undefined => events.find(({ resource }) => resource?.id === String(id));
  expect([of(quiet)?.details.ignored, of(quiet)?.changes, of(other)?.details.ignored]).toEqual([
    true,
    undefined,
    undefined,
  ]);
  expect(JSON.stringify(of(quiet))).not.toContain('noise');
  expect(of(other)?.changes).toMatchObject({ after: { name: 'heard' } });
  const history = shop.app.get(AuditHistory).of(Task, quiet.id);
  expect(await history.state(ALL)).toMatchObject({ exists: true, values: null, unknown: [{ why: 'ignored' }] });
  const { fields, unknown } = await history.blame(ALL);
  expect(new Set(fields.map(({ event }) => event?.id ?? null))).toEqual(new Set([null]));
  expect(unknown.map(({ why }) => why)).toContain('ignored');
  expect(await reconcileLedger({ database: shop.database.url })).toMatchObject({ verdict: 'complete' });
});
