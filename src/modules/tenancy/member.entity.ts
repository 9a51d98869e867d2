import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../audit/index.js';

/** A user's membership of a store, with one role. */
@Entity('tenancy_member')
@AuditedEntity({ resource: 'membership', facts: ['role'], ignore: ['updatedAt'] })
export class MemberEntity {
  @PrimaryColumn('uuid', { name: 'store_id' })
  declare storeId: string;

  @PrimaryColumn('uuid', { name: 'user_id' })
  declare userId: string;

  /** `^[a-z][a-z_]{1,31}$` */
  @Column('text')
  declare role: string;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
