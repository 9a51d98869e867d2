import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Param, Patch, Post } from '@nestjs/common';
import {
  Column,
  DataSource,
  DeleteDateColumn,
  Entity,
  In,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  type EntityManager,
  type Repository,
} from 'typeorm';
import { AuditAggregator, AuditContext, Audited, AuditedEntity } from '../../src/audit/index.js';
import { AuditHistory, AuditQuery, type LedgerEvent } from '../../src/modules/monitoring/index.js';
import { startCapturedApp, type CapturedApp } from '../support/captured-app.js';

@Entity('task')
@AuditedEntity({ resource: 'task', redact: ['pin'], ignore: ['updatedAt', 'views'], facts: ['name'] })
class Task {
  @PrimaryGeneratedColumn()
  declare id: number;

  @Column('text')
  declare name: string;

  @Column('text', { nullable: true, unique: true })
  declare code: string | null;

  @Column('text', { nullable: true })
  declare pin: string | null;

  @Column('int', { default: 0 })
  declare views: number;

  @Column('jsonb', { default: {} })
  declare profile: object;

  @Column('boolean', { name: 'is_deleted', default: false })
  declare isDeleted: boolean;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  declare updatedAt: Date;

  @DeleteDateColumn({ name: 'deleted_at', type: 'timestamptz' })
  declare deletedAt: Date | null;
}

/** As {@link Task}, and its rules name no column. */
@Entity('plain_task')
@AuditedEntity()
class PlainTask {
  @PrimaryGeneratedColumn()
  declare id: number;

  @Column('text')
  declare name: string;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  declare updatedAt: Date;
}

/** Nobody captures it. */
@Entity('untracked_task')
class UntrackedTask {
  @PrimaryGeneratedColumn()
  declare id: number;
}

const projectOf = ({ args }: { readonly args: readonly unknown[] }) => ({ type: 'project', id: args[0] as string });

@Controller('projects/:projectId/tasks')
class TasksController {
  constructor(private readonly source: DataSource) {}

  @Post()
  @Audited('project_update', { resource: projectOf })
  async create(@Param('projectId') _project: string, @Body() { name }: { name: string }): Promise<void> {
    await this.source.getRepository(Task).save({ name });
  }

  @Patch(':id')
  @Audited('project_update', { resource: projectOf })
  async update(
    @Param('projectId') _project: string,
    @Param('id') id: number,
    @Body() { name }: { name: string },
  ): Promise<void> {
    AuditContext.annotate({ metadata: { ticket: 'T-9' } });
    await this.source.createQueryBuilder().update(Task).set({ name }).where({ id }).execute();
  }
}

const ALL = { scope: 'all' } as const;
const ADA = { type: 'user', id: 'ada' } as const;

let shop: CapturedApp;
let tasks: Repository<Task>;

beforeAll(async () => {
  shop = await startCapturedApp({
    entities: [Task, PlainTask, UntrackedTask],
    controllers: [TasksController],
    poolSize: 4,
    audit: {
      requireActor: ['project'],
      metadataProvider: () => ({ region: 'eu' }),
      events: [{ name: 'project_updated', action: 'project_update', outcome: 'success', category: 'project' }],
      resolveActor: (request) => {
        const { user } = request as { readonly user?: { readonly id: string } };
        return user && { type: 'user', id: user.id };
      },
    },
  });
  tasks = shop.source.getRepository(Task);
});
afterAll(() => shop.close());
beforeEach(() => shop.changes());

const asAda = <Result>(work: () => Promise<Result>): Promise<Result> => AuditContext.run({ actor: ADA }, work);
const kinds = (events: readonly LedgerEvent[]): readonly string[] => events.map(({ type }) => type);
const given = async (...names: readonly string[]): Promise<readonly Task[]> => {
  const made = await tasks.save(names.map((name) => ({ name, code: randomUUID() })));
  await shop.changes();
  return made;
};
const givenOne = async (name: string): Promise<Task> => tasks.findOneByOrFail({ id: (await given(name))[0]?.id ?? 0 });

