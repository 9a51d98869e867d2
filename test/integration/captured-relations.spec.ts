import { expect, it } from '@jest/globals';
import {
  ChildEntity,
  Column,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryColumn,
  TableInheritance,
} from 'typeorm';
import { AuditContext, AuditedEntity } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { startCapturedApp } from '../support/captured-app.js';
import { kept } from '../support/kept.js';

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

  @Column('text')
  name!: string;

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

const app = await kept(startCapturedApp({ entities: [Role, Member, Vehicle, Car, Truck] }));

const ALL = { scope: 'all' } as const;

it('who gave a member of an audited entity a role is captured with the table between both', async () => {
  const { manager } = app.source;
  await AuditContext.run({ actor: { type: 'user', id: 'ada' } }, async () => {
    const role = await manager.save(manager.create(Role, { id: 'ops,a' }));
    await manager.save(manager.create(Member, { id: 1, name: 'Eve', roles: [role] }));
  });
  const told = (await app.changes()).map(({ type, actor, resource, changes }) => [
    `${type} ${resource?.type} ${resource?.id}`,
    actor.id,
    changes?.after,
  ]);
  expect(told).toEqual([
    ['row_inserted member 1', 'ada', { id: 1, name: 'Eve' }],
    ['row_inserted member_role 1,ops\\,a', 'ada', { memberId: 1, roleId: 'ops,a' }],
  ]);

  for (const resource of [
    { type: 'member', id: '1' },
    { type: 'role', id: 'ops,a' },
  ]) {
    const { items } = await app.app.get(AuditQuery).history(ALL, resource, { order: 'asc' });
    expect(items.map(({ resource, actor }) => [resource?.type, resource?.id, actor.id]).at(-1)).toEqual([
      'member_role',
      '1,ops\\,a',
      'ada',
    ]);
  }
  const others = await app.app.get(AuditQuery).history(ALL, { type: 'role', id: 'ops' });
  expect(others.items).toEqual([]);
});

it('the rules of all entities that share a table hold, and hide what any of them hides', async () => {
  const { manager } = app.source;
  await manager.insert(Car, { id: 1, code: 'open sesame' });
  await manager.insert(Truck, { id: 2, plan: 'by night' });
  const images = (await app.changes()).filter(({ resource }) => resource?.type === 'vehicle');
  expect(images.map(({ changes }) => changes?.after)).toEqual([
    { id: 1, kind: 'Car', code: '[REDACTED]', plan: null },
    { id: 2, kind: 'Truck', code: null, plan: '[REDACTED]' },
  ]);
});
