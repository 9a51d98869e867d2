import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import type { SettingValue, SettingView } from './administration.dto.js';
import { lockRowsOf, SettingEntity } from './administration.entities.js';

/** The settings of the whole application. */
@Injectable()
export class Settings {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** The value of a setting; `undefined` when nobody set it. Read from the database each time. */
  async find(key: string): Promise<SettingValue | undefined> {
    return (await AuditContext.managerOf(this.database).findOneBy(SettingEntity, { key }))?.value;
  }

  /**
   * Sets a setting. Committed when it resolves. The event gets the value before and after under the setting's own name,
   * so that a secret's are redacted.
   */
  async change(key: string, value: SettingValue): Promise<SettingView> {
    const updatedAt = new Date();
    const before = await AuditContext.inTransaction(this.database, async (manager) => {
      await lockRowsOf(manager, 'admin_setting');
      const setting = await manager.findOneBy(SettingEntity, { key });
      await manager.upsert(SettingEntity, { key, value, updatedAt }, ['key']);
      return setting?.value ?? null;
    });
    AuditContext.annotate({ changes: { before: { [key]: before }, after: { [key]: value } } });
    return { key, updatedAt };
  }

  /** All, by key. */
  list(): Promise<SettingView[]> {
    const select = { key: true, updatedAt: true } as const;
    return AuditContext.managerOf(this.database).find(SettingEntity, { select, order: { key: 'ASC' } });
  }
}
