import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import type { FeatureView } from './administration.dto.js';
import { FeatureEntity, lockRowsOf } from './administration.entities.js';

/** The features that can be switched on and off while the application runs. */
@Injectable()
export class FeatureFlags {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Whether a feature is on; one that nobody switched is off. Read from the database each time. */
  isEnabled(name: string): Promise<boolean> {
    return AuditContext.managerOf(this.database).existsBy(FeatureEntity, { name, enabled: true });
  }

  /** Switches a feature. Committed when it resolves; the event gets the state before (`null`: none) and after. */
  async switch(name: string, enabled: boolean): Promise<FeatureView> {
    const before = await AuditContext.inTransaction(this.database, async (manager) => {
      await lockRowsOf(manager, 'admin_feature');
      const feature = await manager.findOneBy(FeatureEntity, { name });
      await manager.upsert(FeatureEntity, { name, enabled, updatedAt: new Date() }, ['name']);
      return feature?.enabled ?? null;
    });
    AuditContext.annotate({ changes: { before: { enabled: before }, after: { enabled } } });
    return { name, enabled };
  }

  /** All that somebody switched, by name. */
  list(): Promise<FeatureView[]> {
    const select = { name: true, enabled: true } as const;
    return AuditContext.managerOf(this.database).find(FeatureEntity, { select, order: { name: 'ASC' } });
  }
}