describe('each way to write', () => {
  const three = (): { name: string }[] => ['a', 'b', 'c'].map((name) => ({ name }));
  const idsOf = (rows: readonly Task[]): number[] => rows.map(({ id }) => id);

  it.each<[string, number, string, (rows: readonly Task[], manager: EntityManager) => Promise<unknown>]>([
    ['repository.save() of a new entity', 0, 'row_inserted', (_rows, m) => m.getRepository(Task).save({ name: 'new' })],
    ['repository.save() of several', 0, 'row_inserted ×3', (_rows, m) => m.getRepository(Task).save(three())],
    [
      'repository.save() of one that is there',
      1,
      'row_updated',
      ([row], m) => m.save(Task, Object.assign(row ?? {}, { name: 'next' })),
    ],
    [
      'repository.remove()',
      1,
      'row_deleted',
      async ([row], m) => m.remove(await m.findOneByOrFail(Task, { id: row?.id ?? 0 })),
    ],
    ['manager.insert()', 0, 'row_inserted', (_rows, m) => m.insert(Task, { name: 'new' })],
    ['manager.insert() of several', 0, 'row_inserted ×3', (_rows, m) => m.insert(Task, three())],
    ['manager.update()', 1, 'row_updated', (rows, m) => m.update(Task, { id: rows[0]?.id ?? 0 }, { name: 'next' })],
    [
      'manager.update() of several',
      3,
      'row_updated ×3',
      (rows, m) => m.update(Task, { id: In(idsOf(rows)) }, { name: 'next' }),
    ],
    ['manager.delete()', 1, 'row_deleted', (rows, m) => m.delete(Task, idsOf(rows))],
    ['manager.delete() of several', 3, 'row_deleted ×3', (rows, m) => m.delete(Task, idsOf(rows))],
    [
      'manager.upsert() of a new row',
      0,
      'row_inserted',
      (_rows, m) => m.upsert(Task, { code: 'c-1', name: 'new' }, ['code']),
    ],
    [
      'manager.upsert() of one that is there',
      1,
      'row_updated',
      ([row], m) => m.upsert(Task, { code: row?.code ?? '', name: 'next' }, ['code']),
    ],
    [
      'the QueryBuilder, inserting',
      0,
      'row_inserted',
      (_rows, m) => m.createQueryBuilder().insert().into(Task).values({ name: 'new' }).execute(),
    ],
    [
      'the QueryBuilder, updating',
      1,
      'row_updated',
      (rows, m) => m.createQueryBuilder().update(Task).set({ name: 'next' }).whereInIds(idsOf(rows)).execute(),
    ],
    [
      'the QueryBuilder, deleting',
      1,
      'row_deleted',
      (rows, m) => m.createQueryBuilder().delete().from(Task).whereInIds(idsOf(rows)).execute(),
    ],
    [
      'raw SQL',
      1,
      'row_updated',
      (rows, m) => m.query(`UPDATE task SET name = 'next' WHERE id = ANY ($1)`, [idsOf(rows)]),
    ],
  ])('%s has its events, of who did it, in a transaction and out of one', async (_way, count, expected, work) => {
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
      expect(kinds(events)).toEqual(all);
      for (const { actor, resource } of events) expect([actor, resource?.type]).toEqual([ADA, 'task']);
    }
  });

  it('leaves nothing when its transaction is rolled back', async () => {
    const work = asAda(() =>
      shop.source.transaction(async (manager) => {
        await manager.insert(Task, { name: 'undone' });
        throw new Error('undone');
      }),
    );
    await expect(work).rejects.toThrow('undone');
    expect(await shop.changes()).toEqual([]);
  });

  it('leaves out an entity without rules', async () => {
    await asAda(() => shop.source.getRepository(UntrackedTask).save({}));
    expect(await shop.changes()).toEqual([]);
  });
});

describe('columns', () => {
  it('that are excluded are in no event, neither of a new row nor of a change', async () => {
    const { id } = await asAda(() => tasks.save({ name: 'secret', pin: 'walrus' }));
    await asAda(() => tasks.update({ id }, { name: 'still secret', pin: 'osprey' }));
    const events = await shop.changes();
    expect(kinds(events)).toEqual(['row_inserted', 'row_updated']);
    expect(JSON.stringify(events)).not.toMatch(/walrus|osprey|updated_at|views/);
    expect(events[1]?.changes?.diff).toEqual([
      expect.objectContaining({ path: '/pin' }),
      { path: '/name', from: 'secret', to: 'still secret' },
    ]);
  });

  it('that are ignored make no event when only they change, as a write that changes nothing makes none', async () => {
    const task = await givenOne('same');
    await asAda(async () => {
      await tasks.save(task);
      await tasks.update({ id: task.id }, { name: 'same' });
      await tasks.increment({ id: task.id }, 'views', 1);
      await tasks.update({ id: task.id }, { updatedAt: new Date(0) });
    });
    expect(await shop.changes()).toEqual([]);
  });

  it('that one entity ignores are in the events of another that does not', async () => {
    await asAda(() => shop.source.getRepository(PlainTask).save({ name: 'plain' }));
    expect(await shop.changes()).toMatchObject([
      { resource: { type: 'plain_task' }, changes: { after: { updated_at: expect.any(String) } } },
    ]);
  });

  it('of JSON differ by the path of what changed in them', async () => {
    const { id } = await asAda(() => tasks.save({ name: 'json', profile: { status: 'active', budget: 1_000 } }));
    await asAda(() => tasks.update({ id }, { profile: { status: 'paused', budget: 1_000 } }));
    const [, updated] = await shop.changes();
    expect(updated?.changes).toMatchObject({
      before: { profile: { status: 'active', budget: 1_000 } },
      after: { profile: { status: 'paused', budget: 1_000 } },
      diff: [{ path: '/profile/status', from: 'active', to: 'paused' }],
    });
  });
});

