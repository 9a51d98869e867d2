import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import type { SettingValue } from './administration.dto.js';

/** A setting of the whole application. */
@Entity('admin_setting')
export class SettingEntity {
  @PrimaryColumn('text')
  declare key: string;

  @Column('jsonb')
  declare value: SettingValue;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}

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

/** Lets one transaction at a time change the rows of a table, so that each sees what it replaces. Readers continue. */
export async function lockRowsOf(manager: EntityManager, table: string): Promise<void> {
  await manager.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
}
