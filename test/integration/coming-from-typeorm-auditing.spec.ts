import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BaseEntity,
  BeforeInsert,
  Column,
  CreateDateColumn,
  DataSource,
  DeleteDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
  ChildEntity,
  UpdateDateColumn,
} from 'typeorm';
import { AuditContext, AuditedEntity } from '../../src/audit/index.js';
import { AuditHistory, installCapture, type LedgerEvent } from '../../src/modules/monitoring/index.js';
import { startCapturedApp, type CapturedApp } from '../support/captured-app.js';
import { runSql } from '../support/sql.js';

const GENDERS = ['Male', 'Female', 'Diverse'] as const;

abstract class Identified extends BaseEntity {
  @PrimaryGeneratedColumn({ type: 'int' })
  declare id: number;
}

abstract class Named extends Identified {
  @Column('text', { name: 'first_name' })
  @Index()
  declare firstName: string;
}

/** Columns of two classes that it extends, an enum, a getter and dates that TypeORM sets. */
@Entity('person')
@AuditedEntity({ facts: ['firstName', 'lastName', 'gender', 'label'] })
class Person extends Named {
  @Column('text')
  declare lastName: string;

  @Column('int')
  declare age: number;

  @Column({ type: 'enum', enum: GENDERS, default: 'Diverse' })
  declare gender: (typeof GENDERS)[number];

  @Column('text', { nullable: true })
  declare label: string | null;

  @CreateDateColumn()
  declare createdAt: Date;

  @UpdateDateColumn()
  declare updatedAt: Date;

  @DeleteDateColumn()
  declare deletedAt: Date | null;

  @OneToMany(() => Child, ({ parent }) => parent)
  declare children: Child[];

  get fullName(): string {
    return `${this.firstName} ${this.lastName}`;
  }

  @BeforeInsert()
  setLabel(): void {
    this.label = this.fullName;
  }
}

@Entity('child')
@AuditedEntity()
class Child extends Identified {
  @ManyToOne(() => Person, ({ children }) => children)
  @JoinColumn({ name: 'parent_id' })
  declare parent: Person;
}

@Entity('content')
@TableInheritance({ column: { type: 'text', name: 'kind' } })
@AuditedEntity({ facts: ['kind', 'title'] })
class Content extends Identified {
  @Column('text')
  declare title: string;
}

@ChildEntity('photo')
class Photo extends Content {
  @Column('int', { nullable: true })
  declare width: number;
}

@Entity('measure')
@AuditedEntity()
class Measure {
  @PrimaryColumn('int')
  declare station: number;

  @PrimaryColumn('int')
  declare day: number;

  @Column('int')
  declare value: number;
}

const ALL = { scope: 'all' } as const;
const ADA = { type: 'user', id: 'ada' } as const;

let shop: CapturedApp;

beforeAll(async () => {
  shop = await startCapturedApp({ entities: [Person, Child, Content, Photo, Measure] });
});
afterAll(() => shop.close());
beforeEach(() => shop.changes());

const asAda = <Result>(work: () => Promise<Result>): Promise<Result> => AuditContext.run({ actor: ADA }, work);
const saw = { firstName: 'Timber', lastName: 'Saw', age: 25 };
const shown = ({ type, resource }: LedgerEvent): string => `${type} ${resource?.type} ${resource?.id}`;

describe('an entity', () => {
  it('that extends others is created, updated and deleted with the columns of all of them', async () => {
    const id = await asAda(async () => {
      const person = await Person.create({ ...saw }).save();
      const { id: own } = person;
      person.age++;
      await person.save();
      await person.remove();
      return own;
    });
    const events = await shop.changes();
    expect(events.map(shown)).toEqual(
      ['row_inserted', 'row_updated', 'row_deleted'].map((type) => `${type} person ${id}`),
    );
    const whole = { id, first_name: 'Timber', lastName: 'Saw', gender: 'Diverse' };
    expect(events.map(({ changes }) => changes)).toMatchObject([
      { after: { ...whole, age: 25 } },
      { before: { age: 25 }, after: { age: 26 } },
      { before: { ...whole, age: 26 } },
    ]);
    for (const { actor, occurredAt } of events) expect([actor, typeof occurredAt]).toEqual([ADA, 'string']);
  });

  it('has dates that TypeORM sets and those that are given, as times with an offset', async () => {
    const given = new Date('2000-01-01T00:00:00Z');
    await asAda(() => Person.create({ ...saw, createdAt: given, updatedAt: given }).save());
    const [event] = await shop.changes();
    expect(event?.changes?.after).toMatchObject({ createdAt: expect.stringMatching(/^2000-01-01T/), deletedAt: null });
  });

  it('has what its own listeners wrote into it', async () => {
    await asAda(() => Person.create({ ...saw }).save());
    const [event] = await shop.changes();
    expect(event?.changes?.after).toMatchObject({ label: 'Timber Saw' });
  });

  it('is read back by its properties, who last wrote each, and as it was', async () => {
    const { id } = await asAda(() => Person.create({ ...saw }).save());
    await AuditContext.run({ actor: { type: 'user', id: 'bob' } }, () => Person.update({ id }, { age: 26 }));
    const [inserted] = await shop.changes();
    const history = shop.app.get(AuditHistory).of(Person, id);
    expect(await history.state(ALL)).toMatchObject({ values: { firstName: 'Timber', age: 26 } });
    expect(await history.state(ALL, new Date(String(inserted?.occurredAt)))).toMatchObject({ values: { age: 25 } });
    const { fields } = await history.blame(ALL);
    const actorOf = (name: string): unknown => fields.find(({ field }) => field === name)?.event?.actor.id;
    expect([actorOf('firstName'), actorOf('age')]).toEqual(['ada', 'bob']);
  });
});