describe('work to ignore', () => {
  it('is a callback whose row changes leave no values; other requests are not concerned', async () => {
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
  });
});

describe('a soft delete', () => {
  it('is an update that the history shows from the deletion to the restoration, with who did each', async () => {
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

  it('by a column of true and false has the whole row before, and is found by that column', async () => {
    const { id } = await givenOne('flagged');
    await asAda(() => tasks.update({ id }, { isDeleted: true }));
    const [event, ...others] = await shop.events({
      resourceType: ['task'],
      resourceId: [String(id)],
      changed: ['/is_deleted'],
    });
    expect(others).toEqual([]);
    expect(event?.changes).toMatchObject({
      before: { name: 'flagged', is_deleted: false },
      diff: [{ path: '/is_deleted', from: false, to: true }],
    });
  });
});

describe('the context', () => {
  it('of many requests at once on few connections is each one’s own', async () => {
    const users = Array.from({ length: 40 }, (_unused, nth) => `u-${nth}`);
    await Promise.all(users.map((user) => shop.send('POST', '/projects/p-1/tasks', user, { name: `of ${user}` })));
    const events = await shop.changes();
    expect(events).toHaveLength(users.length);
    for (const { actor, changes } of events) expect(changes?.after).toMatchObject({ name: `of ${actor.id}` });
    expect(new Set(events.map(({ actor }) => actor.id)).size).toBe(users.length);
  });

  it('has the parent record, the metadata of the request and of the handler in the event of the operation', async () => {
    const { id } = await givenOne('child');
    expect(await shop.send('PATCH', `/projects/p-7/tasks/${id}`, 'ada', { name: 'renamed' })).toBe(200);
    const [change] = await shop.changes();
    const { operation } = (await shop.app.get(AuditQuery).related(ALL, change?.id ?? '')) ?? {};
    const [parent] = await shop.events({ resourceType: ['project'], resourceId: ['p-7'] });
    expect(change).toMatchObject({ actor: ADA, changes: { diff: [{ path: '/name', from: 'child', to: 'renamed' }] } });
    expect(parent).toMatchObject({ type: 'project_updated', metadata: { ticket: 'T-9', region: 'eu' } });
    expect(operation?.events.map((event) => event.id)).toEqual([parent?.id]);
  });

  it('that lacks a user refuses the operation, if its category requires an actor', async () => {
    expect(await shop.send('POST', '/projects/p-1/tasks', undefined, { name: 'nobody’s' })).toBe(403);
    expect([await shop.changes(), await tasks.countBy({ name: 'nobody’s' })]).toEqual([[], 0]);
  });

  it('of a worker is what it says, and a change without any is recorded as unattributed', async () => {
    await AuditContext.run({ actor: { type: 'system', id: 'cron' } }, () => tasks.insert({ name: 'nightly' }));
    await tasks.insert({ name: 'nobody knows' });
    expect(await shop.changes()).toMatchObject([
      { actor: { type: 'system', id: 'cron' } },
      { actor: { type: 'service', id: 'app' }, details: { unattributed: true } },
    ]);
  });

  it('of an event by hand is its own, in the transaction of the work', async () => {
    await asAda(() =>
      shop.source.transaction(async (manager) => {
        await shop.app
          .get(AuditAggregator)
          .record(
            'task_synced',
            { resource: { type: 'task', id: 's-1' }, changes: { before: {}, after: { name: 'Synced' } } },
            { manager },
          );
      }),
    );
    expect(await shop.events({ resourceId: ['s-1'] })).toMatchObject([
      { actor: ADA, changes: { after: { name: 'Synced' } } },
    ]);
  });
});

describe('the history', () => {
  it('is paged, and bounded by time', async () => {
    const { id } = await givenOne('v1');
    for (const name of ['v2', 'v3', 'v4']) await asAda(() => tasks.update({ id }, { name }));
    const events = await shop.changes();
    const history = shop.app.get(AuditHistory).of(Task, id);
    const first = await history.events(ALL, { limit: 2 });
    const rest = await history.events(ALL, { limit: 2, cursor: first.nextCursor ?? '' });
    const names = [...first.items, ...rest.items].map(({ changes }) => (changes?.after as { name: string }).name);
    expect(names).toEqual(['v4', 'v3', 'v2', 'v1']);
    const { items } = await history.events(ALL, { from: new Date(Date.now() + 3_600_000) });
    expect([events.length, items]).toEqual([3, []]);
  });

  it('shows the old and the new beside each other, by which a row goes back', async () => {
    const task = await givenOne('V1');
    await asAda(() => tasks.update({ id: task.id }, { name: 'V2' }));
    const [event] = await shop.changes();
    expect(event?.changes).toMatchObject({ before: { name: 'V1' }, after: { name: 'V2' } });
    const { name } = event?.changes?.before as { name: string };
    await asAda(() => tasks.update({ id: task.id }, { name }));
    expect((await tasks.findOneByOrFail({ id: task.id })).name).toBe('V1');
  });
});
