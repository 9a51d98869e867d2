import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A store. Its id is the tenant of all that is done in it. */
@Entity('tenancy_store')
export class StoreEntity {
  /** UUIDv7, so that ids are in the order of creation. */
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('text')
  declare name: string;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;
}
