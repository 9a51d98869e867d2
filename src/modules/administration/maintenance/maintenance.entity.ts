import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whether the application is under maintenance: one row, or none before the first change. */
@Entity('admin_maintenance')
export class MaintenanceEntity {
  /** Always `true`. */
  @PrimaryColumn('boolean')
  declare single: boolean;

  @Column('boolean')
  declare enabled: boolean;

  /** What callers are told. */
  @Column('text', { nullable: true })
  declare message: string | null;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
