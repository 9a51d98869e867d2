import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { AdminLogEntryEntity } from './admin-log/admin-log-entry.entity.js';
import { MemberEntity } from './member.entity.js';

/** A person's memberships, and what the administrators' log has of the person's own acts. */
@Injectable()
@HoldsPersonalData({ section: 'memberships' })
export class MemberHolder implements PersonalDataHolder {
  async exportFor(userId: string, manager: EntityManager): Promise<object> {
    const stores = await manager.find(MemberEntity, { where: { userId }, order: { storeId: 'ASC' } });
    const administered = await manager.find(AdminLogEntryEntity, {
      where: { adminUserId: userId },
      order: { id: 'ASC' },
    });
    return { stores, administered };
  }

  /** That somebody did it stays in the log; from where does not. */
  async eraseFor(userId: string, manager: EntityManager): Promise<void> {
    await manager.delete(MemberEntity, { userId });
    await manager.update(AdminLogEntryEntity, { adminUserId: userId }, { ipAddress: null, userAgent: null });
  }
}