describe('several entities saved at once', () => {
  it('from plain objects have each an event, in their order', async () => {
    const people = shop.source.getRepository(Person);
    const made = await asAda(() => people.save([1, 2, 3].map((nth) => ({ ...saw, firstName: `Timber${nth}` }))));
    const events = await shop.changes();
    expect(events.map(shown)).toEqual(made.map(({ id }) => `row_inserted person ${id}`));
    expect(events.map(({ changes }) => (changes?.after as { first_name: string }).first_name)).toEqual([
      'Timber1',
      'Timber2',
      'Timber3',
    ]);
  });

  it('with a relation have the key of what they refer to, also when that changes', async () => {
    const people = shop.source.getRepository(Person);
    const [one, two] = [await people.save({ ...saw }), await people.save({ ...saw, age: 3 })];
    await shop.changes();
    const children = shop.source.getRepository(Child);
    await asAda(async () => {
      const [first] = await children.save([{ parent: one }, { parent: two }]);
      await children.save(Object.assign(first ?? {}, { parent: two }));
    });
    const events = await shop.changes();
    expect(events.map(({ changes }) => changes?.after)).toMatchObject([
      { parent_id: one.id },
      { parent_id: two.id },
      { parent_id: two.id },
    ]);
    expect(events[2]?.changes?.diff).toEqual([{ path: '/parent_id', from: one.id, to: two.id }]);
  });

  it('of a table with a discriminator have the columns of their kind', async () => {
    await asAda(() => shop.source.getRepository(Photo).save({ title: 'Sea', width: 640 }));
    expect(await shop.changes()).toMatchObject([
      { resource: { type: 'content' }, changes: { after: { kind: 'photo', title: 'Sea', width: 640 } } },
    ]);
  });

  it('of a key of two columns are told apart', async () => {
    const measures = shop.source.getRepository(Measure);
    await asAda(async () => {
      await measures.save([1, 2].map((day) => ({ station: 7, day, value: 0 })));
      await measures.update({ station: 7, day: 2 }, { value: 1 });
    });
    expect((await shop.changes()).map(shown)).toEqual([
      'row_inserted measure 7,1',
      'row_inserted measure 7,2',
      'row_updated measure 7,2',
    ]);
  });
});

describe('what its subscriber does not see', () => {
  it('has its events: update(), delete(), the QueryBuilder and SQL', async () => {
    const people = shop.source.getRepository(Person);
    const { id } = await people.save({ ...saw });
    await shop.changes();
    await asAda(async () => {
      await people.update({ id }, { age: 30 });
      await people.createQueryBuilder().update().set({ age: 31 }).where({ id }).execute();
      await people.query('UPDATE person SET age = 32 WHERE id = $1', [id]);
      await people.delete({ id });
    });
    expect((await shop.changes()).map(({ type }) => type)).toEqual([
      'row_updated',
      'row_updated',
      'row_updated',
      'row_deleted',
    ]);
  });
});

describe('two data sources', () => {
  it('are captured without a subscriber for each, with the context of one scope', async () => {
    const options = { type: 'postgres', url: shop.database.url, extra: { Client: shop.pg.Client } } as const;
    const other = await new DataSource({ ...options, entities: [Measure] }).initialize();
    try {
      expect(await installCapture(other)).toEqual([]);
      await asAda(async () => {
        await shop.source.transaction(async (manager) => {
          await manager.insert(Measure, { station: 8, day: 1, value: 0 });
          await other.transaction((second) => second.insert(Measure, { station: 8, day: 2, value: 0 }));
          await manager.insert(Measure, { station: 8, day: 3, value: 0 });
        });
      });
    } finally {
      await other.destroy();
    }
    const events = await shop.changes();
    expect(events.map(({ resource }) => resource?.id).toSorted()).toEqual(['8,1', '8,2', '8,3']);
    expect(new Set(events.map(({ metadata }) => metadata.operationId)).size).toBe(1);
    expect(new Set(events.map(({ details }) => details.transaction)).size).toBe(2);
    for (const { actor } of events) expect(actor).toEqual(ADA);
  });
});

describe('the schema', () => {
  it('gets no history table beside the table, and no column in it', async () => {
    const rows = await runSql(
      shop.database.url,
      `SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'person%' OR table_name LIKE '%audit%person%'`,
    );
    expect(rows).toEqual([{ table_name: 'person' }]);
  });
});
