import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../audit/index.js';

/** A store, which is a tenant. */
@Entity('tenancy_store')
export class StoreEntity {
  /** A UUIDv7, so that sorting by id is sorting by creation. */
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('text')
  declare name: string;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;
}

/** A user's membership of a store, with one role. */
@Entity('tenancy_member')
@AuditedEntity({ resource: 'membership', facts: ['role'], ignore: ['updatedAt'] })
export class MemberEntity {
  @PrimaryColumn('uuid', { name: 'store_id' })
  declare storeId: string;

  @PrimaryColumn('uuid', { name: 'user_id' })
  declare userId: string;

  @Column('text')
  declare role: string;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}

/** The permissions of a role in a store. A role without a row has no permissions. */
@Entity('tenancy_role')
export class StoreRoleEntity {
  @PrimaryColumn('uuid', { name: 'store_id' })
  declare storeId: string;

  @PrimaryColumn('text')
  declare role: string;

  /** The permissions, sorted and without duplicates. */
  @Column('text', { array: true })
  declare permissions: string[];

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
