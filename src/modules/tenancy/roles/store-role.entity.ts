import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a role of a store may do. A role without a row may do nothing. */
@Entity('tenancy_role')
export class StoreRoleEntity {
  @PrimaryColumn('uuid', { name: 'store_id' })
  declare storeId: string;

  /** `^[a-z][a-z_]{1,31}$` */
  @PrimaryColumn('text')
  declare role: string;

  /** Sorted, each once. */
  @Column('text', { array: true })
  declare permissions: readonly string[];

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
