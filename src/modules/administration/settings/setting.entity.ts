import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SettingValue } from './setting.dto.js';

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
