import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A feature that can be switched on and off while the application runs. */
@Entity('admin_feature')
export class FeatureEntity {
  @PrimaryColumn('text')
  declare name: string;

  @Column('boolean')
  declare enabled: boolean;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
